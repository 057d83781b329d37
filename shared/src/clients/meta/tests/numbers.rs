//! Questions about numbers, with recorded answers.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

use super::{super::*, answer, meta, requests, says};
use crate::{
    clients::meta::insights::{Question, optional_fields},
    domain::slices::{Kind, Level, Scope},
};

/// A row on the wire with everything that can be in it, and the row of ours it must become.
const WIRE: &str = include_str!("insight_row.json");

pub(super) fn question(kind: Kind) -> Question<'static> {
    Question {
        kind,
        date: "2026-04-01".parse().unwrap(),
        scope: None,
        fields: None,
    }
}

/// Every value that an expectation names, as text; numbers as numbers.
fn assert_is(row: &insights::Insight, expected: &Value) {
    let it = &row.performance;
    let decimal =
        |number: Option<rust_decimal::Decimal>| number.map(|number| number.normalize().to_string());
    let whole = |number: Option<i32>| number.map(|number| number.to_string());
    let text = |text: &Option<String>| text.clone();
    for (name, is) in [
        ("meta_ad_id", Some(it.ad.clone())),
        ("date", Some(it.date.to_string())),
        ("ad_name", text(&it.ad_name)),
        ("spend", decimal(it.spend)),
        ("impressions", whole(it.impressions)),
        ("reach", whole(it.reach)),
        ("frequency", decimal(it.frequency)),
        ("cpm", decimal(it.cpm_or_quotient())),
        ("link_clicks", whole(it.link_clicks)),
        ("link_ctr", decimal(it.link_ctr)),
        ("link_cpc", decimal(it.link_cpc)),
        ("add_to_carts", whole(it.add_to_carts)),
        ("cost_per_add_to_cart", decimal(it.cost_per_add_to_cart)),
        ("initiate_checkouts", whole(it.initiate_checkouts)),
        (
            "cost_per_initiate_checkout",
            decimal(it.cost_per_initiate_checkout),
        ),
        ("landing_page_views", whole(it.landing_page_views)),
        ("content_views", whole(it.content_views)),
        ("purchases", whole(it.purchases)),
        ("purchase_value", decimal(it.purchase_value)),
        ("roas", decimal(it.roas)),
        ("conversion_rate", decimal(it.conversion_rate())),
        ("video_views", whole(it.video_views)),
        ("video_avg_watch_time", decimal(it.video_avg_watch_time)),
        ("video_p25_watched", whole(it.video_p25)),
        ("video_p50_watched", whole(it.video_p50)),
        ("video_p75_watched", whole(it.video_p75)),
        ("video_p95_watched", whole(it.video_p95)),
        ("video_p100_watched", whole(it.video_p100)),
        ("video_thruplay", whole(it.video_thruplay)),
        ("hold_rate", decimal(it.hold_rate())),
        ("hook_rate", decimal(it.hook_rate())),
    ] {
        let Some(wanted) = expected.get(name) else {
            continue;
        };
        let wanted = wanted
            .as_str()
            .map_or_else(|| wanted.to_string(), str::to_owned);
        let wanted = match (name, wanted.parse::<rust_decimal::Decimal>()) {
            ("meta_ad_id" | "date" | "ad_name", _) | (_, Err(_)) => wanted,
            (_, Ok(number)) => number.normalize().to_string(),
        };
        assert_eq!(is.unwrap_or_else(|| "null".to_owned()), wanted, "{name}");
    }
}

async fn mapped(wire: &Value) -> insights::Insight {
    let server = MockServer::start().await;
    answer(
        &server,
        "/v25.0/act_5/insights",
        says(&json!({ "data": [wire] })),
    )
    .await;
    let page = meta(&server)
        .await
        .insights("act_5", &question(Kind::Performance), (500, None))
        .await
        .unwrap();
    page.members.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_row_becomes_ours_exactly() {
    let vector: Value = serde_json::from_str(WIRE).unwrap();
    assert_is(&mapped(&vector["input"]).await, &vector["expected"]);
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "further vectors, where they are at hand"
)]
async fn a_row_of_the_shelf_becomes_ours_exactly() {
    let Ok(folder) = std::env::var("SUNDIAL_META_FIXTURES") else {
        return;
    };
    let text =
        std::fs::read_to_string(format!("{folder}/insight_row_mapping_vector_composed.json"))
            .unwrap();
    let vector: Value = serde_json::from_str(&text).unwrap();
    assert_is(&mapped(&vector["input"]).await, &vector["expected"]);
}

#[tokio::test]
async fn what_is_absent_empty_or_odd_is_nothing_and_breaks_nothing() {
    let wire = json!({"ad_id": 120_210_000_000_000_001_u64, "date_start": "2026-04-01", "spend": 12.5,
        "outbound_clicks_ctr": [], "actions": [{"action_type": "add_to_cart", "value": 3}, "odd", {"value": "1"}],
        "purchase_roas": "odd", "impressions": "", "cpm": null, "video_p25_watched_actions": [{}]});
    let row = mapped(&wire).await;
    let expected = json!({"meta_ad_id": "120210000000000001", "spend": "12.5", "link_ctr": null,
        "add_to_carts": 3, "roas": null, "impressions": null, "cpm": null, "video_p25_watched": null});
    assert_is(&row, &expected);
}

#[tokio::test]
async fn purchases_are_picked_by_precedence_and_never_added_up() {
    let purchases = |actions: Value| async move {
        let wire = json!({"ad_id": "1", "date_start": "2026-04-01", "actions": actions.clone(), "action_values": actions});
        let row = mapped(&wire).await.performance;
        (
            row.purchases,
            row.purchase_value.map(|value| value.to_string()),
        )
    };
    let named = |name: &str, value: &str| json!({"action_type": name, "value": value});
    let pixel = named("offsite_conversion.fb_pixel_purchase", "9");
    let both = purchases(json!([
        pixel,
        named("purchase", "3"),
        named("omni_purchase", "4")
    ]))
    .await;
    assert_eq!(both, (Some(4), Some("4".to_owned())));
    assert_eq!(
        purchases(json!([named("purchase", "3"), pixel])).await.0,
        Some(3)
    );
    assert_eq!(purchases(json!([pixel])).await, (None, None));
}

#[tokio::test]
async fn a_question_says_all_that_matters() {
    let server = MockServer::start().await;
    answer(&server, "/v25.0/act_5/insights", says(&json!({"data": []}))).await;
    let scope = Scope {
        level: Level::AdSet,
        ids: vec!["7".to_owned()],
    };
    let fields = ["spend".to_owned()];
    let asked = Question {
        scope: Some(&scope),
        fields: Some(&fields),
        ..question(Kind::Placement)
    };
    let cursor = Cursor::stored("after=MAZ");

    meta(&server)
        .await
        .insights("act_5", &asked, (50, Some(&cursor)))
        .await
        .unwrap();

    let request = &requests(&server).await[0];
    let query: std::collections::BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("level", "ad"),
        ("time_increment", "1"),
        (
            "time_range",
            r#"{"since":"2026-04-01","until":"2026-04-01"}"#,
        ),
        (
            "breakdowns",
            r#"["publisher_platform","platform_position"]"#,
        ),
        ("action_breakdowns", r#"["action_type"]"#),
        (
            "filtering",
            r#"[{"field":"adset.id","operator":"IN","value":["7"]}]"#,
        ),
        ("fields", "ad_id,ad_name,spend"),
        ("limit", "50"),
        ("after", "MAZ"),
    ] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(query.len(), 9);
    assert!(!optional_fields(Kind::Performance).contains(&"ad_id".to_owned()));
}

#[tokio::test]
async fn a_question_too_long_for_an_address_travels_as_a_form() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v25.0/act_5/insights"))
        .and(body_string_contains("method=GET"))
        .respond_with(says(&json!({"data": []})))
        .mount(&server)
        .await;
    let scope = Scope {
        level: Level::Ad,
        ids: (0..500).map(|id| format!("1202100000000{id:05}")).collect(),
    };
    let asked = Question {
        scope: Some(&scope),
        ..question(Kind::Performance)
    };
    let page = meta(&server)
        .await
        .insights("act_5", &asked, (500, None))
        .await
        .unwrap();
    assert!(page.members.is_empty() && page.next.is_none());
}

#[tokio::test]
async fn pages_that_count_offsets_are_followed_on_meta_only() {
    for (host, offset) in [
        ("SERVER", Some("offset=25")),
        ("https://evil.example", None),
    ] {
        let server = MockServer::start().await;
        let host = host.replace("SERVER", &server.uri());
        let next = format!("{host}/v25.0/act_5/insights?access_token=EAAx&offset=25");
        let body = json!({"data": [], "paging": {"next": next}});
        answer(&server, "/v25.0/act_5/insights", says(&body)).await;
        let page = meta(&server)
            .await
            .insights("act_5", &question(Kind::Performance), (25, None))
            .await
            .unwrap();
        assert_eq!(page.next.as_ref().map(Cursor::as_str), offset);
    }
}

#[tokio::test]
async fn nul_is_taken_out_wherever_it_stands() {
    let server = MockServer::start().await;
    let body = r#"{"data":[{"ad_id":"1","date_start":"2026-04-01","ad_name":"a\u0000b","actions":[{"action_type":"x\u0000","value":"1"}]}]}"#;
    let body = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    answer(&server, "/v25.0/act_5/insights", body).await;
    let page = meta(&server)
        .await
        .insights("act_5", &question(Kind::Performance), (5, None))
        .await
        .unwrap();
    let row = &page.members[0].performance;
    assert_eq!(row.ad_name.as_deref(), Some("ab"));
    assert!(!row.raw_actions.as_ref().unwrap().get().contains("u0000"));
}

#[test]
fn only_the_escape_of_nul_is_taken_out() {
    for (body, kept) in [
        (r#"["a\u0000b"]"#, r#"["ab"]"#),
        (r#"["\u0000\u0000"]"#, r#"[""]"#),
        (r#"["\\u0000","\"\u0000\\"]"#, r#"["\\u0000","\"\\"]"#),
        (r#"["\u00001\u0001"]"#, r#"["1\u0001"]"#),
        ("[\\u0000\\", "[\\"),
    ] {
        assert_eq!(
            answer::without_nul(Bytes::from_static(body.as_bytes())),
            kept
        );
    }
}
