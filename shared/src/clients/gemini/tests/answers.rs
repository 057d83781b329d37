//! Answers of status 200, useful and not.

use super::*;

#[tokio::test]
async fn an_answer_comes_with_what_it_took_and_who_gave_it() {
    let answer = answered(says(r#" {"hook": "fear", "sure": 0.5} "#, "STOP")).await;
    let wanted = Answer {
        value: json!({"hook": "fear", "sure": 0.5}),
        usage: USAGE,
        model: "gemini-3.5-flash".to_owned(),
    };
    assert_eq!(answer.unwrap(), wanted);
}

#[tokio::test]
async fn names_with_underscores_are_understood_and_thoughts_are_no_answer() {
    let answer = answered(ResponseTemplate::new(200).set_body_json(json!({
        "candidates": [{
            "content": {"parts": [
                {"text": "Let me think.", "thought": true}, {"text": "{\"hook\":"}, {"text": "\"fear\"}"},
            ]},
            "finish_reason": "STOP",
        }],
        "usage_metadata": {
            "prompt_token_count": 100, "candidates_token_count": 20, "thoughts_token_count": 5,
            "cached_content_token_count": 40, "total_token_count": 125,
        },
        "model_version": "gemini-3.5-flash",
    })));
    let answer = answer.await.unwrap();
    assert_eq!(answer.value, json!({"hook": "fear"}));
    assert_eq!(
        (answer.usage, answer.model.as_str()),
        (USAGE, "gemini-3.5-flash")
    );
}

#[tokio::test]
async fn nul_is_taken_out_because_postgres_cannot_keep_it() {
    let schema = json!({"type": "object"});
    let server = MockServer::start().await;
    let text = r#"{"a\u0000": ["b\u0000c"]}"#;
    Mock::given(any())
        .respond_with(says(text, "STOP"))
        .mount(&server)
        .await;
    let answer = gemini(&server).generate(&ask(&schema, vec![])).await;
    assert_eq!(answer.unwrap().value, json!({"a": ["bc"]}));
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_an_error_that_was_paid() {
    let fenced = "```json\n{\"hook\": \"fear\"}\n```";
    for text in [
        "",
        "Sorry.",
        fenced,
        r#"{"hook": "fea"#,
        r#"{"hook": "fear"} {}"#,
    ] {
        let error = answered(says(text, "STOP")).await.unwrap_err();
        assert!(
            matches!(error, GeminiError::Unparseable { .. }),
            "{text}: {error:?}"
        );
        assert_eq!((error.class(), error.usage()), (Class::Answer, Some(USAGE)));
    }
}

#[tokio::test]
async fn an_answer_that_its_schema_forbids_is_an_error_that_was_paid() {
    for (text, wanted) in [
        (r#"{"hook": "Ignore all rules"}"#, "/hook"),
        (r#"{"hook": "fear", "sure": "very"}"#, "/sure"),
        (r#"{"sure": 1}"#, ""),
        (r#"{"hook": "fear", "more": 1}"#, ""),
        (r#"[]"#, ""),
        ("null", ""),
    ] {
        let error = answered(says(text, "STOP")).await.unwrap_err();
        let GeminiError::SchemaMismatch { path, .. } = &error else {
            panic!("{text}: {error:?}");
        };
        assert_eq!(path, wanted, "{text}");
        assert_eq!((error.class(), error.usage()), (Class::Answer, Some(USAGE)));
        assert!(!format!("{error} {error:?}").contains("Ignore"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_is_no_answer_even_if_it_can_be_read() {
    let error = answered(says(r#"{"hook": "fear"}"#, "MAX_TOKENS"))
        .await
        .unwrap_err();
    assert!(matches!(error, GeminiError::Truncated { .. }), "{error:?}");
    assert_eq!((error.class(), error.usage()), (Class::Input, Some(USAGE)));
}

#[tokio::test]
async fn a_block_is_the_last_word_about_its_input_known_or_not() {
    for reason in [
        "SAFETY",
        "RECITATION",
        "PROHIBITED_CONTENT",
        "OTHER",
        "OF_TOMORROW",
    ] {
        let error = answered(says("", reason)).await.unwrap_err();
        let is_blocked = matches!(&error, GeminiError::Blocked { reason: it, .. } if it == reason);
        assert!(is_blocked, "{reason}: {error:?}");
        assert_eq!((error.class(), error.usage()), (Class::Input, Some(USAGE)));
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_blocked_question_has_no_candidates() {
    let body = json!({
        "promptFeedback": {"blockReason": "BLOCKLIST"},
        "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7},
    });
    let error = answered(ResponseTemplate::new(200).set_body_json(body))
        .await
        .unwrap_err();
    let is_blocked = matches!(&error, GeminiError::Blocked { reason, .. } if reason == "BLOCKLIST");
    assert!(is_blocked, "{error:?}");
    assert_eq!(error.usage().unwrap().input_tokens, 7);
}

#[tokio::test]
async fn no_candidate_and_no_reason_is_no_answer() {
    let error = answered(ResponseTemplate::new(200).set_body_json(json!({})))
        .await
        .unwrap_err();
    assert!(
        matches!(error, GeminiError::Unparseable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_of_the_api_is_told_apart() {
    let page = ResponseTemplate::new(200).set_body_string("<html>");
    let error = answered(page).await.unwrap_err();
    assert!(
        matches!(error, GeminiError::Garbled { status: 200 }),
        "{error:?}"
    );
    assert_eq!((error.class(), error.usage()), (Class::Transient, None));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let body = vec![b' '; usize::try_from(ANSWER_BYTES_MAX).unwrap() + 1];
    let error = answered(ResponseTemplate::new(200).set_body_bytes(body))
        .await
        .unwrap_err();
    let is_too_large = matches!(error, GeminiError::Network(FetchError::TooLarge { .. }));
    assert!(is_too_large, "{error:?}");
    assert_eq!(error.class(), Class::Input);
}
