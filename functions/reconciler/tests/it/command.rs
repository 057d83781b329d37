//! `schedules plan` and `schedules apply`.

use reconciler::cli;
use serde_json::Value;
use shared::clients::cloud_clock::StandInRule;
use sqlx::PgPool;

use crate::world::World;

async fn shown(world: &World) -> Value {
    let mut out = Vec::new();
    cli::plan(&world.schedules(), true, &mut out)
        .await
        .expect("a plan");
    serde_json::from_slice(&out).expect("JSON")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_plan_tells_changes_fires_and_quota_and_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    world.cloud.set("backup", StandInRule::default());
    let kept = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    world.edit(kept, "set status = 'paused'").await;
    let new = world.job("0 7 * * *").await;

    let plan = shown(&world).await;

    let changes = plan["changes"].as_array().expect("changes");
    let told: Vec<_> = changes
        .iter()
        .map(|change| (&change["change"], &change["rule"]))
        .collect();
    assert_eq!(
        told,
        [
            (
                &Value::from("disable"),
                &Value::from(World::rule_name(kept))
            ),
            (&Value::from("create"), &Value::from(World::rule_name(new))),
        ]
    );
    assert_eq!(changes[0]["vanish"]["count"], 7);
    assert_eq!(changes[1]["appear"]["count"], 7);
    assert_eq!(changes[1]["next_fire"], "2026-11-20T07:00:00Z");
    assert_eq!(changes[1]["description"], "Assets: At 07:00, UTC");
    assert_eq!(changes[1]["sentence"], "At 07:00, UTC");
    // A new rule takes three calls, a change two.
    assert_eq!(
        plan["quota"],
        serde_json::json!({
            "clock": "rules", "used": 2, "after": 3, "max": 300, "expression_longest": 17,
            "expression_max": 256, "calls": 5, "calls_per_sweep": 1, "calls_per_second": 1_000,
        })
    );
    assert_eq!(world.rule(new), None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn after_apply_the_plan_is_empty(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("0 6 * * *").await;
    let mut out = Vec::new();

    cli::apply(&world.schedules(), false, &mut out)
        .await
        .expect("applied");

    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("1 created, 0 updated, "), "{text}");
    assert_eq!(shown(&world).await["changes"], serde_json::json!([]));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_spread_of_a_crowd_names_its_minute_and_a_quieter_one(pool: PgPool) {
    let world = World::new(pool).await;
    for _ in 0..12 {
        world.job("0 6 * * *").await;
    }
    let pause = "update scheduled_jobs set status = 'paused' where id = (select min(id::text)::uuid from scheduled_jobs)";
    sqlx::query(pause)
        .execute(&world.pool)
        .await
        .expect("a pause");
    let db = shared::store::Database::from_pool(world.pool.clone());
    let mut out = Vec::new();
    let args = cli::SpreadArgs { json: false };

    cli::spread(&db, &args, world.clock.now(), &mut out)
        .await
        .expect("a spread");

    let text = String::from_utf8(out).expect("text");
    assert!(
        text.starts_with("2026-11-20T06:00:00Z  11 jobs\n"),
        "{text}"
    );
    assert!(
        text.contains("Assets: 0 6 * * *  ->  1 6 * * *\n"),
        "{text}"
    );
}
