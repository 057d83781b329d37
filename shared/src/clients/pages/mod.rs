//! Landing pages, read as a decent guest reads them and made into text.
//!
//! A page is asked for over the guarded [`http`](super::http), so only public addresses are reached, and only
//! where its host's `robots.txt` lets us. What is read is bounded in bytes, nodes, depth and time, whoever wrote it.

mod charset;
mod error;
mod links;
mod robots;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use url::Url;

use super::http::{
    Bounds, Checked, Download, FetchError, Hop, Http, Refusal,
    header::{ACCEPT, HeaderName, USER_AGENT},
};
pub use error::PageError;
pub use links::Link;
use robots::Robots;
pub use text::{Metadata, PageText};

/// Who asks, in `robots.txt` as in requests.
const PRODUCT: &str = "Sundial";

/// The same with what for.
const HEADERS: [(HeaderName, &str); 2] = [
    (
        USER_AGENT,
        concat!(
            "Sundial/",
            env!("CARGO_PKG_VERSION"),
            " (+landing page check of an advertiser)"
        ),
    ),
    (ACCEPT, "text/html,application/xhtml+xml"),
];

/// Most bytes of HTML: of a larger page nobody reads all.
const HTML_BYTES_MAX: u64 = 5 * 1024 * 1024;

/// Most redirects followed. **Source:** RFC 9309 §2.3.1.2 for `robots.txt`; a chain of trackers is no longer.
const REDIRECTS_MAX: usize = 5;

/// How long a page may take, `robots.txt` and redirects included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads landing pages. Open one for each invocation: what a `robots.txt` says is kept for as long as this lives, and
/// holds for a day. **Source:** RFC 9309 §2.4.
#[derive(Debug)]
pub struct Pages {
    /// How long a page may take.
    pub patience: Duration,
    http: Http,
    robots: Robots,
    /// Whose turn it is to make a tree: one at a time, which bounds the memory.
    turn: Arc<Mutex<()>>,
}

impl Pages {
    /// Reads over `http`, whose guard decides what may be reached: as a rule one made by
    /// [`UrlGuard::public`](super::http::UrlGuard::public).
    #[must_use]
    pub fn open(http: Http) -> Self {
        Self {
            patience: PATIENCE,
            http,
            robots: Robots::default(),
            turn: Arc::default(),
        }
    }

    /// What is written on the page at `url`. One that is asked for over `http` is read over `https`.
    ///
    /// # Errors
    /// [`PageError`], which tells whether it may work later.
    pub async fn read(&self, url: &str) -> Result<PageText, PageError> {
        let deadline = Instant::now() + self.patience;
        let fetched = timeout_at(deadline, self.fetch(url, deadline)).await;
        let (html, source) = fetched.map_err(|_| PageError::TimedOut)??;
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let made = tokio::task::spawn_blocking(move || {
            let page = text::page_text(&html, &source);
            drop(turn);
            page
        });
        // What a library stumbles over is its page's fault alone.
        made.await.map_err(|_| PageError::Unreadable)?
    }

    async fn fetch(&self, url: &str, deadline: Instant) -> Result<(String, Url), PageError> {
        let bounds = Bounds {
            bytes_max: HTML_BYTES_MAX,
            deadline,
        };
        let mut target = self.check(url).map_err(FetchError::Refused)?;
        for _ in 0..=REDIRECTS_MAX {
            self.robots.ask(&self.http, &target, deadline).await?;
            match self.http.hop(&target, &HEADERS, bounds).await? {
                Hop::Onward(next) => target = next,
                Hop::Arrived(download) => {
                    return Ok((html_of(*download).await?, target.url().clone()));
                }
            }
        }
        Err(FetchError::TooManyRedirects(REDIRECTS_MAX).into())
    }

    fn check(&self, url: &str) -> Result<Checked, Refusal> {
        match (self.http.check(url), url.strip_prefix("http://")) {
            (Err(Refusal::Scheme), Some(rest)) => self.http.check(&format!("https://{rest}")),
            (checked, _) => checked,
        }
    }
}

async fn html_of(mut download: Download) -> Result<String, PageError> {
    let content_type = download.content_type().unwrap_or_default().to_owned();
    if !charset::is_html(&content_type) {
        return Err(PageError::NotHtml { content_type });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = download.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(charset::decoded(&body, &content_type))
}
