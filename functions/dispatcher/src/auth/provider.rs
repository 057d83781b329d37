//! People whom the installation's identity provider vouches for, by a JSON Web Token.
//!
//! Its signature is checked against the provider's published keys, asymmetric ones only; issuer, audience and time
//! must fit; and what it says of role and organisation is read by the installation's own mapping.
//! **Source:** RFC 7519, and RFC 8725 for what to refuse.

mod claims;
mod keys;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;
use shared::{
    config::Oidc,
    domain::{OrganizationId, Role},
};

use self::keys::Keys;
use crate::problem::Problem;

/// Tokens that are longer are not looked at. Those of providers with many groups reach 4 KiB.
const TOKEN_BYTES_MAX: usize = 16_384;

/// How a token may be signed: by a key that only the provider has.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::EdDSA,
];

/// An identity provider. Clones share the keys it has shown.
#[derive(Clone, Debug)]
pub(crate) struct Provider(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Oidc,
    /// What values of the role's claim mean.
    roles: Vec<(String, Role)>,
    keys: Keys,
}

/// Somebody whom the provider vouches for.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// As it stands in what they change.
    pub(crate) name: String,
    /// SHA-256 of what the provider calls them.
    pub(crate) sha256: [u8; 32],
    /// What they may do.
    pub(crate) role: Role,
    /// Whose rows they reach; `None`: those of the whole installation.
    pub(crate) organization: Option<OrganizationId>,
    /// When the token ends.
    pub(crate) until: DateTime<Utc>,
}

impl Provider {
    /// The provider that is configured; nothing is asked of it yet.
    pub(crate) fn new(config: Oidc) -> Self {
        let roles = config.roles.iter().filter_map(|(value, role)| {
            let role = Role::ALL.iter().find(|it| it.name() == role)?;
            Some((value.clone(), *role))
        });
        Self(Arc::new(Inner {
            roles: roles.collect(),
            keys: Keys::at(config.jwks_url.clone()),
            config,
        }))
    }

    /// What is configured.
    pub(crate) fn config(&self) -> &Oidc {
        &self.0.config
    }

    /// Whom a token vouches for. `None`: nobody.
    ///
    /// # Errors
    /// 503 when the provider's keys are not known and cannot be read.
    pub(crate) async fn person(
        &self,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Person>, Problem> {
        if token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return Ok(None);
        };
        let Some(kid) = header.kid.filter(|_| header.crit.is_none()) else {
            return Ok(None);
        };
        if !ALGORITHMS.contains(&header.alg) {
            return Ok(None);
        }
        let Some(key) = self.0.keys.find(&kid, header.alg, now).await? else {
            return Ok(None);
        };
        let claims = jsonwebtoken::decode::<Value>(token, &key, &self.validation(header.alg));
        Ok(claims
            .ok()
            .and_then(|token| claims::read(&self.0, &token.claims, now)))
    }

    /// The signature, the issuer and the audience; the time is told by our own clock.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.0.config.issuer]);
        validation.set_audience(&[&self.0.config.audience]);
        validation.validate_exp = false;
        validation
    }
}

/// Whether a token looks like one of a provider: three parts.
pub(crate) fn is_json_web_token(token: &[u8]) -> bool {
    token.iter().filter(|byte| **byte == b'.').count() == 2
}
