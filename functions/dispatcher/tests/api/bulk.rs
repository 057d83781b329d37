//! One action on many jobs.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::domain::Role;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World, with};

const PATH: &str = "/api/jobs/bulk";

impl World {
    async fn given_jobs<const N: usize>(&self) -> anyhow::Result<[Uuid; N]> {
        let mut jobs = [Uuid::nil(); N];
        for job in &mut jobs {
            *job = self.given_daily_job().await?;
        }
        Ok(jobs)
    }

    async fn bulk(&self, action: &str, jobs: &[Uuid]) -> anyhow::Result<Answer> {
        let body = json!({ "action": action, "job_ids": jobs });
        self.post(PATH, &body).await
    }
}

/// What became of each job: the outcome, and the kind of problem.
fn outcomes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let results = answer.at("/results").as_array().into_iter().flatten();
    let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    results
        .map(|it| {
            let problem = word(it.pointer("/problem/type"));
            let problem = problem.trim_start_matches("urn:sundial:problem:");
            format!("{} {problem}", word(it.get("outcome")))
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn many_jobs_are_paused_resumed_and_archived_at_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let jobs = world.given_jobs::<3>().await?;
    let pause = json!({
        "action": "pause", "job_ids": jobs, "reason": "the account moves", "until": "2026-11-22T08:00:00Z",
    });

    let paused = world.post(PATH, &pause).await?;

    assert_eq!(outcomes(&paused), ["done"; 3]);
    assert_eq!(outcomes(&world.post(PATH, &pause).await?), ["unchanged"; 3]);
    let like_that = "scheduled_jobs where status = 'paused' and pause_reason = 'the account moves'
                        and paused_until = '2026-11-22T08:00:00Z'";
    assert_eq!(world.count(like_that).await?, 3);
    assert_eq!(world.schedules_changed(), jobs);
    let changed = "scheduled_job_changes where field = 'status' and changed_by like 'token %'";
    assert_eq!(
        world.count(changed).await?,
        3,
        "the log has who paused each"
    );

    let resumed = world.bulk("resume", &jobs).await?;
    let again = world.bulk("resume", &jobs).await?;
    assert_eq!(outcomes(&resumed), ["done"; 3]);
    assert_eq!(outcomes(&again), ["unchanged"; 3]);
    let archived = world.bulk("archive", &jobs).await?;
    let again = world.bulk("archive", &jobs).await?;
    assert_eq!(outcomes(&archived), ["done"; 3]);
    assert_eq!(outcomes(&again), ["unchanged"; 3]);
    let away = "scheduled_jobs where status = 'archived' and next_run_at is null";
    assert_eq!(world.count(away).await?, 3);
    assert_eq!(world.schedules_changed().len(), 9, "three times three");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_is_refused_leaves_the_others_alone(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let [first, ended, last] = world.given_jobs().await?;
    world.press(&format!("/api/jobs/{ended}/archive")).await?;
    let run = world.given_run().await?;
    let once = world.get(&format!("/api/runs/{run}")).await?;
    let once = once.uuid("/job_id")?;

    let jobs = [first, ended, Uuid::from_u128(1), once, last];
    let answer = world.bulk("pause", &jobs).await?;

    assert_eq!(
        outcomes(&answer),
        [
            "done",
            "refused job-ended",
            "refused not-found",
            "refused nothing-to-pause",
            "done"
        ]
    );
    assert_eq!(
        answer.text("/results/2/problem/detail"),
        "there is no such job"
    );
    let paused = format!("scheduled_jobs where status = 'paused' and id in ('{first}', '{last}')");
    assert_eq!(world.count(&paused).await?, 2);
    assert_eq!(
        outcomes(&world.bulk("run", &[ended]).await?),
        ["refused job-ended"]
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_key_runs_each_job_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let jobs = world.given_jobs::<3>().await?;
    let two = json!({ "action": "run", "job_ids": jobs[..2] });
    let three = with(two.clone(), &json!({ "job_ids": jobs }));

    let first = world.post_with_key(PATH, "monday", &two).await?;
    let again = world.post_with_key(PATH, "monday", &two).await?;

    assert_eq!(outcomes(&first), ["done"; 2]);
    assert_eq!(again.body, first.body, "the same runs");
    assert_eq!(world.runs_requested().len(), 2, "each is sent once");
    let run = first.uuid("/results/0/run_id")?;
    let run = world.get(&format!("/api/runs/{run}")).await?;
    assert_eq!(run.uuid("/job_id")?, jobs[0]);
    let wider = world.post_with_key(PATH, "monday", &three).await?;
    assert_eq!(wider.at("/results/1"), first.at("/results/1"));
    assert_eq!(world.count("scheduled_job_runs").await?, 3);

    world.pass(TimeDelta::minutes(1));
    world.post(PATH, &two).await?;
    assert_eq!(
        world.count("scheduled_job_runs").await?,
        5,
        "without a key each request asks for runs"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn runs_whose_events_do_not_leave_stay_for_the_reconciler(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let jobs = world.given_jobs::<2>().await?;
    world.bus.set_down(true);

    let answer = world.bulk("run", &jobs).await?;

    assert_eq!(outcomes(&answer), ["done"; 2]);
    let mut tx = world.db.begin().await?;
    let due = shared::store::runs::due(&mut tx, world.now(), 10).await?;
    assert_eq!(due.len(), 2, "the sweep must find both at once");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_cannot_be_used_is_refused_as_a_whole(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let jobs = world.given_jobs::<2>().await?;
    let many: Vec<_> = (0..201).map(Uuid::from_u128).collect();
    let body = json!({ "action": "pause", "job_ids": jobs });
    let changes_before = world.count("scheduled_job_changes").await?;

    for (changes, field) in [
        (json!({ "job_ids": [] }), "job_ids"),
        (json!({ "job_ids": many }), "job_ids"),
        (json!({ "job_ids": [jobs[0], jobs[1], jobs[0]] }), "job_ids"),
        (json!({ "job_ids": ["one"] }), "job_ids[0]"),
        (json!({ "action": "delete" }), "action"),
        (json!({ "action": "resume", "reason": "enough" }), "reason"),
        (
            json!({ "action": "run", "until": "2026-11-22T08:00:00Z" }),
            "until",
        ),
        (json!({ "until": "2026-11-19T08:00:00Z" }), "until"),
        (json!({ "reason": "two\nlines" }), "reason"),
    ] {
        let answer = world.post(PATH, &with(body.clone(), &changes)).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes}");
        assert_eq!(answer.fields(), [field], "{changes}");
    }
    assert_eq!(world.count("scheduled_job_changes").await?, changes_before);
    assert_eq!(world.count("scheduled_job_runs").await?, 0);
    let answer = world.bulk("pause", &many[..200]).await?;
    assert_eq!(outcomes(&answer), ["refused not-found"; 200]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_of_others_are_not_there(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let organization = Some(own.organization);
    let (_, token) = world.given_token(Role::Operator, organization).await?;

    for action in ["run", "pause", "resume", "archive"] {
        let body = json!({ "action": action, "job_ids": [other.job, own.job] });
        let answer = world
            .call(Some(&token), ("POST", PATH), Some(&body))
            .await?;
        assert_eq!(outcomes(&answer), ["refused not-found", "done"], "{action}");
    }
    let untouched = format!(
        "scheduled_jobs where id = '{}' and status = 'active'",
        other.job
    );
    assert_eq!(world.count(&untouched).await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_outages_in_a_row_end_a_request_and_one_does_not(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let jobs = world.given_jobs::<5>().await?;
    let [first, second, third, fourth, fifth] = jobs;
    let trigger = format!(
        "create function give_up() returns trigger language plpgsql as
             $$ begin raise exception 'the server goes down' using errcode = '57P01'; end $$;
         create trigger stuck before update on scheduled_jobs for each row
            when (old.id in ('{first}', '{third}', '{fourth}')) execute function give_up()"
    );
    sqlx::raw_sql(&trigger).execute(&world.pool).await?;

    let answer = world.bulk("pause", &jobs).await?;

    let unavailable = "refused unavailable";
    let wanted = [
        unavailable,
        "done",
        unavailable,
        unavailable,
        "refused not-tried",
    ];
    assert_eq!(outcomes(&answer), wanted);
    let paused = format!("scheduled_jobs where status = 'paused' and id = '{second}'");
    assert_eq!(world.count(&paused).await?, 1);
    assert_eq!(
        world
            .count("scheduled_jobs where status = 'paused'")
            .await?,
        1
    );
    assert_eq!(world.schedules_changed(), [second], "and not {fifth}");
    Ok(())
}
