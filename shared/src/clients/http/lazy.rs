//! The HTTP client itself, made when it is first needed.
//!
//! Reading the machine's TLS roots takes a good part of a cold start, and many an invocation fetches nothing.

use std::sync::OnceLock;

use super::{FetchError, Limits, resolver};

/// Where a client may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses only.
    Public,
    /// Any address: the guard trusts the origin.
    Any,
}

/// A client, once somebody has asked for it.
#[derive(Debug)]
pub(super) struct Lazy {
    reach: Reach,
    limits: Limits,
    client: OnceLock<reqwest::Client>,
}

impl Lazy {
    pub(super) const fn new(reach: Reach, limits: Limits) -> Self {
        Self {
            reach,
            limits,
            client: OnceLock::new(),
        }
    }

    /// The client.
    ///
    /// # Errors
    /// [`FetchError::NoClient`] when TLS cannot be set up.
    pub(super) fn get(&self) -> Result<&reqwest::Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(self.limits.connect)
            .user_agent(concat!("sundial/", env!("CARGO_PKG_VERSION")));
        let builder = match self.reach {
            Reach::Public => builder.dns_resolver(resolver::PublicOnly),
            Reach::Any => builder,
        };
        let client = builder.build().map_err(FetchError::NoClient)?;
        // Whoever was faster has made the same.
        Ok(self.client.get_or_init(|| client))
    }
}
