//! Downloads, which may lead elsewhere before they lead to bytes.

use reqwest::{StatusCode, header};

use super::{Bounds, Checked, Download, FetchError, Http, Refusal};

/// Most redirects followed: CDN permalinks need one, a login wall loops.
const REDIRECTS_MAX: usize = 3;

/// Where one step of a download leads.
#[derive(Debug)]
pub enum Hop {
    /// To its bytes.
    Arrived(Box<Download>),
    /// Elsewhere, where the guard allows it.
    Onward(Checked),
}

impl Http {
    /// Starts a download, following at most three redirects.
    ///
    /// # Errors
    /// [`FetchError`]; nothing of the body has been read then.
    pub async fn download(&self, url: &str, bounds: Bounds) -> Result<Download, FetchError> {
        let mut target = self.check(url)?;
        for _ in 0..=REDIRECTS_MAX {
            match self.hop(&target, &[], bounds).await? {
                Hop::Arrived(download) => return Ok(*download),
                Hop::Onward(next) => target = next,
            }
        }
        Err(FetchError::TooManyRedirects(REDIRECTS_MAX))
    }

    /// Checks an absolute URL, for [`Self::hop`].
    ///
    /// # Errors
    /// The [`Refusal`] that applies first.
    pub fn check(&self, url: &str) -> Result<Checked, Refusal> {
        self.inner.guard.check(url)
    }

    /// One step of a download, for who has something to ask before following a redirect.
    ///
    /// # Errors
    /// [`FetchError`]; nothing of the body has been read then.
    pub async fn hop(
        &self,
        target: &Checked,
        headers: &[(header::HeaderName, &str)],
        bounds: Bounds,
    ) -> Result<Hop, FetchError> {
        let mut request = self
            .client(target)?
            .get(target.url.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let patience = self.patience(bounds.deadline);
        let response = self.head(request, target, patience).await?;
        if !is_redirect(response.status()) {
            let origin = (target.host().to_owned(), target.without_query());
            let download = Download::accept(response, origin, bounds, self.inner.limits)?;
            return Ok(Hop::Arrived(Box::new(download)));
        }
        let location = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .ok_or(FetchError::LostRedirect)?;
        let next = self.inner.guard.check_redirect(target, location)?;
        Ok(Hop::Onward(next))
    }
}

/// 300 and 304 carry nothing to follow or to keep.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
