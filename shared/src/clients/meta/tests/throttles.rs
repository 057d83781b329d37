//! What counts as being told to slow down.

use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use super::{answer, fails, meta, says};

#[tokio::test]
async fn throttles_are_refusals_in_metas_words_or_https_and_nothing_else() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(429).set_body_string("<html>slow down</html>");
    let throttled = [fails(400, 613), fails(429, 1), page];
    let others = [fails(400, 190), fails(500, 2), says(&json!({"id": "1"}))];
    let count = async |place: &str, response: ResponseTemplate| {
        answer(&server, &format!("/v25.0/{place}"), response).await;
        let meta = meta(&server).await;
        // Who was told to wait does not ask again at once.
        let _settled = meta.video(place).await;
        meta.throttles().total()
    };

    let mut counts = vec![];
    for (place, response) in (1..).zip(throttled.into_iter().chain(others)) {
        counts.push(count(&place.to_string(), response).await);
    }

    assert_eq!(counts, [1, 1, 1, 0, 0, 0]);
}
