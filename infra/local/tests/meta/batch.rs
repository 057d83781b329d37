//! Several calls in one.

use serde_json::{Value, json};

use crate::world::{ADDED, World, text};

async fn batch(world: &World, parts: &Value) -> anyhow::Result<(u16, Value)> {
    let parts = parts.to_string();
    let url = format!("{}/v25.0/", world.meta.url());
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("batch", &parts)
        .append_pair("access_token", sundial_local::meta::TOKEN)
        .finish();
    let answer = world.http.post(url).body(form).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

fn get(path: &str) -> Value {
    json!({"method": "GET", "relative_url": path})
}

#[tokio::test]
async fn each_part_has_its_own_answer() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    let range = r#"{"since":"2026-11-19","until":"2026-11-19"}"#;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("level", "ad")
        .append_pair("fields", "ad_id")
        .append_pair("time_range", range)
        .finish();
    let parts = json!([
        get("v25.0/120320010000000001?fields=id,effective_status"),
        get("123"),
        {"method": "POST", "relative_url": format!("v25.0/{ADDED}/insights"), "body": form},
    ]);

    let (status, body) = batch(&world, &parts).await?;

    let inner = |place: usize| -> Value {
        serde_json::from_str(&text(&body[place], "body")).expect("JSON in text")
    };
    assert_eq!(status, 200);
    assert_eq!(body[0]["code"], 200);
    assert_eq!(
        inner(0),
        json!({"id": "120320010000000001", "effective_status": "ACTIVE"})
    );
    assert!(
        body[0]["headers"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
    );
    assert_eq!(body[1]["code"], 400);
    assert_eq!(inner(1)["error"]["error_subcode"], 33);
    let report = text(&inner(2), "report_run_id");
    for expected in ["Job Not Started", "Job Completed"] {
        let (_, run) = world.graph(&report, &[]).await?;
        assert_eq!(run["async_status"], expected);
    }
    let rows = world.all(&format!("{report}/insights"), &[]).await?;
    assert_eq!(rows.len(), 2, "one for each ad, as its body says");
    Ok(())
}

#[tokio::test]
async fn a_batch_goes_wrong_in_the_ways_of_batches() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    let (one, two) = (get("120320010000000001"), get("120320010000000002"));
    let lost = json!({"on": "graph", "batch": "null", "contains": "120320010000000002"});
    let late = json!({"on": "graph", "batch": "timeout"});

    let many: Vec<Value> = std::iter::repeat_n(one.clone(), 51).collect();
    let (refused, body) = batch(&world, &json!(many)).await?;
    world.control("faults", lost).await?;
    let (_, with_null) = batch(&world, &json!([one, two])).await?;
    let (_, resent) = batch(&world, &json!([two])).await?;
    world.control("faults", late).await?;
    let (timed_out, error) = batch(&world, &json!([one])).await?;

    assert_eq!(
        (refused, &body["error"]["type"]),
        (400, &json!("GraphBatchException"))
    );
    assert_eq!(with_null[0]["code"], 200);
    assert!(with_null[1].is_null(), "{with_null}");
    assert_eq!(resent[0]["code"], 200);
    assert_eq!((timed_out, &error["error"]["code"]), (400, &json!(960)));
    Ok(())
}

#[tokio::test]
async fn each_part_counts_and_may_be_throttled() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    world
        .control("quota", json!({"calls": 2, "per_seconds": 60}))
        .await?;
    let parts: Vec<Value> = std::iter::repeat_n(get(ADDED), 3).collect();

    let (status, body) = batch(&world, &json!(parts)).await?;

    let codes = [&body[0]["code"], &body[1]["code"], &body[2]["code"]];
    assert_eq!(status, 200);
    assert_eq!(codes, [200, 200, 400]);
    Ok(())
}

#[tokio::test]
async fn a_batch_may_be_a_json_body() -> anyhow::Result<()> {
    let world = World::with_ads(1).await?;
    let url = format!("{}/v25.0/", world.meta.url());
    let parts = json!({"batch": [get(ADDED), get("me")]});

    let request = world.http.post(url).json(&parts);
    let answer = request
        .bearer_auth(sundial_local::meta::TOKEN)
        .send()
        .await?;
    let body: Value = answer.json().await?;

    assert_eq!([&body[0]["code"], &body[1]["code"]], [200, 200]);
    Ok(())
}
