//! The HTTP client itself, made when it is first needed.
//!
//! Reading the machine's TLS roots takes a good part of a cold start, and many an invocation fetches nothing.

use std::sync::{Mutex, PoisonError};

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
    client: Mutex<Option<reqwest::Client>>,
}

impl Lazy {
    pub(super) fn new(reach: Reach, limits: Limits) -> Self {
        Self {
            reach,
            limits,
            client: Mutex::default(),
        }
    }

    /// The client; its clones share the connections.
    ///
    /// # Errors
    /// [`FetchError::NoClient`] when TLS cannot be set up.
    pub(super) fn get(&self) -> Result<reqwest::Client, FetchError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        Ok(client.insert(self.make()?).clone())
    }

    fn make(&self) -> Result<reqwest::Client, FetchError> {
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
        builder.build().map_err(FetchError::NoClient)
    }
}
