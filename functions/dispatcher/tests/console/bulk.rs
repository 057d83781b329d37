//! What is done to the jobs that are ticked in the list.

use axum::http::StatusCode;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Page, World};

const PATH: &str = "/console/jobs/bulk";

impl World {
    /// Sends the form of the list, or of the second step, with these jobs ticked.
    async fn bulk(&self, jobs: &[Uuid], fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let jobs: Vec<_> = jobs.iter().map(Uuid::to_string).collect();
        let ticked = jobs.iter().map(|job| ("job", job.as_str()));
        let fields: Vec<_> = ticked.chain(fields.iter().copied()).collect();
        self.press(PATH, &fields).await
    }

    async fn with_status(&self, status: &str) -> anyhow::Result<i64> {
        let jobs = format!("scheduled_jobs where status = '{status}'");
        self.count(&jobs).await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_list_has_a_box_for_each_job_and_comes_back_to_its_filter(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily & co").await?;

    let list = world.get("/console/jobs?text=daily+%26").await?;

    list.assert_says(&format!("form=\"bulk\" name=\"job\" value=\"{job}\""));
    let query = list.field("query").replace("&#38;", "&");
    assert_eq!(query, "status=live&text=daily+%26");
    let page = world
        .bulk(&[job], &[("do", "resume"), ("query", &query)])
        .await?;
    page.assert_says("href=\"/console/jobs?status=live&#38;text=daily+%26\"");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn to_pause_asks_for_a_reason_and_an_end_by_a_zones_clock(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let jobs = [
        world.given_daily_job("One").await?,
        world.given_daily_job("Two").await?,
    ];

    let step = world.bulk(&jobs, &[("do", "pause")]).await?;
    step.assert_says("<h1>Pause 2 jobs?</h1>");
    step.assert_says(">One</a>");
    step.assert_does_not_say("paused already");
    assert_eq!(step.field("timezone"), "UTC");
    assert_eq!(world.with_status("paused").await?, 0, "it only asked");

    let past = [
        ("do", "pause"),
        ("confirmed", "yes"),
        ("until", "2026-11-19T08:00"),
        ("timezone", "UTC"),
        ("reason", "it moves"),
    ];
    let refused = world.bulk(&jobs, &past).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.assert_says("must be in the future");
    assert_eq!(refused.field("reason"), "it moves", "entered once");

    let fields = [
        ("do", "pause"),
        ("confirmed", "yes"),
        ("reason", "it moves"),
        ("until", "2026-11-22T08:00"),
        ("timezone", "America/Los_Angeles"),
    ];
    let done = world.bulk(&jobs, &fields).await?;
    done.assert_says("<h1>Paused 2 jobs</h1>");
    done.assert_does_not_say("Not done");
    let paused = "scheduled_jobs where status = 'paused' and pause_reason = 'it moves'
                     and paused_until = '2026-11-22T16:00:00Z'";
    assert_eq!(world.count(paused).await?, 2);

    let again = world.bulk(&jobs, &fields).await?;
    again.assert_says("it is paused like this already");
    let step = world.bulk(&jobs, &[("do", "pause")]).await?;
    step.assert_says("2 of them are paused already");
    for zone in ["Mars", ""] {
        let nowhere = [
            ("do", "pause"),
            ("confirmed", "yes"),
            ("until", "2026-11-22T08:00"),
            ("timezone", zone),
        ];
        let refused = world.bulk(&jobs, &nowhere).await?;
        refused.assert_says("must be an IANA name");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn to_archive_is_confirmed_and_what_was_not_done_is_told(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let jobs = [
        world.given_daily_job("One").await?,
        world.given_daily_job("Two").await?,
        world.given_daily_job("Three").await?,
    ];
    world
        .press(&format!("/console/jobs/{}/archive", jobs[2]), &[])
        .await?;

    let step = world.bulk(&jobs, &[("do", "archive")]).await?;
    step.assert_says("<h1>Archive 3 jobs?</h1>");
    step.assert_says("This cannot be taken back.");
    step.assert_says("Runs at work go on.");
    step.assert_says(&format!("name=\"job\" value=\"{}\"", jobs[0]));
    assert_eq!(world.with_status("archived").await?, 1, "it only asked");

    let gone = Uuid::from_u128(7);
    let all = [jobs[0], jobs[1], jobs[2], gone];
    let fields = [("do", "archive"), ("confirmed", "yes")];
    let done = world.bulk(&all, &fields).await?;
    done.assert_says("<h1>Archived 2 of 4 jobs</h1>");
    done.assert_says(">Three</a>: it is archived already");
    done.assert_says(&format!("<code>{gone}</code>: there is no such job"));
    assert_eq!(world.with_status("archived").await?, 3);

    let resumed = world.bulk(&jobs[..1], &[("do", "resume")]).await?;
    resumed.assert_says("<h1>Resumed 0 of 1 job</h1>");
    resumed.assert_says(">One</a>: the job is archived");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_clicks_run_each_job_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let jobs = [
        world.given_daily_job("One").await?,
        world.given_daily_job("Two").await?,
    ];
    let key = world.get("/console/jobs").await?.field("key");
    assert_eq!(key.len(), 36, "a key for this page: {key:?}");

    let first = world.bulk(&jobs, &[("do", "run"), ("key", &key)]).await?;
    let again = world.bulk(&jobs, &[("do", "run"), ("key", &key)]).await?;

    for page in [first, again] {
        page.assert_says("<h1>Queued a run of 2 jobs</h1>");
        assert_eq!(page.text.matches("href=\"/console/runs/").count(), 2);
    }
    assert_eq!(world.count("scheduled_job_runs").await?, 2);
    assert_eq!(world.bus.sent().len(), 2);
    let other = world.get("/console/jobs").await?.field("key");
    world.bulk(&jobs, &[("do", "run"), ("key", &other)]).await?;
    assert_eq!(world.count("scheduled_job_runs").await?, 4);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_that_cannot_be_used_changes_nothing(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("One").await?;

    let none = world.bulk(&[], &[("do", "archive")]).await?;
    let nothing = world.bulk(&[job], &[]).await?;
    let gone = world
        .bulk(&[Uuid::from_u128(7)], &[("do", "archive")])
        .await?;
    let keyless = world.bulk(&[job], &[("do", "run")]).await?;

    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.assert_says("No job is ticked.");
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(keyless.status, StatusCode::BAD_REQUEST, "as run now");
    assert_eq!(world.with_status("active").await?, 1);
    assert_eq!(world.count("scheduled_job_runs").await?, 0);
    Ok(())
}
