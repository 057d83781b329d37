//! Answers that are errors.

use super::*;

fn refusal(status: u16, name: &str, message: &str, details: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {
        "code": status, "message": message, "status": name, "details": details,
    }}))
}

async fn refused(status: u16, name: &str, message: &str, details: Value) -> GeminiError {
    answered(refusal(status, name, message, &details))
        .await
        .unwrap_err()
}

/// As Google writes them.
fn quota(id: &str, delay: Option<&str>) -> Value {
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": "requests", "quotaId": id}],
    })];
    if let Some(delay) = delay {
        let kind = "type.googleapis.com/google.rpc.RetryInfo";
        details.push(json!({"@type": kind, "retryDelay": delay}));
    }
    details.into()
}

const EXHAUSTED: &str = "RESOURCE_EXHAUSTED";
const MINUTE: &str = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
const DAY: &str = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait_or_do_not() {
    for (delay, wanted) in [
        (Some("47s"), Some(Duration::from_secs(47))),
        (Some("47.5s"), Some(Duration::from_millis(47_500))),
        (Some("1e99s"), None),
        (Some("-1s"), None),
        (Some("soon"), None),
        (Some("999999s"), Some(Duration::from_secs(86_400))),
        (None, None),
    ] {
        let error = refused(429, EXHAUSTED, "Slow down", quota(MINUTE, delay)).await;
        let GeminiError::Throttled { retry_after, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*retry_after, wanted, "{delay:?}");
        assert_eq!(error.class(), Class::Throttled);
        let pause = error.pause(chrono::DateTime::UNIX_EPOCH);
        let second = Duration::from_secs(1);
        assert_eq!(pause, wanted.map_or(60 * second, |told| told + second));
    }
}

#[tokio::test]
async fn a_header_says_how_long_to_wait_where_the_body_does_not() {
    let response = ResponseTemplate::new(429).insert_header("retry-after", "9");
    let error = answered(response).await.unwrap_err();
    assert_eq!(
        error.pause(chrono::DateTime::UNIX_EPOCH),
        Duration::from_secs(10)
    );
}

#[tokio::test]
async fn the_quota_of_a_day_is_back_at_midnight_in_california() {
    let error = refused(429, EXHAUSTED, "No more", quota(DAY, Some("30s"))).await;
    assert_eq!(error.class(), Class::Daily);
    for (now, hours) in [
        ("2026-11-27T15:30:00Z", 16.5),
        ("2026-07-27T15:30:00Z", 15.5),
        // The night in which clocks go back.
        ("2026-11-01T07:30:00Z", 24.5),
        ("2026-11-27T08:00:00Z", 24.0),
    ] {
        let pause = error.pause(now.parse().unwrap());
        assert_eq!(pause, Duration::from_secs_f64(hours * 3600.0), "{now}");
    }
}

#[tokio::test]
async fn throttles_are_counted_and_nothing_is_asked_twice() {
    let server = MockServer::start().await;
    let response = refusal(429, EXHAUSTED, "Slow down", &json!([]));
    Mock::given(any())
        .respond_with(response)
        .mount(&server)
        .await;
    let gemini = gemini(&server);
    gemini
        .clone()
        .generate(&ask(&schema(), vec![]))
        .await
        .unwrap_err();
    assert_eq!(gemini.throttles().total(), 1);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_passes_may_be_asked_again() {
    for (status, name) in [
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ] {
        let error = refused(status, name, "The model is overloaded", json!([])).await;
        let is_unavailable =
            matches!(error, GeminiError::Unavailable { status: it, .. } if it == status);
        assert!(is_unavailable, "{error:?}");
        assert_eq!((error.class(), error.usage()), (Class::Transient, None));
    }
    let page = ResponseTemplate::new(502).set_body_string("<html>");
    let error = answered(page).await.unwrap_err();
    assert!(
        matches!(error, GeminiError::Unavailable { status: 502, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_a_matter_of_settings() {
    let info =
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
    let invalid = "API key not valid. Please pass a valid API key.";
    let place = "User location is not supported for the API use.";
    for error in [
        refused(400, "INVALID_ARGUMENT", invalid, info).await,
        refused(400, "FAILED_PRECONDITION", place, json!([])).await,
        refused(401, "UNAUTHENTICATED", "Who are you?", json!([])).await,
        refused(403, "PERMISSION_DENIED", "No.", json!([])).await,
    ] {
        assert!(matches!(error, GeminiError::Denied { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Config);
        assert!(error.to_string().contains("GEMINI_API_KEY"), "{error}");
    }
}

#[tokio::test]
async fn a_key_is_not_repeated_when_google_repeats_it() {
    let words = format!("Consumer 'api_key:{API_KEY}' or 'AIzaOfAnother' has been suspended.\n");
    let error = refused(403, "PERMISSION_DENIED", &words, json!([])).await;
    let text = format!("{error} {error:?}");
    assert!(text.contains("has been suspended"), "{text}");
    assert!(!text.contains("AIza") && !text.contains("Secret"), "{text}");
}

#[tokio::test]
async fn words_of_the_other_side_have_an_end() {
    let error = refused(400, "INVALID_ARGUMENT", &"word ".repeat(1000), json!([])).await;
    assert!(error.to_string().len() < 300, "{error}");
}

#[tokio::test]
async fn a_model_that_is_gone_is_named() {
    let error = refused(404, "NOT_FOUND", "models/… is not found", json!([])).await;
    assert!(matches!(&error, GeminiError::NoSuchModel { model } if model == "gemini-flash-latest"));
    assert_eq!(error.class(), Class::Config);
    assert!(error.to_string().contains("GEMINI_MODEL"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_gone_is_to_be_uploaded_again() {
    let words = "You do not have permission to access the File abc or it may not exist.";
    let error = refused(403, "PERMISSION_DENIED", words, json!([])).await;
    assert!(matches!(error, GeminiError::NoSuchFile), "{error:?}");
    assert_eq!(error.class(), Class::File);
}

#[tokio::test]
async fn a_request_it_cannot_work_with_is_about_its_input() {
    let not_active = "The File abc is not in an ACTIVE state and usage is not allowed.";
    for error in [
        refused(
            400,
            "INVALID_ARGUMENT",
            "Unable to process input image.",
            json!([]),
        )
        .await,
        refused(400, "FAILED_PRECONDITION", not_active, json!([])).await,
        refused(413, "", "", json!([])).await,
    ] {
        assert!(matches!(error, GeminiError::Invalid { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Input);
    }
}

#[tokio::test]
async fn silence_is_a_time_out_and_a_closed_port_is_the_network() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let schema = schema();
    let ask = Ask {
        timeout: Duration::from_millis(50),
        ..ask(&schema, vec![])
    };
    let error = gemini(&server).generate(&ask).await.unwrap_err();
    assert!(matches!(error, GeminiError::TimedOut), "{error:?}");
    assert_eq!(
        (error.class(), error.may_be_paid()),
        (Class::Transient, true)
    );

    let http = Http::open(UrlGuard::closed(), Limits::STANDARD);
    let nobody = config::Gemini::at("http://127.0.0.1:1".parse().unwrap(), API_KEY);
    let error = Gemini::open(&nobody, &http)
        .generate(&ask)
        .await
        .unwrap_err();
    assert!(matches!(error, GeminiError::Network(_)), "{error:?}");
    assert_eq!(
        (error.class(), error.may_be_paid()),
        (Class::Transient, false),
        "it never arrived"
    );
}

#[tokio::test]
async fn without_a_key_nothing_is_asked() {
    let server = MockServer::start().await;
    let http = Http::open(UrlGuard::closed(), Limits::STANDARD);
    let mut config = config::Gemini::at(server.uri().parse().unwrap(), API_KEY);
    config.api_key = None;
    let gemini = Gemini::open(&config, &http);
    let error = gemini.generate(&ask(&schema(), vec![])).await.unwrap_err();
    assert!(
        error.to_string().contains("GEMINI_API_KEY is not set"),
        "{error}"
    );
    assert_eq!(error.class(), Class::Config);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_schema_that_is_none_is_found_before_anything_is_paid() {
    let server = MockServer::start().await;
    let schema = json!({"type": "objekt"});
    let error = gemini(&server)
        .generate(&ask(&schema, vec![]))
        .await
        .unwrap_err();
    assert!(matches!(error, GeminiError::BadSchema(_)), "{error:?}");
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}
