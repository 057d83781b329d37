//! Name resolution that hands out public addresses only.
//!
//! The HTTP client connects to what this returns and looks nothing up again, so the address that was
//! checked is the address that is connected to.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{addresses::is_forbidden, guard::Refusal};

/// Resolves through the operating system and drops every forbidden address.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 is replaced by the client with the URL's.
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public = public_of(found, name.as_str())?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn public_of(found: Vec<SocketAddr>, host: &str) -> Result<Vec<SocketAddr>, Refusal> {
    let public: Vec<_> = found
        .into_iter()
        .filter(|address| !is_forbidden(address.ip()))
        .collect();
    if public.is_empty() {
        Err(Refusal::Address(host.to_owned()))
    } else {
        Ok(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_addresses_are_dropped_from_a_mixed_answer() {
        let found = ["10.0.0.1:0", "157.240.1.1:0", "[::1]:0"].map(|text| text.parse().unwrap());
        assert_eq!(
            public_of(found.to_vec(), "a").unwrap(),
            ["157.240.1.1:0".parse().unwrap()]
        );
    }

    #[tokio::test]
    async fn a_name_with_only_forbidden_addresses_is_refused() {
        let name = "localhost"
            .parse::<Name>()
            .map_err(|_| "not a name")
            .unwrap();
        let error = PublicOnly
            .resolve(name)
            .await
            .err()
            .expect("localhost must be refused");
        assert_eq!(
            error.downcast_ref(),
            Some(&Refusal::Address("localhost".into()))
        );
    }
}
