//! What goes over the wire.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use wiremock::matchers::{method, path};

use super::*;

#[tokio::test]
async fn a_question_has_media_before_texts_and_its_key_in_the_header_only() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1beta/models/gemini-flash-latest:generateContent"))
        .respond_with(says(r#"{"hook": "fear"}"#, "STOP"))
        .mount(&server)
        .await;
    // Longer than what is encoded at once, and no multiple of three.
    let picture: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let parts = vec![
        Part::Text("\"copy\"".to_owned()),
        Part::Inline {
            mime: "image/\"png".to_owned(),
            bytes: Bytes::from(picture.clone()),
        },
        Part::File {
            mime: "video/mp4".to_owned(),
            uri: "https://example.com/v1beta/files/a".to_owned(),
        },
    ];
    let schema = schema();

    gemini(&server)
        .generate(&ask(&schema, parts))
        .await
        .unwrap();

    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    assert_eq!(request.headers["x-goog-api-key"], API_KEY);
    assert_eq!(
        request.headers["content-length"],
        request.body.len().to_string().as_str()
    );
    assert!(!request.url.as_str().contains("AIza"), "{}", request.url);
    let body: Value = request.body_json().unwrap();
    let data = BASE64_STANDARD.encode(picture);
    let wanted = json!({
        "systemInstruction": {"parts": [{"text": "Say what it shows."}]},
        "contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": "image/\"png", "data": data}},
            {"fileData": {"mimeType": "video/mp4", "fileUri": "https://example.com/v1beta/files/a"}},
            {"text": "\"copy\""},
        ]}],
        "generationConfig": {
            "temperature": 0,
            "maxOutputTokens": 500,
            "responseMimeType": "application/json",
            "responseJsonSchema": schema,
        },
    });
    assert!(body == wanted, "the request is not as documented");
}

#[tokio::test]
async fn the_key_does_not_print() {
    let gemini = gemini(&MockServer::start().await);
    assert!(!format!("{gemini:?}").contains("AIza"), "{gemini:?}");
}

#[tokio::test]
async fn the_name_of_a_file_cannot_lead_elsewhere() {
    let server = MockServer::start().await;
    let long = format!("files/{}", "a".repeat(41));
    for name in [
        "files/../models",
        "files/",
        "files/A",
        "files/-a",
        "files/a-",
        "a",
        &long,
    ] {
        let error = gemini(&server).delete(name).await.unwrap_err();
        assert!(
            matches!(error, GeminiError::BadFileName(_)),
            "{name}: {error:?}"
        );
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_deleted() {
    let server = MockServer::start().await;
    Mock::given(path("/v1beta/files/a"))
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    assert_eq!(gemini(&server).file("files/a").await.unwrap(), None);
    gemini(&server).delete("files/a").await.unwrap();
}
