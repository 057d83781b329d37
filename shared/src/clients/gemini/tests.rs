//! Questions to a Gemini with recorded answers. Uploads are tested against the stand-in of the local stack.

mod answers;
mod costs;
mod refusals;
mod requests;

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{super::http::Limits, *};

const API_KEY: &str = "AIzaSecretSecretSecretSecretSecretSecre";

fn gemini(server: &MockServer) -> Gemini {
    let http = Http::open(UrlGuard::closed(), Limits::STANDARD);
    let config = config::Gemini::at(server.uri().parse().unwrap(), API_KEY);
    Gemini::open(&config, &http)
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"hook": {"enum": ["curiosity", "fear"]}, "sure": {"type": "number"}},
        "required": ["hook"],
        "additionalProperties": false,
    })
}

fn ask(schema: &Value, parts: Vec<Part>) -> Ask<'_> {
    Ask {
        model: "gemini-flash-latest",
        system: "Say what it shows.",
        parts,
        schema,
        output_tokens_max: 500,
        timeout: Duration::from_secs(10),
    }
}

/// What becomes of a question that is answered so.
async fn answered(response: ResponseTemplate) -> Result<Answer, GeminiError> {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(response)
        .mount(&server)
        .await;
    let part = Part::Text("an ad".to_owned());
    gemini(&server).generate(&ask(&schema(), vec![part])).await
}

fn says(text: &str, finish_reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "candidates": [{
            "content": {"parts": [{"text": text}], "role": "model"},
            "finishReason": finish_reason,
        }],
        "usageMetadata": {
            "promptTokenCount": 100, "candidatesTokenCount": 20, "thoughtsTokenCount": 5,
            "cachedContentTokenCount": 40, "totalTokenCount": 125,
        },
        "modelVersion": "gemini-3.5-flash",
    }))
}

/// What every answer of [`says`] takes.
const USAGE: Usage = Usage {
    input_tokens: 100,
    output_tokens: 25,
    total_tokens: 125,
    cached_tokens: 40,
};
