//! The identity provider whose tokens are taken beside our own.

use url::Url;

use super::{Environment, sections::read_url};

/// Roles that callers may have, as the settings name them.
const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// An identity provider that signs JSON Web Tokens and publishes its keys: Supabase, Cognito, any of OpenID Connect.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// `SUNDIAL_OIDC_ISSUER`: the `iss` of its tokens, letter by letter.
    pub issuer: String,
    /// `SUNDIAL_OIDC_JWKS_URL`: where its keys are.
    pub jwks_url: Url,
    /// `SUNDIAL_OIDC_AUDIENCE`: one of the `aud` of its tokens that are meant for us.
    pub audience: String,
    /// `SUNDIAL_OIDC_ROLE_CLAIM`: a JSON pointer to the claim that says what somebody may do: a text, or a list of them.
    pub role_claim: String,
    /// `SUNDIAL_OIDC_ROLES`, as in `staff=operator,owners=admin`: what values of that claim mean.
    pub roles: Vec<(String, String)>,
    /// `SUNDIAL_OIDC_ORGANIZATION_CLAIM`: a JSON pointer to the claim with the id of somebody's organisation. `None`:
    /// everybody reaches the rows of the whole installation.
    pub organization_claim: Option<String>,
}

impl Oidc {
    /// Reads the `SUNDIAL_OIDC_…` variables. Without an issuer there is no provider; with one, all but the
    /// organisation's claim are required.
    pub fn read(env: &mut Environment) -> Option<Self> {
        let organization_claim = env.optional("SUNDIAL_OIDC_ORGANIZATION_CLAIM");
        let roles = env.list("SUNDIAL_OIDC_ROLES");
        let issuer = env.optional("SUNDIAL_OIDC_ISSUER")?;
        let role_claim = env.required("SUNDIAL_OIDC_ROLE_CLAIM");
        check_pointer(env, "SUNDIAL_OIDC_ROLE_CLAIM", &role_claim);
        if let Some(claim) = &organization_claim {
            check_pointer(env, "SUNDIAL_OIDC_ORGANIZATION_CLAIM", claim);
        }
        Some(Self {
            issuer,
            jwks_url: read_url(env, "SUNDIAL_OIDC_JWKS_URL"),
            audience: env.required("SUNDIAL_OIDC_AUDIENCE"),
            role_claim,
            roles: read_roles(env, &roles),
            organization_claim,
        })
    }
}

/// **Source:** RFC 6901: a pointer to a member begins with a slash.
fn check_pointer(env: &mut Environment, name: &str, pointer: &str) {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        env.problem::<()>(format!(
            "{name} is not a JSON pointer like /app_metadata/role: {pointer:?}"
        ));
    }
}

fn read_roles(env: &mut Environment, pairs: &[String]) -> Vec<(String, String)> {
    const NAME: &str = "SUNDIAL_OIDC_ROLES";
    if pairs.is_empty() {
        env.problem::<()>(format!("{NAME} is not set"));
    }
    let pairs = pairs.iter().filter_map(|pair| match pair.rsplit_once('=') {
        Some((value, role)) if ROLES.contains(&role.trim()) => {
            Some((value.trim().to_owned(), role.trim().to_owned()))
        }
        _ => env.problem(format!(
            "{NAME} is not like staff=operator, with viewer, operator or admin: {pair:?}"
        )),
    });
    pairs.collect()
}
