//! What hosts ask of guests: `robots.txt`, asked for once per origin.
//!
//! **Source:** RFC 9309. What says 4xx, or goes in circles, lets everybody in; what says 5xx or does not answer lets
//! nobody in for now. So does 429, which is how a host says that it has enough of us.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use robotxt::robots_url;
use tokio::{sync::OnceCell, time::Instant};

use super::{HEADERS, PRODUCT, PageError, REDIRECTS_MAX};
use crate::clients::http::{Bounds, Checked, FetchError, Hop, Http, Refusal};

/// Most bytes read of a `robots.txt`; the rest does not count. **Source:** RFC 9309 §2.5 asks for 500 KiB at least.
const BYTES_MAX: usize = 512 * 1024;

/// Most origins remembered; beyond it all are asked again.
const ORIGINS_MAX: usize = 1_000;

/// The rules of every origin that was asked.
#[derive(Debug, Default)]
pub(super) struct Robots {
    of_origin: Mutex<HashMap<String, Arc<OnceCell<Rules>>>>,
}

#[derive(Debug)]
enum Rules {
    Read(robotxt::Robots),
    Unread(Arc<FetchError>),
}

impl Robots {
    /// Asks whether `page` may be read.
    ///
    /// # Errors
    /// [`PageError::RefusedByRobots`] when it may not, [`PageError::RobotsUnread`] when nobody tells.
    pub(super) async fn ask(
        &self,
        http: &Http,
        page: &Checked,
        deadline: Instant,
    ) -> Result<(), PageError> {
        let origin = page.url().origin().ascii_serialization();
        let cell = self.of(&origin);
        let rules = cell
            .get_or_try_init(async || match rules(http, page, deadline).await {
                // The page before took the time, and that says nothing of the next one.
                Rules::Unread(error) if matches!(*error, FetchError::DeadlinePassed) => {
                    Err(PageError::TimedOut)
                }
                rules => Ok(rules),
            })
            .await?;
        match rules {
            Rules::Read(robots) if robots.is_url_allowed(page.url()) => Ok(()),
            Rules::Read(_) => Err(PageError::RefusedByRobots { origin }),
            Rules::Unread(source) => {
                let source = Arc::clone(source);
                Err(PageError::RobotsUnread { origin, source })
            }
        }
    }

    fn of(&self, origin: &str) -> Arc<OnceCell<Rules>> {
        let mut of_origin = self
            .of_origin
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if of_origin.len() >= ORIGINS_MAX && !of_origin.contains_key(origin) {
            of_origin.clear();
        }
        Arc::clone(of_origin.entry(origin.to_owned()).or_default())
    }
}

async fn rules(http: &Http, page: &Checked, deadline: Instant) -> Rules {
    match text(http, page, deadline).await {
        Ok(text) => Rules::Read(robotxt::Robots::parse(&text, PRODUCT)),
        Err(error) if is_unavailable(&error) => Rules::Read(robotxt::Robots::allow_all()),
        Err(error) => Rules::Unread(Arc::new(error)),
    }
}

fn is_unavailable(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status, .. } => !matches!(status, 429 | 500..),
        FetchError::TooManyRedirects(_) | FetchError::LostRedirect => true,
        _ => false,
    }
}

async fn text(http: &Http, page: &Checked, deadline: Instant) -> Result<Bytes, FetchError> {
    let bounds = Bounds {
        // What is longer is cut, not refused.
        bytes_max: u64::MAX,
        deadline,
    };
    let url = robots_url(page.url()).map_err(|_| Refusal::Unparsable)?;
    let mut target = http.check(url.as_str())?;
    for _ in 0..=REDIRECTS_MAX {
        let mut download = match http.hop(&target, &HEADERS[..1], bounds).await? {
            Hop::Arrived(download) => download,
            Hop::Onward(next) => {
                target = next;
                continue;
            }
        };
        let mut text = BytesMut::new();
        while text.len() < BYTES_MAX
            && let Some(chunk) = download.chunk().await?
        {
            text.extend_from_slice(&chunk);
        }
        text.truncate(BYTES_MAX);
        return Ok(text.freeze());
    }
    Err(FetchError::TooManyRedirects(REDIRECTS_MAX))
}
