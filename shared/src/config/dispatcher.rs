//! What the dispatcher reads from the environment besides.

use super::{Environment, Oidc, WebhookKeys, origins};

/// What the dispatcher needs to know its callers.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    /// `SUNDIAL_API_TOKEN_SHA256`: SHA-256 of each bearer token that may call, in hexadecimal,
    /// separated by commas. Two of them allow a change of token without an outage.
    pub token_digests: Vec<[u8; 32]>,
    /// `SUNDIAL_REQUESTS_PER_MINUTE`: of one caller, 0 to 1,000,000; 0: as many as it likes.
    pub requests_per_minute: u32,
    /// The identity provider, if there is one.
    pub oidc: Option<Oidc>,
    /// `SUNDIAL_WEBHOOK_SECRET`: what webhooks are signed with. None: they are not taken.
    pub webhook_keys: WebhookKeys,
    /// `ASSET_BUCKET`: the S3 bucket that keeps the media, which the console shows.
    pub asset_bucket: String,
    /// `SUNDIAL_EMBED_ORIGINS`: whose pages may show a strip of runs in a frame, as in `https://intranet.example.com`.
    pub embed_origins: Vec<String>,
}

impl Dispatcher {
    /// Reads `SUNDIAL_API_TOKEN_SHA256`, `SUNDIAL_REQUESTS_PER_MINUTE`, `SUNDIAL_OIDC_…`, `SUNDIAL_WEBHOOK_SECRET`,
    /// `ASSET_BUCKET` and `SUNDIAL_EMBED_ORIGINS`.
    pub fn read(env: &mut Environment) -> Self {
        const NAME: &str = "SUNDIAL_API_TOKEN_SHA256";
        env.required(NAME);
        let token_digests = env
            .list(NAME)
            .iter()
            .map(|text| {
                let mut digest = [0; 32];
                match hex::decode_to_slice(text, &mut digest) {
                    Ok(()) => digest,
                    Err(_) => env.problem(format!("{NAME} is not 64 hexadecimal digits")),
                }
            })
            .collect();
        let per_minute = env.number("SUNDIAL_REQUESTS_PER_MINUTE", 0..=1_000_000);
        Self {
            token_digests,
            requests_per_minute: u32::try_from(per_minute).unwrap_or_default(),
            oidc: Oidc::read(env),
            webhook_keys: WebhookKeys::read(env),
            asset_bucket: env.required("ASSET_BUCKET"),
            embed_origins: origins::read(env, "SUNDIAL_EMBED_ORIGINS"),
        }
    }
}
