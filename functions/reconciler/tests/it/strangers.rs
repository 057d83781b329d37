//! Rows that somebody wrote past the API.

use chrono::TimeDelta;
use reconciler::Event;
use shared::{clients::bus::BusEvent, domain::JobId};
use sqlx::PgPool;

use crate::world::{World, at};

impl World {
    /// A job as somebody inserts it who knows nothing of `next_run_at`.
    async fn stranger(&self, scheduled_at: Option<&str>) -> JobId {
        let id = JobId::new();
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type, scheduled_at)
             select $1, organization_id, id, 'asset_download', 'Once', 'one_time', $3 from brands where id = $2",
        )
        .bind(id.0)
        .bind(self.brand().0)
        .bind(scheduled_at.map(at))
        .execute(&self.pool)
        .await
        .expect("a job");
        id
    }

    /// Status and fire time of a job's runs.
    async fn verdicts(&self, job: JobId) -> Vec<String> {
        let sql = "select status || to_char(scheduled_for at time zone 'UTC', ' HH24:MI')
                     from scheduled_job_runs where scheduled_job_id = $1 order by scheduled_for";
        let rows = sqlx::query_scalar(sql).bind(job.0);
        rows.fetch_all(&self.pool).await.expect("runs")
    }

    fn requests(&self) -> usize {
        let sent = self.bus.take().into_iter();
        sent.filter(|event| matches!(event, BusEvent::RunRequested { .. }))
            .count()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_due_of_a_changed_job_is_sent_at_once_and_once(pool: PgPool) {
    let world = World::new(pool).await;
    let (daily, once) = (
        world.job("0 6 * * *").await,
        world.job_once("2026-11-20T05:55:00Z").await,
    );
    let other = world.job_once("2026-11-20T05:54:30Z").await;
    world
        .edit(daily, "set next_run_at = '2026-11-20T05:55:00Z'")
        .await;

    for job_id in [daily, once] {
        for sent in [1, 0] {
            let changed = Event::ScheduleChanged { job_id };
            let report = world.handle(changed).await.expect("an answer");
            assert_eq!(
                (report.overdue.queued, report.sent),
                (sent, usize::try_from(sent).unwrap_or_default())
            );
        }
    }

    assert_eq!(world.requests(), 2);
    for job in [daily, once] {
        assert_eq!(world.verdicts(job).await, ["pending 05:55"]);
    }
    assert!(world.verdicts(other).await.is_empty(), "nobody told of it");
    let next = "select extract(hour from next_run_at)::bigint from scheduled_jobs where next_run_at > '2026-11-20T05:55:00Z'";
    assert_eq!(world.number(next).await, 6, "the calendar stays");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_due_stays_though_it_was_changed(pool: PgPool) {
    let world = World::new(pool).await;
    let soon = world.job_once("2026-11-20T05:55:01Z").await;
    let paused = world.job_once("2026-11-20T05:00:00Z").await;
    world.edit(paused, "set status = 'paused'").await;

    for job_id in [soon, paused, JobId::new()] {
        let changed = Event::ScheduleChanged { job_id };
        world.handle(changed).await.expect("an answer");
    }

    assert_eq!(world.requests(), 0);
    for job in [soon, paused] {
        assert!(world.verdicts(job).await.is_empty());
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_without_its_next_time_gets_it(pool: PgPool) {
    let world = World::new(pool).await;
    let (now, past) = (
        world.stranger(None).await,
        world.stranger(Some("2026-11-20T05:40:00Z")).await,
    );
    let later = world.stranger(Some("2026-11-20T07:30:00Z")).await;

    let report = world.sweep().await.expect("a sweep");

    assert_eq!((report.overdue.queued, report.sent), (2, 2));
    assert_eq!(world.verdicts(now).await, ["pending 05:55"]);
    assert_eq!(world.verdicts(past).await, ["pending 05:40"]);
    assert!(world.verdicts(later).await.is_empty());
    let rule = world.rule(later).expect("a rule for its time");
    assert_eq!(rule.expression, "cron(30 7 20 11 ? 2026)");

    world.clock.advance(TimeDelta::seconds(10));
    let report = world.sweep().await.expect("a sweep");
    assert_eq!(report.overdue.queued, 0, "once");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_whose_run_is_on_its_way_gets_no_second_time(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.stranger(None).await;
    world.pending_run(job).await;

    let changed = Event::ScheduleChanged { job_id: job };
    world.handle(changed).await.expect("an answer");
    world.sweep().await.expect("a sweep");

    assert_eq!(world.verdicts(job).await, ["pending 05:55"]);
    let timeless = "select count(*) from scheduled_jobs where next_run_at is null";
    assert_eq!(world.number(timeless).await, 1);
}
