//! The table of errors, row by row.

use serde_json::json;

use super::*;

fn class_of(
    code: i64,
    subcode: Option<i64>,
    status: u16,
    is_transient: bool,
    message: &str,
) -> Class {
    let body = json!({"error": {"message": message, "code": code, "error_subcode": subcode, "is_transient": is_transient}});
    GraphError::of(&body["error"], status).class()
}

#[test]
fn every_row_of_the_table_has_its_class() {
    for (code, subcode, class) in [
        (1, None, Class::Transient),
        (1, Some(99), Class::Transient),
        (1, Some(2_853_001), Class::Permission),
        (2, None, Class::Transient),
        (4, None, Class::Throttled),
        (10, None, Class::Permission),
        (17, Some(2_446_079), Class::Throttled),
        (32, None, Class::Throttled),
        (100, None, Class::Permanent),
        (100, Some(33), Class::MissingObject),
        (100, Some(1_487_534), Class::ReduceData),
        (102, None, Class::Auth),
        (104, None, Class::Config),
        (190, None, Class::Auth),
        (190, Some(463), Class::Auth),
        (200, None, Class::Permission),
        (283, None, Class::SkipStep),
        (299, None, Class::Permission),
        (341, None, Class::Throttled),
        (368, None, Class::Blocked),
        (613, Some(1_487_742), Class::Throttled),
        (803, None, Class::Bisect),
        (960, None, Class::Transient),
        (2_635, None, Class::Config),
        (3_018, None, Class::ClampStart),
        (80_000, None, Class::Throttled),
        (80_004, Some(2_446_079), Class::Throttled),
        (80_014, None, Class::Throttled),
        (999, None, Class::Permanent),
        (-2, Some(2_490_547), Class::Transient),
        (2, Some(1_504_038), Class::ReduceData),
        (2, Some(1_504_041), Class::Permanent),
        (2, Some(1_504_042), Class::Permanent),
        (2, Some(1_504_043), Class::Transient),
        (2, Some(1_504_044), Class::Transient),
        (4, Some(1_504_022), Class::Throttled),
        (4, Some(1_504_039), Class::Throttled),
        (100, Some(1_504_018), Class::ReduceData),
        (190, Some(458), Class::Auth),
        (190, Some(459), Class::Auth),
        (190, Some(460), Class::Auth),
        (190, Some(464), Class::Auth),
        (190, Some(467), Class::Auth),
        (190, Some(492), Class::Auth),
        (80_001, None, Class::Throttled),
        (80_002, None, Class::Throttled),
        (80_003, None, Class::Throttled),
        (80_005, None, Class::Throttled),
        (80_006, None, Class::Throttled),
        (80_008, None, Class::Throttled),
        (80_009, None, Class::Throttled),
    ] {
        assert_eq!(
            class_of(code, subcode, 400, false, "(#1) words"),
            class,
            "{code}/{subcode:?}"
        );
    }
}

#[test]
fn texts_decide_only_where_numbers_do_not() {
    let reduce = "Please reduce the amount of data you're asking for, then retry your request";
    assert_eq!(class_of(1, None, 500, false, reduce), Class::ReduceData);
    assert_eq!(
        class_of(100, None, 400, false, "Missing permissions"),
        Class::Permission
    );
    assert_eq!(
        class_of(
            100,
            None,
            400,
            false,
            "Cannot include spend in summary param"
        ),
        Class::Transient
    );
    assert_eq!(class_of(999, None, 400, true, ""), Class::Transient);
    assert_eq!(class_of(999, None, 503, false, ""), Class::Transient);
}

#[test]
fn an_error_object_of_any_shape_is_an_error() {
    for error in [json!("words"), json!({}), json!({"code": "x"}), json!([])] {
        assert_eq!(GraphError::of(&error, 400).class(), Class::Permanent);
    }
}

#[test]
fn tokens_quoted_by_meta_are_not_repeated() {
    let token = "EAAGm0PX4ZCpsBAKZCexampleexampleexample";
    let text = format!(
        "Malformed access token {token}.\u{0}\n{}|{} then 120210000000000001",
        "7".repeat(15),
        "s".repeat(27)
    );
    assert_eq!(
        without_tokens(&text),
        "Malformed access token ***.*** then 120210000000000001"
    );
    assert!(without_tokens(&"a b ".repeat(200)).len() <= MESSAGE_MAX);
}

#[test]
fn a_retired_field_is_known_by_its_name_as_a_word() {
    let fields = ["spend", "video_p95_watched_actions"].map(str::to_owned);
    let named = |code: i64, message: &str| {
        let error = json!({"code": code, "message": message});
        let error = GraphError::of(&error, 400);
        error.names(&fields).map(str::to_owned)
    };
    let text = "(#100) video_p95_watched_actions is not valid for fields param";
    assert_eq!(
        named(100, text).as_deref(),
        Some("video_p95_watched_actions")
    );
    assert_eq!(named(100, "(#100) spending is not valid"), None);
    assert_eq!(named(1, text), None);
}
