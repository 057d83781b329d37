//! `schedules limits`: what is taken of each limit, and new ones.

use reconciler::cli::{self, Cap, CliError, LimitsArgs};
use serde_json::{Value, json};
use shared::{domain::BrandId, store::Database};
use sqlx::PgPool;

use crate::world::World;

async fn limits(world: &World, args: LimitsArgs) -> Result<Value, CliError> {
    let args = LimitsArgs { json: true, ..args };
    let mut out = Vec::new();
    let db = Database::from_pool(world.pool.clone());
    cli::limits(&db, &args, world.clock.now(), &mut out).await?;
    Ok(serde_json::from_slice(&out).expect("JSON"))
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_at_work_is_shown_beside_each_limit(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world.running(job).await;
    let expired = world.running(world.job("0 6 * * *").await).await;
    let gone = "update scheduled_job_runs set lease_expires_at = '2026-11-20T05:54Z' where id = $1";
    let done = sqlx::query(gone).bind(expired.0).execute(&world.pool).await;
    done.expect("a lease that ran out");

    let told = limits(&world, LimitsArgs::default()).await.expect("limits");

    let of_type = json!({"name": "asset_download", "running": 1, "running_max": 8,
                         "running_per_brand_max": 2});
    assert!(
        told["job_types"]
            .as_array()
            .expect("types")
            .contains(&of_type),
        "{told}"
    );
    let brand = &told["brands"][0];
    assert_eq!(
        (&brand["name"], &brand["running"]),
        (&json!("Tea"), &json!(1))
    );
    assert_eq!(brand["by_job_type"], json!({"asset_download": 1}));
    assert_eq!(brand["running_max"], Value::Null);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_and_a_type_are_limited_and_freed(pool: PgPool) {
    let world = World::new(pool).await;
    let brand = world.brand();
    let of_brand = |max| LimitsArgs {
        brand: Some(brand),
        running_max: Some(Cap(max)),
        ..LimitsArgs::default()
    };
    let told = limits(&world, of_brand(Some(3))).await.expect("a limit");
    assert_eq!(told["brands"][0]["running_max"], 3);
    let told = limits(&world, of_brand(None)).await.expect("no limit");
    assert_eq!(told["brands"][0]["running_max"], Value::Null);

    let of_type = LimitsArgs {
        job_type: Some("asset_download".to_owned()),
        running_per_brand_max: Some(Cap(None)),
        ..LimitsArgs::default()
    };
    let told = limits(&world, of_type).await.expect("a limit");
    let types = told["job_types"].as_array().expect("types");
    let of_type = types.iter().find(|it| it["name"] == "asset_download");
    let of_type = of_type.expect("the type");
    assert_eq!(of_type["running_per_brand_max"], Value::Null);
    assert_eq!(of_type["running_max"], 8, "as it was");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_does_not_exist_or_fit_together_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let max = Some(Cap(Some(1)));
    let unknown_brand = LimitsArgs {
        brand: Some(BrandId::new()),
        running_max: max,
        ..LimitsArgs::default()
    };
    let unknown_type = LimitsArgs {
        job_type: Some("weaving".to_owned()),
        running_max: max,
        ..LimitsArgs::default()
    };
    let of_nobody = LimitsArgs {
        running_max: max,
        ..LimitsArgs::default()
    };
    let of_nothing = LimitsArgs {
        job_type: Some("asset_download".to_owned()),
        ..LimitsArgs::default()
    };

    for (args, line) in [
        (unknown_brand, "there is no brand "),
        (unknown_type, "there is no job type weaving"),
        (of_nobody, "--running-max needs --brand or --job-type"),
        (of_nothing, "--job-type needs --running-max or "),
    ] {
        let told = limits(&world, args)
            .await
            .expect_err("a refusal")
            .to_string();
        assert!(told.starts_with(line), "{told}");
    }
}
