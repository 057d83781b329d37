//! Insights read at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::{ADDED, NOW, World, action, number, range, text};

/// All fields a sync asks for, and three more.
const FIELDS: &str = "ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,spend,impressions,\
    reach,frequency,cpm,clicks,outbound_clicks,outbound_clicks_ctr,cost_per_outbound_click,actions,\
    action_values,cost_per_action_type,purchase_roas,video_play_actions,\
    video_avg_time_watched_actions,video_p25_watched_actions,video_p50_watched_actions,\
    video_p75_watched_actions,video_p95_watched_actions,video_p100_watched_actions,\
    video_thruplay_watched_actions,objective,account_currency,inline_link_clicks";

#[tokio::test]
async fn every_row_is_read_once_whatever_the_page_size() -> anyhow::Result<()> {
    let world = World::with_ads(30).await?;
    let path = format!("{ADDED}/insights");
    let range = range("2026-11-01", "2026-11-25");
    let mut pages = Vec::new();
    for limit in ["7", "500"] {
        let query = [
            ("level", "ad"),
            ("time_increment", "1"),
            ("time_range", range.as_str()),
            ("fields", "ad_id,spend"),
            ("limit", limit),
        ];
        pages.push(world.all(&path, &query).await?);
    }

    assert_eq!(pages[0].len(), 30 * 20, "the future has no rows");
    assert_eq!(pages[0], pages[1]);
    let dates: Vec<String> = pages[0].iter().map(|row| text(row, "date_start")).collect();
    assert!(!dates.is_sorted(), "the order tells nothing");
    Ok(())
}

#[tokio::test]
async fn a_row_has_the_shapes_and_the_arithmetic_of_meta() -> anyhow::Result<()> {
    let world = World::with_ads(40).await?;
    let rows = world.days("2026-10-01", "2026-10-03", FIELDS).await?;
    let close = |one: f64, other: f64| (one - other).abs() < 0.000_01;

    for row in rows.values() {
        let (spend, impressions) = (number(&row["spend"]), number(&row["impressions"]));
        assert!(
            close(
                number(&row["cpm"]),
                (spend / impressions * 1e9).floor() / 1e6
            ),
            "{row}"
        );
        assert!(close(
            number(&row["frequency"]),
            (impressions / number(&row["reach"]) * 1e6).floor() / 1e6
        ));
        if let Some(outbound) = action(row, "outbound_clicks", "outbound_click") {
            let percent = action(row, "outbound_clicks_ctr", "outbound_click").expect("a rate");
            assert!(
                close(percent, (outbound / impressions * 1e8).floor() / 1e6),
                "{row}"
            );
        }
        for (name, value) in row.as_object().expect("a row") {
            let is_wire = value.is_string() || value.as_array().is_some_and(|it| !it.is_empty());
            assert!(is_wire, "{name} is {value}");
        }
        assert_eq!(row["date_start"], row["date_stop"]);
    }
    let some = |test: &dyn Fn(&Value) -> bool| rows.values().any(test);
    assert!(
        some(&|row| row.get("video_play_actions").is_none()),
        "no video, no plays"
    );
    assert!(some(&|row| row
        .get("video_thruplay_watched_actions")
        .is_some()));
    assert!(
        some(&|row| row.get("action_values").is_none()),
        "a day without purchases"
    );
    assert!(some(&|row| {
        let plain = action(row, "actions", "purchase");
        plain.is_some() && action(row, "actions", "omni_purchase") > plain
    }));
    assert!(some(&|row| {
        action(row, "actions", "purchase").is_some()
            && action(row, "actions", "omni_purchase").is_none()
    }));
    Ok(())
}

#[tokio::test]
async fn delivery_settles_in_three_days_and_purchases_in_twenty_eight() -> anyhow::Result<()> {
    let world = World::with_ads(60).await?;
    let mut by_age = BTreeMap::new();
    for age in [0_u64, 1, 2, 3, 4, 10, 27, 28, 29, 200] {
        let now = NOW.parse::<chrono::DateTime<chrono::Utc>>()? + chrono::Days::new(age);
        world.meta.set_now(Some(now));
        let rows = world
            .days("2026-11-20", "2026-11-20", "spend,actions")
            .await?;
        let spend: f64 = rows.values().map(|row| number(&row["spend"])).sum();
        let purchases: f64 = rows
            .values()
            .filter_map(|row| action(row, "actions", "purchase"))
            .sum();
        by_age.insert(age, (spend, purchases, rows));
    }

    let spend = |age: u64| by_age[&age].0;
    let purchases = |age: u64| by_age[&age].1;
    assert!(spend(0) < spend(1) && spend(1) < spend(2) && spend(2) < spend(3));
    assert_eq!(spend(3).to_string(), spend(4).to_string());
    assert!(purchases(0) < purchases(3) && purchases(3) < purchases(10));
    assert!(purchases(10) < purchases(27) && purchases(27) < purchases(28));
    assert_eq!(by_age[&28].2, by_age[&29].2);
    assert_eq!(by_age[&28].2, by_age[&200].2);
    Ok(())
}

#[tokio::test]
async fn breakdown_rows_add_up_to_the_plain_ones() -> anyhow::Result<()> {
    let world = World::with_ads(12).await?;
    let range = range("2026-11-10", "2026-11-12");
    let plain = world
        .days("2026-11-10", "2026-11-12", "impressions,spend,actions")
        .await?;
    for (breakdowns, key) in [
        (r#"["age","gender"]"#, "gender"),
        ("publisher_platform,platform_position", "platform_position"),
    ] {
        let query = [
            ("level", "ad"),
            ("time_increment", "1"),
            ("time_range", range.as_str()),
            ("fields", "ad_id,impressions,spend,actions"),
            ("breakdowns", breakdowns),
            ("limit", "100"),
        ];
        let parts = world.all(&format!("{ADDED}/insights"), &query).await?;

        assert!(parts.len() > plain.len() * 8, "{} parts", parts.len());
        assert!(parts.iter().all(|row| row[key].is_string()));
        for ((ad, day), row) in &plain {
            let own = parts
                .iter()
                .filter(|part| part["ad_id"] == **ad && part["date_start"] == **day);
            let sum = |of: &dyn Fn(&Value) -> f64| own.clone().map(of).sum::<f64>();
            let clicks = |row: &Value| action(row, "actions", "link_click").unwrap_or_default();
            assert!(
                (sum(&|row| number(&row["impressions"])) - number(&row["impressions"])).abs() < 0.5
            );
            assert!((sum(&|row| number(&row["spend"])) - number(&row["spend"])).abs() < 0.005);
            assert!((sum(&clicks) - clicks(row)).abs() < 0.5);
        }
    }
    Ok(())
}

#[tokio::test]
async fn campaigns_and_the_account_add_up_their_ads() -> anyhow::Result<()> {
    let world = World::with_ads(12).await?;
    let rows = world.days("2026-11-01", "2026-11-10", "spend").await?;
    let all: f64 = rows.values().map(|row| number(&row["spend"])).sum();
    let range = range("2026-11-01", "2026-11-10");
    for (level, increment, count) in [
        ("account", "all_days", 1),
        ("campaign", "all_days", 3),
        ("adset", "5", 12),
    ] {
        let query = [
            ("level", level),
            ("time_increment", increment),
            ("time_range", range.as_str()),
            ("fields", "campaign_id,adset_id,ad_id,spend"),
        ];
        let rows = world.all(&format!("{ADDED}/insights"), &query).await?;
        let sum: f64 = rows.iter().map(|row| number(&row["spend"])).sum();

        assert_eq!(rows.len(), count, "{level}");
        assert!((sum - all).abs() < 0.005, "{level}: {sum} of {all}");
        assert!(rows.iter().all(|row| row["ad_id"].is_null()), "{level}");
    }
    Ok(())
}

#[tokio::test]
async fn filters_choose_the_ads_that_count() -> anyhow::Result<()> {
    let world = World::with_ads(30).await?;
    let campaigns = world.all(&format!("{ADDED}/campaigns"), &[]).await?;
    let campaign = text(&campaigns[1], "id");
    let range = range("2026-11-10", "2026-11-10");
    let filter = |field: &str, values: Value| {
        json!([{"field": field, "operator": "IN", "value": values}]).to_string()
    };
    for (filter, count) in [
        (filter("campaign.id", json!([campaign])), 10),
        (filter("ad.id", json!(["120320010000000001", "1"])), 1),
        (filter("ad.effective_status", json!(["ARCHIVED"])), 0),
        (filter("adset.id", json!([])), 0),
    ] {
        let query = [
            ("level", "ad"),
            ("time_range", range.as_str()),
            ("fields", "ad_id"),
            ("filtering", filter.as_str()),
        ];
        let (status, page) = world.graph(&format!("{ADDED}/insights"), &query).await?;
        assert_eq!(status, 200, "{page}");
        let rows = page["data"].as_array().map(Vec::len);
        assert_eq!(rows, Some(count), "{filter}");
    }
    Ok(())
}

#[tokio::test]
async fn windows_add_keys_and_a_further_breakdown_repeats_actions() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    let path = format!("{ADDED}/insights");
    let base = [("level", "account"), ("fields", "actions")];
    let ask = async |more: (&str, &str)| -> anyhow::Result<Value> {
        let (_, page) = world.graph(&path, &[base[0], base[1], more]).await?;
        Ok(page["data"][0]["actions"].clone())
    };

    let plain = ask(("limit", "1")).await?;
    let windows = ask(("action_attribution_windows", "1d_click,7d_click")).await?;
    let split = ask(("action_breakdowns", r#"["action_type","action_device"]"#)).await?;

    assert!(windows[0]["1d_click"].is_string() && windows[0]["7d_click"].is_string());
    assert!(plain[0].get("1d_click").is_none());
    assert_eq!(split[0]["action_type"], split[1]["action_type"]);
    let halves = number(&split[0]["value"]) + number(&split[1]["value"]);
    assert!((halves - number(&plain[0]["value"])).abs() < 0.5);
    Ok(())
}

#[tokio::test]
async fn a_long_request_may_be_a_form_that_says_it_is_a_get() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    let query = [("method", "GET"), ("level", "ad"), ("fields", "ad_id")];

    let (status, page) = world.post(&format!("{ADDED}/insights"), &query).await?;

    assert_eq!(status, 200, "{page}");
    assert_eq!(page["data"].as_array().map(Vec::len), Some(3));
    Ok(())
}
