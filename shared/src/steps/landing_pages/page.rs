//! One page, from its address to its row.

use chrono::TimeDelta;
use serde_json::json;

use super::{Ending, Reading};
use crate::{
    clients::pages::{PageError, PageText},
    domain::{JobError, chain},
    store::{
        landing_pages::{self, Content, DuePage},
        logs::Level,
    },
};

/// The wait after the first failure that may pass; each further one doubles it.
const WAIT: TimeDelta = TimeDelta::hours(6);

/// Most doublings: 6 hours become 16 days.
const DOUBLINGS_MAX: i32 = 6;

impl<P> Reading<'_, P> {
    /// Reads a page and writes what came of it.
    pub(super) async fn read(&self, page: DuePage) -> Result<Ending, JobError> {
        match self.pages.read(&page.url).await {
            Ok(text) => {
                self.keep(&page, text).await?;
                Ok(Ending::Read)
            }
            Err(error) => {
                self.put_off(&page, &error).await?;
                Ok(Ending::Failed)
            }
        }
    }

    async fn keep(&self, page: &DuePage, text: PageText) -> Result<(), JobError> {
        let content = content(text);
        let key = (self.brand, page.id);
        let kept = async {
            let mut tx = self.run.db().begin().await?;
            landing_pages::scraped(&mut tx, key, &content, self.run.now()).await?;
            tx.commit().await
        };
        kept.await
            .map_err(JobError::retry("keeping what a landing page says"))
    }

    /// One that will not pass by itself waits as long as one that was read.
    async fn put_off(&self, page: &DuePage, error: &PageError) -> Result<(), JobError> {
        let wait = if error.may_pass() {
            WAIT * 2_i32.pow(page.attempts.clamp(0, DOUBLINGS_MAX).unsigned_abs())
        } else {
            self.options.stale_after
        };
        let why = why(error);
        let address = page.url.split(['?', '#']).next().unwrap_or_default();
        self.run.log(
            Level::Warn,
            format!("The landing page {address} could not be read: {why}"),
        );
        let (key, next) = ((self.brand, page.id), self.run.now() + wait);
        let noted = async {
            let mut tx = self.run.db().begin().await?;
            landing_pages::failed(&mut tx, key, &why, Some(next)).await?;
            tx.commit().await
        };
        noted.await.map_err(JobError::retry(
            "noting why a landing page could not be read",
        ))
    }
}

fn content(text: PageText) -> Content {
    Content {
        page_title: text.title,
        extracted_data: json!({
            "markdown": text.markdown,
            "headline": text.headline,
            "links": text.links,
            "metadata": text.metadata,
        }),
        content_hash: text.content_hash,
    }
}

/// The kind of an error and all its causes, as in `http_404: fetching it: HTTP 404 from shop.example`.
fn why(error: &PageError) -> String {
    format!("{}: {}", error.kind(), chain(error))
}
