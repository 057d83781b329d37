//! What the schema itself refuses, whoever writes.

use sqlx::PgPool;

use crate::world::World;

/// Statements on a healthy job `$1` (recurring, active, with one pending run), each of which some
/// constraint must refuse, and the constraint.
const REFUSED: &[(&str, &str)] = &[
    ("update scheduled_jobs set next_run_at = null where id = $1", "a_live_recurring_job_has_its_next_time"),
    ("update scheduled_jobs set status = 'paused', next_run_at = null where id = $1", "a_live_recurring_job_has_its_next_time"),
    ("update scheduled_jobs set cron_expression = null where id = $1", "a_recurring_job_has_a_cron"),
    ("update scheduled_jobs set status = 'completed' where id = $1", "an_ended_job_has_no_next_time"),
    ("update scheduled_jobs set job_type = 'no_such_type' where id = $1", "scheduled_jobs_job_type_scope_fkey"),
    ("update scheduled_jobs set brand_id = null, organization_id = null where id = $1", "scheduled_jobs_job_type_scope_fkey"),
    ("update scheduled_jobs set brand_id = gen_random_uuid() where id = $1", "scheduled_jobs_brand_id_organization_id_fkey"),
    ("update scheduled_jobs set organization_id = gen_random_uuid() where id = $1", "scheduled_jobs_brand_id_organization_id_fkey"),
    ("update scheduled_jobs set organization_id = null where id = $1", "scheduled_jobs_brand_id_organization_id_fkey"),
    ("update scheduled_jobs set trigger_source = 'cron' where id = $1", "scheduled_jobs_trigger_source_check"),
    ("update scheduled_jobs set starts_at = now(), ends_at = now() where id = $1", "a_period_ends_after_its_start"),
    ("update scheduled_jobs set schedule_type = 'one_time', cron_expression = null, ends_at = now() where id = $1", "only_a_recurring_job_has_a_period"),
    ("update scheduled_jobs set paused_until = now() where id = $1", "only_a_paused_job_has_an_end_of_its_pause"),
    ("insert into scheduled_job_changes (scheduled_job_id, revision, changed_at, changed_by, field, old_value, new_value)
      values ($1, 2, now(), 'me', 'name', '1', '1')", "a_change_changes_something"),
    ("update brands set running_max = 0 where $1::uuid is not null", "brands_running_max_check"),
    ("update scheduled_jobs set parameters = '\"{}\"' where id = $1", "scheduled_jobs_parameters_check"),
    ("update scheduled_jobs set max_retries = null where id = $1", "max_retries"),
    ("delete from scheduled_jobs where id = $1", "scheduled_job_runs_scheduled_job_id_fkey"),
    ("delete from brands where id = (select brand_id from scheduled_jobs where id = $1)", "brand_id"),
    ("update scheduled_job_runs set status = 'completed_with_errors' where scheduled_job_id = $1", "scheduled_job_runs_status_check"),
    ("update scheduled_job_runs set status = 'failed', completed_at = now() where scheduled_job_id = $1", "a_failed_run_says_why"),
    ("update scheduled_job_runs set status = 'skipped', completed_at = now() where scheduled_job_id = $1", "a_reason_fits_its_status"),
    ("update scheduled_job_runs set status = 'completed', started_at = now() where scheduled_job_id = $1", "an_ended_run_has_its_end"),
    ("update scheduled_job_runs set status = 'running', started_at = now() where scheduled_job_id = $1", "a_running_run_holds_a_lease"),
    ("update scheduled_job_runs set metadata = '\"{}\"' where scheduled_job_id = $1", "scheduled_job_runs_metadata_check"),
    ("insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, run_after, parameters)
      select scheduled_job_id, 1, 'tick', scheduled_for, run_after, '{}' from scheduled_job_runs where scheduled_job_id = $1", "scheduled_job_runs_one_verdict"),
    ("insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, cron_expression, next_run_at, parameters)
      select organization_id, brand_id, job_type, name, schedule_type, '5 5 * * *', next_run_at, parameters from scheduled_jobs where id = $1", "scheduled_jobs_one_recurring"),
    ("insert into dataset_status (dataset_key) select 'ad_assets' from generate_series(1, 2) where $1::uuid is not null", "dataset_status_brand_id_dataset_key_key"),
];

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_schema_refuses_every_state_the_ledger_excludes(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    sqlx::query(
        "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, run_after, parameters)
         select id, 1, 'tick', next_run_at, next_run_at, '{}' from scheduled_jobs where id = $1",
    )
    .bind(job.0)
    .execute(&world.pool)
    .await
    .unwrap();

    for (statement, constraint) in REFUSED {
        let result = sqlx::query(statement)
            .bind(job.0)
            .execute(&world.pool)
            .await;
        let error = result.expect_err(statement).to_string();
        assert!(
            error.contains(constraint),
            "{statement}\nwas refused by another rule: {error}"
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_exclusive_runs_of_a_job_cannot_both_be_at_work(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let statement = "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin,
            scheduled_for, run_after, parameters, status, started_at, lease_token, lease_expires_at)
        values ($1, 1, 'manual', now(), now(), '{}', 'running', now(), gen_random_uuid(), now())";
    sqlx::query(statement)
        .bind(job.0)
        .execute(&world.pool)
        .await
        .unwrap();

    let error = sqlx::query(statement)
        .bind(job.0)
        .execute(&world.pool)
        .await
        .unwrap_err();

    assert!(
        error.to_string().contains("scheduled_job_runs_one_running"),
        "{error}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_views_answer_and_updates_move_updated_at(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.run_now(job).await;

    assert_eq!(
        world
            .count("select count(*) from v_active_scheduled_jobs where brand_name = 'Tea'")
            .await,
        1
    );
    assert_eq!(
        world
            .count("select count(*) from v_recent_job_runs where job_type = 'asset_download'")
            .await,
        1
    );
    world.set(job, "name = 'Renamed'").await;
    let moved = "select count(*) from scheduled_jobs where updated_at > created_at";
    assert_eq!(world.count(moved).await, 1);
}
