//! Insights by asynchronous report.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::world::{ADDED, NOW, World, action, range, text};

async fn submit(world: &World, more: &[(&str, &str)]) -> anyhow::Result<String> {
    let range = range("2026-11-16", "2026-11-20");
    let mut query = vec![
        ("level", "ad"),
        ("time_increment", "1"),
        ("time_range", range.as_str()),
        ("fields", "ad_id,spend,actions"),
    ];
    query.extend(more);
    let (status, body) = world.post(&format!("{ADDED}/insights"), &query).await?;
    assert_eq!(status, 200, "{body}");
    Ok(text(&body, "report_run_id"))
}

async fn statuses(world: &World, id: &str, polls: usize) -> anyhow::Result<Vec<(String, u64)>> {
    let mut seen = Vec::new();
    for _ in 0..polls {
        let (_, body) = world.graph(id, &[]).await?;
        let percent = body.pointer("/async_percent_completion");
        let percent = percent.and_then(Value::as_u64).context("a number")?;
        seen.push((text(&body, "async_status"), percent));
    }
    Ok(seen)
}

#[tokio::test]
async fn a_report_takes_the_polls_ordered_and_then_gives_its_rows() -> anyhow::Result<()> {
    let world = World::with_ads(10).await?;
    world.control("reports", json!({"polls": 3})).await?;
    let id = submit(&world, &[]).await?;
    let (early, _) = world.graph(&format!("{id}/insights"), &[]).await?;

    let seen = statuses(&world, &id, 4).await?;
    let rows = world
        .all(&format!("{id}/insights"), &[("limit", "7")])
        .await?;

    let expected = [
        ("Job Not Started".to_owned(), 0),
        ("Job Started".to_owned(), 24),
        ("Job Running".to_owned(), 49),
        ("Job Completed".to_owned(), 100),
    ];
    assert_eq!(early, 400, "not before it is complete");
    assert_eq!(seen, expected);
    assert_eq!(rows.len(), 50);
    assert!(
        rows.iter().all(|row| row["spend"].is_string()),
        "its own fields"
    );
    Ok(())
}

#[tokio::test]
async fn a_report_tells_its_facts_also_among_others() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    world.control("reports", json!({"polls": 0})).await?;
    let (one, two) = (submit(&world, &[]).await?, submit(&world, &[]).await?);

    let ids = format!("{one},{two}");
    let query = [
        ("ids", ids.as_str()),
        ("fields", "async_status,date_start,time_completed"),
    ];
    let (_, both) = world.graph("", &query).await?;

    let facts = &both[&one];
    assert_eq!(facts["async_status"], "Job Completed");
    assert_eq!(facts["date_start"], "2026-11-16");
    let noted = facts["time_completed"].as_i64().expect("an integer");
    assert_eq!(
        noted,
        NOW.parse::<chrono::DateTime<chrono::Utc>>()?.timestamp()
    );
    assert!(both[&two]["id"].is_string(), "{both}");
    Ok(())
}

#[tokio::test]
async fn reports_fail_skip_or_stall_as_often_as_ordered() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    world
        .control(
            "reports",
            json!({"polls": 0, "fail": 1, "code": 100, "subcode": 1487534, "skip": 1, "stall": 1}),
        )
        .await?;

    let mut endings = Vec::new();
    for _ in 0..4 {
        let id = submit(&world, &[]).await?;
        endings.push(statuses(&world, &id, 5).await?.pop().expect("one").0);
        if endings.len() == 1 {
            let (_, failed) = world.graph(&id, &[]).await?;
            assert_eq!(
                (&failed["error_code"], &failed["error_subcode"]),
                (&json!(100), &json!(1_487_534))
            );
            assert!(
                failed["error_user_msg"].is_string() && failed["async_percent_completion"] != 100
            );
        }
    }

    assert_eq!(
        endings,
        ["Job Failed", "Job Skipped", "Job Running", "Job Completed"]
    );
    Ok(())
}

#[tokio::test]
async fn a_report_has_the_numbers_of_its_submission() -> anyhow::Result<()> {
    let world = World::with_ads(20).await?;
    world.control("reports", json!({"polls": 0})).await?;
    let id = submit(&world, &[]).await?;
    let later = NOW.parse::<chrono::DateTime<chrono::Utc>>()? + chrono::Days::new(30);
    let purchases = |rows: &[Value]| -> f64 {
        rows.iter()
            .filter_map(|row| action(row, "actions", "purchase"))
            .sum()
    };
    statuses(&world, &id, 1).await?;
    let limit = [("limit", "500")];
    let before = world.all(&format!("{id}/insights"), &limit).await?;

    world.meta.set_now(Some(later));
    let after = world.all(&format!("{id}/insights"), &limit).await?;
    let fresh = submit(&world, &[]).await?;
    statuses(&world, &fresh, 1).await?;
    let fresh = world.all(&format!("{fresh}/insights"), &limit).await?;

    assert_eq!(before, after);
    assert!(purchases(&fresh) > purchases(&before), "restated since");
    Ok(())
}

#[tokio::test]
async fn too_many_rows_fail_the_report_and_refuse_the_call() -> anyhow::Result<()> {
    let world = World::with_ads(10).await?;
    world
        .control(
            "limits",
            json!({"sync_rows_max": 9, "report_rows_max": 49, "page_limit_max": 100}),
        )
        .await?;
    world.control("reports", json!({"polls": 0})).await?;
    let path = format!("{ADDED}/insights");
    let base = [("level", "ad"), ("fields", "ad_id")];

    let id = submit(&world, &[]).await?;
    let (_, failed) = world.graph(&id, &[]).await?;
    let (_, refused) = world.graph(&path, &base).await?;
    let (large, body) = world
        .graph(&format!("{ADDED}/ads"), &[("limit", "101")])
        .await?;
    world
        .control(
            "limits",
            json!({"sync_rows_max": 10, "report_rows_max": 50}),
        )
        .await?;
    let id = submit(&world, &[]).await?;

    assert_eq!(failed["async_status"], "Job Failed");
    assert_eq!(failed["error_subcode"], 1_487_534);
    assert_eq!(refused["error"]["error_subcode"], 1_487_534);
    assert_eq!((large, &body["error"]["code"]), (500, &json!(1)));
    assert!(text(&body["error"], "message").starts_with("Please reduce the amount of data"));
    assert_eq!(statuses(&world, &id, 1).await?[0].0, "Job Completed");
    assert_eq!(world.graph(&path, &base).await?.0, 200, "exactly as many");
    Ok(())
}

#[tokio::test]
async fn a_poisoned_day_spoils_what_includes_it_and_nothing_else() -> anyhow::Result<()> {
    let world = World::with_ads(10).await?;
    let ad = "120320010000000004";
    let poison = json!({"ad_id": ad, "date": "2026-11-17", "field": "actions"});
    world.control("poison", poison).await?;
    world.control("reports", json!({"polls": 0})).await?;
    let path = format!("{ADDED}/insights");
    let other = json!([{"field": "ad.id", "operator": "NOT_IN", "value": [ad]}]).to_string();
    let ask = async |since: &str, fields: &str, filter: &str| {
        let range = range(since, "2026-11-20");
        let query = [
            ("time_range", range.as_str()),
            ("fields", fields),
            ("filtering", filter),
            ("level", "campaign"),
        ];
        world.graph(&path, &query).await
    };

    let (status, body) = ask("2026-11-17", "spend,actions", "[]").await?;
    let spared = [
        ask("2026-11-18", "spend,actions", "[]").await?.0,
        ask("2026-11-17", "spend", "[]").await?.0,
        ask("2026-11-17", "actions", &other).await?.0,
    ];
    let id = submit(&world, &[]).await?;
    let (_, report) = world.graph(&id, &[]).await?;
    world.forget("poison").await?;
    let cured = ask("2026-11-17", "spend,actions", "[]").await?.0;

    assert_eq!((status, &body["error"]["code"]), (500, &json!(1)));
    assert_eq!(spared, [200, 200, 200]);
    assert_eq!(report["error_code"], -2);
    assert_eq!(report["error_subcode"], 2_490_547);
    assert_eq!(cured, 200);
    Ok(())
}

#[tokio::test]
async fn every_page_served_is_noted_and_no_other() -> anyhow::Result<()> {
    let world = World::with_ads(10).await?;
    world.control("reports", json!({"polls": 0})).await?;
    let id = submit(&world, &[]).await?;
    statuses(&world, &id, 1).await?;

    world
        .all(&format!("{id}/insights"), &[("limit", "20")])
        .await?;
    world
        .graph(&format!("{ADDED}/insights"), &[("fields", "shoe_size")])
        .await?;

    let served = world.meta.served();
    let rows: Vec<usize> = served.iter().map(|page| page.rows).collect();
    assert_eq!(rows, [20, 20, 10]);
    assert!(
        served
            .iter()
            .all(|page| page.report.as_deref() == Some(&*id))
    );
    assert_eq!(served[0].after, None);
    assert!(served[1].after.is_some() && served[1].after != served[2].after);
    assert_eq!(served[0].fields, "ad_id,spend,actions");
    world.forget("served").await?;
    assert_eq!(world.meta.served(), []);
    Ok(())
}
