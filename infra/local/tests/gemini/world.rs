//! A stand-in and our client for it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use shared::{
    clients::{
        gemini::{Answer, Ask, Gemini as Client, GeminiError, Part},
        http::{Http, Limits, UrlGuard},
    },
    config::{self, Environment},
};
use sundial_local::gemini::{Gemini, KEY};

pub(crate) struct World {
    pub(crate) gemini: Gemini,
    pub(crate) client: Client,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let gemini = Gemini::start(0).await?;
        let client = client(&gemini.url(), KEY)?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self {
            gemini,
            client,
            http,
        })
    }

    /// What a model says about `parts`, in the shape of `schema`.
    pub(crate) async fn ask(
        &self,
        schema: &Value,
        parts: Vec<Part>,
    ) -> Result<Answer, GeminiError> {
        self.client.generate(&question(schema, parts)).await
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let url = format!("{}/_control/{path}", self.gemini.url());
        let answer = self.http.post(url).json(&body).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    pub(crate) async fn forget(&self, path: &str) -> anyhow::Result<()> {
        let url = format!("{}/_control/{path}", self.gemini.url());
        let answer = self.http.delete(url).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    /// An answer of the API as it comes.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}{path}", self.gemini.url());
        let answer = self
            .http
            .get(url)
            .header("x-goog-api-key", KEY)
            .send()
            .await?;
        let label = answer.headers().get("x-sundial-stand-in");
        anyhow::ensure!(
            label.is_some_and(|label| label == "gemini"),
            "it says what it is"
        );
        Ok((answer.status().as_u16(), answer.json().await?))
    }
}

/// Our client, with the settings of the local stack.
pub(crate) fn client(url: &str, key: &str) -> anyhow::Result<Client> {
    let (url, key) = (url.to_owned(), key.to_owned());
    let mut env = Environment::from_lookup(move |name| {
        let value = match name {
            "GEMINI_URL" => &url,
            "GEMINI_API_KEY" => &key,
            "GEMINI_MODEL" | "GEMINI_VIDEO_MODEL" => "gemini-flash-latest",
            "GEMINI_PRICES" => "gemini-flash-latest=1/10",
            _ => "60",
        };
        Some(value.to_owned())
    });
    let config = config::Gemini::read(&mut env);
    env.finish()?;
    let http = Http::open(UrlGuard::closed(), Limits::STANDARD);
    Ok(Client::open(&config, &http))
}

pub(crate) fn question(schema: &Value, parts: Vec<Part>) -> Ask<'_> {
    Ask {
        model: "gemini-flash-latest",
        system: "Say what it shows.",
        parts,
        schema,
        output_tokens_max: 10_000,
        timeout: Duration::from_secs(60),
    }
}

pub(crate) fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

pub(crate) fn picture(bytes: &'static [u8]) -> Part {
    Part::Inline {
        mime: "image/jpeg".to_owned(),
        bytes: Bytes::from_static(bytes),
    }
}

/// A schema with something of everything.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "hook": {"type": "string", "enum": ["curiosity", "fear", "benefit"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "scenes": {"type": "integer", "minimum": 2, "maximum": 4},
            "is_paid": {"type": "boolean"},
            "angle": {"type": ["string", "null"], "maxLength": 10},
            "claims": {
                "type": "array", "minItems": 2, "maxItems": 5,
                "items": {"$ref": "#/$defs/claim"},
            },
            "other": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 30}]},
        },
        "required": ["hook", "confidence", "scenes", "is_paid", "angle", "claims"],
        "additionalProperties": false,
        "$defs": {"claim": {
            "type": "object",
            "properties": {
                "claim": {"type": "string"},
                "start_sec": {"type": "number", "minimum": 0},
                "end_sec": {"type": "number", "minimum": 0},
            },
            "required": ["claim", "start_sec", "end_sec"],
            "additionalProperties": false,
        }},
    })
}
