//! A Graph API with nothing but what the job asks: every ad has one medium, which lies at the origin.
//!
//! Ads, hashes and videos are numbers; the last five digits are the number of the file.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sundial_local::server::Server;

use crate::files;

/// Ads below this show pictures, the others the video.
pub(crate) const VIDEO_ADS: u64 = 900_000_000;
/// File numbers have five digits.
const FILES: u64 = 100_000;

/// A running Graph API.
#[derive(Debug)]
pub(crate) struct Graph(Server);

impl Graph {
    /// Answers with addresses at `origin`.
    pub(crate) async fn start(origin: String) -> anyhow::Result<Self> {
        let router = Router::new()
            .route("/{version}/{account}/{edge}", get(edge))
            .with_state(origin);
        Ok(Self(Server::start(0, router).await?))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }
}

#[derive(Debug, Deserialize)]
struct Asked {
    filtering: Option<String>,
    hashes: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    value: Vec<String>,
}

impl Asked {
    fn numbers(&self) -> Vec<u64> {
        let filters = self
            .filtering
            .as_deref()
            .map(serde_json::from_str::<Vec<Filter>>);
        let ids = filters
            .and_then(Result::ok)
            .into_iter()
            .flatten()
            .flat_map(|filter| filter.value);
        let hashes = self
            .hashes
            .as_deref()
            .map(serde_json::from_str::<Vec<String>>);
        let hashes = hashes.and_then(Result::ok).into_iter().flatten();
        ids.chain(hashes).filter_map(|id| id.parse().ok()).collect()
    }
}

async fn edge(
    State(origin): State<String>,
    Path((_, _, edge)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Json<Value> {
    let one = |number: u64| {
        let id = number.to_string();
        match edge.as_str() {
            "adimages" => {
                json!({"hash": id, "url": format!("{origin}/{}", files::picture(number % FILES)),
                "width": 1080, "height": 1080})
            }
            "advideos" => {
                json!({"id": id, "source": format!("{origin}/{}", files::video()), "length": 60.0,
                "status": {"video_status": "ready"}})
            }
            _ if number < VIDEO_ADS => json!({"id": id, "creative": {"id": id, "image_hash": id}}),
            _ => json!({"id": id, "creative": {"id": id, "video_id": id}}),
        }
    };
    let data: Vec<Value> = asked.numbers().into_iter().map(one).collect();
    Json(json!({ "data": data }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_ad_leads_to_its_hash_and_the_hash_to_its_file() {
        let origin = State("http://origin".to_owned());
        let path = |edge: &str| Path(("v25.0".to_owned(), "act_1".to_owned(), edge.to_owned()));
        let ads = Asked {
            filtering: Some(r#"[{"field":"id","operator":"IN","value":["200007"]}]"#.to_owned()),
            hashes: None,
        };
        let Json(ads) = edge(origin.clone(), path("ads"), Query(ads)).await;
        assert_eq!(ads["data"][0]["creative"]["image_hash"], "200007");

        let hashes = Asked {
            filtering: None,
            hashes: Some(r#"["200007"]"#.to_owned()),
        };
        let Json(images) = edge(origin, path("adimages"), Query(hashes)).await;
        assert_eq!(images["data"][0]["url"], "http://origin/pictures/7.jpg");
    }
}
