//! Reports, batches and single objects, with recorded answers.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, query_param},
};

use super::{super::*, answer, fails, meta, numbers::question, requests, says};
use crate::domain::slices::Kind;

#[tokio::test]
async fn a_report_is_asked_for_looked_at_and_read() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v25.0/act_5/insights"))
        .respond_with(says(&json!({"report_run_id": "6023920149050"})))
        .mount(&server)
        .await;
    answer(
        &server,
        "/v25.0/6023920149050/insights",
        says(&json!({"data": [{"ad_id": "1", "date_start": "2026-04-01"}]})),
    )
    .await;
    let meta = meta(&server).await;
    let report = meta
        .submit_report("act_5", &question(Kind::Performance))
        .await
        .unwrap();
    let page = meta.report_rows(&report, (500, None)).await.unwrap();
    assert_eq!((report.as_str(), page.members.len()), ("6023920149050", 1));
}

fn part(code: u16, body: &Value) -> Value {
    json!({"code": code, "headers": [], "body": body.to_string()})
}

#[tokio::test]
async fn reports_are_looked_at_in_one_call_and_what_is_left_out_is_asked_again() {
    let status = |status: &str, percent: u8| json!({"async_status": status, "async_percent_completion": percent});
    let failed = json!({"async_status": "Job Failed", "async_percent_completion": 42,
        "error_code": 100, "error_subcode": 1_487_534, "error_message": "too much"});
    let gone = json!({"error": {"message": "no", "code": 100, "error_subcode": 33}});
    let rounds = [
        json!([
            part(200, &status("Job Completed", 100)),
            part(200, &status("Job Completed", 99)),
            Value::Null,
            part(200, &failed),
            part(200, &status("Job Skipped", 0)),
            part(400, &gone)
        ]),
        json!([part(200, &status("Job Running", 46))]),
    ];
    let server = MockServer::start().await;
    let round = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(method("POST"))
        .and(path("/v25.0/"))
        .respond_with(move |_: &Request| {
            let at = round.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            ResponseTemplate::new(200).set_body_json(&rounds[at])
        })
        .mount(&server)
        .await;
    let states = meta(&server)
        .await
        .report_states(&["1", "2", "3", "4", "5", "6"])
        .await
        .unwrap();
    assert_eq!(states["1"], ReportState::Completed);
    assert_eq!(
        states["2"],
        ReportState::Pending(99),
        "done, but not all of it"
    );
    assert_eq!(states["3"], ReportState::Pending(46));
    assert!(
        matches!(&states["4"], ReportState::Failed(error) if error.class() == Class::ReduceData)
    );
    assert_eq!(
        (&states["5"], &states["6"]),
        (&ReportState::Gone, &ReportState::Gone)
    );
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn one_unreadable_id_does_not_spoil_the_others() {
    let server = MockServer::start().await;
    Mock::given(query_param("ids", "3"))
        .respond_with(fails(400, 803))
        .mount(&server)
        .await;
    Mock::given(path("/v25.0/"))
        .respond_with(|request: &Request| {
            let (_, ids) = request
                .url
                .query_pairs()
                .find(|(name, _)| name == "ids")
                .unwrap();
            let ids: Vec<&str> = ids.split(',').collect();
            if ids.contains(&"3") {
                return fails(400, 803);
            }
            let found: serde_json::Map<String, Value> = ids
                .iter()
                .map(|id| ((*id).to_owned(), json!({"name": format!("Campaign {id}")})))
                .collect();
            says(&found.into())
        })
        .mount(&server)
        .await;
    let found = meta(&server)
        .await
        .campaigns(&["1", "2", "3", "4", "5"])
        .await
        .unwrap();
    let mut ids: Vec<_> = found.keys().map(String::as_str).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["1", "2", "4", "5"]);
}

#[tokio::test]
async fn budgets_are_told_in_the_currencys_main_unit() {
    let server = MockServer::start().await;
    let body = json!({"1": {"daily_budget": "5000", "lifetime_budget": "120050"}});
    answer(&server, "/v25.0/", says(&body)).await;
    let found = meta(&server).await.campaigns(&["1"]).await.unwrap();
    let told = |currency| {
        let (daily, lifetime) = found["1"].budgets(currency);
        (
            daily.unwrap().normalize().to_string(),
            lifetime.unwrap().normalize().to_string(),
        )
    };
    assert_eq!(told(Some("USD")), ("50".to_owned(), "1200.5".to_owned()));
    assert_eq!(told(Some("JPY")), ("5000".to_owned(), "120050".to_owned()));
}

#[tokio::test]
async fn an_account_says_what_it_is_and_what_is_wrong_with_it() {
    let server = MockServer::start().await;
    let body = json!({"name": "Tea", "account_status": 3, "currency": "EUR", "timezone_name": "Europe/Berlin"});
    answer(&server, "/v25.0/act_5", says(&body)).await;
    let facts = meta(&server).await.account("act_5").await.unwrap();
    assert_eq!(
        (facts.status(), facts.trouble()),
        (Some(3), Some("unsettled"))
    );
    assert_eq!(facts.timezone_name.as_deref(), Some("Europe/Berlin"));
}
