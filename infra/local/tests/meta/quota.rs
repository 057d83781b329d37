//! Quotas, and faults by parameter.

use serde_json::{Value, json};
use sundial_local::meta::{TOKEN, catalogue::ACCOUNT};

use crate::world::{ADDED, NOW, World};

/// Status, body, and one of the headers, which is JSON.
async fn ask(world: &World, path: &str, header: &str) -> anyhow::Result<(u16, Value, Value)> {
    let url = format!("{}/v25.0/{path}", world.meta.url());
    let answer = world.http.get(url).bearer_auth(TOKEN).send().await?;
    let status = answer.status().as_u16();
    let text = answer.headers().get(header).map(|value| value.to_str());
    let header = serde_json::from_str(text.transpose()?.unwrap_or("null"))?;
    Ok((status, answer.json().await?, header))
}

#[tokio::test]
async fn an_account_that_used_its_quota_waits_and_others_do_not() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    world
        .control(
            "quota",
            json!({"calls": 4, "per_seconds": 90, "code": 80000}),
        )
        .await?;
    let usage = "x-business-use-case-usage";
    let digits = ADDED.trim_start_matches("act_");

    let (_, _, first) = ask(&world, &format!("{ADDED}/insights"), usage).await?;
    let ids = format!("?ids={ADDED},120320010000000001,120320010000000002");
    let (_, _, last) = ask(&world, &ids, usage).await?;
    let (refused, body, spent) = ask(&world, ADDED, usage).await?;
    let (other, _, _) = ask(&world, ACCOUNT, usage).await?;
    let later = NOW.parse::<chrono::DateTime<chrono::Utc>>()? + chrono::TimeDelta::seconds(90);
    world.meta.set_now(Some(later));
    let (again, _, _) = ask(&world, ADDED, usage).await?;

    assert_eq!(first[digits][0]["call_count"], 25);
    assert_eq!(first[digits][0]["type"], "ads_insights");
    assert_eq!(last[digits][0]["call_count"], 100, "each id counts");
    assert_eq!(refused, 400);
    assert_eq!(body["error"]["code"], 80_000);
    assert_eq!(body["error"]["error_subcode"], 2_446_079);
    let regain = &spent[digits][0]["estimated_time_to_regain_access"];
    assert_eq!(regain, 2, "a minute and a half, rounded up");
    assert_eq!((other, again), (200, 200));
    Ok(())
}

#[tokio::test]
async fn the_headers_of_a_refusal_tell_the_quota_and_without_one_nothing_is_refused()
-> anyhow::Result<()> {
    let world = World::with_ads(1).await?;
    world
        .control(
            "quota",
            json!({"calls": 0, "per_seconds": 60, "code": 17, "subcode": 5}),
        )
        .await?;
    let path = format!("{ADDED}/insights");

    let (_, body, account) = ask(&world, &path, "x-ad-account-usage").await?;
    let (_, _, insights) = ask(&world, &path, "x-fb-ads-insights-throttle").await?;
    world.forget("quota").await?;
    let (lifted, _, _) = ask(&world, &path, "x-app-usage").await?;

    assert_eq!(body["error"]["code"], 17);
    assert_eq!(body["error"]["error_subcode"], 5);
    assert_eq!(account["acc_id_util_pct"], 100.0);
    assert_eq!(insights["acc_id_util_pct"], 100.0);
    assert_eq!(lifted, 200);
    Ok(())
}

#[tokio::test]
async fn a_fault_may_be_for_one_parameter_only() -> anyhow::Result<()> {
    let world = World::with_ads(1).await?;
    let fault = json!({"on": "graph", "contains": "insights", "query": "level=ad&", "times": 100_000,
        "status": 500, "code": 2});
    world.control("faults", fault).await?;
    let path = format!("{ADDED}/insights");

    let campaign = world
        .graph(&path, &[("level", "campaign"), ("limit", "5")])
        .await?;
    let ad = world
        .graph(
            &path,
            &[("limit", "5"), ("level", "ad"), ("time_increment", "1")],
        )
        .await?;
    let form = [("method", "GET"), ("level", "ad"), ("time_increment", "1")];
    let posted = world.post(&path, &form).await?;

    assert_eq!((campaign.0, ad.0, posted.0), (200, 500, 500));
    Ok(())
}
