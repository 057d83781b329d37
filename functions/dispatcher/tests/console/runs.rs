//! Runs: lists, one of them, and asking for one.

use axum::http::StatusCode;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_tells_when_how_long_and_with_what(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'completed', started_at = '2026-11-20T12:30:02Z', segment = 2,
                    completed_at = '2026-11-20T12:33:22Z', warnings = array['one is missing'],
                    metadata = '{{\"errors\": 0, \"files_saved\": 12, \"days\": [\"a\"]}}', parameters = '{{\"max_videos\": 5}}'
              where id = '{run}';
             insert into run_logs (run_id, segment, at, level, message)
             values ('{run}', 2, '2026-11-20T12:31:00Z', 'warn', 'Meta asked us to wait');
             insert into run_steps (run_id, segment, dataset_key, at, records, is_partial, error_message)
             values ('{run}', 1, 'ad_assets', '2026-11-20T12:31:00Z', 12, false, null),
                    ('{run}', 2, 'campaigns', '2026-11-20T12:32:00Z', null, true, 'Meta asked us to wait'),
                    ('{run}', 2, 'landing_pages', '2026-11-20T12:32:30Z', null, false, 'no answer');
             insert into token_usage (organization_id, run_id, provider, model, input_tokens, output_tokens,
                                      cost_usd, created_at, settled_at)
             select j.organization_id, r.id, 'google', 'gemini-x', 100, 20, 0.25, now(), now()
               from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id where r.id = '{run}'"
        ))
        .await?;

    let page = world.get(&format!("/console/runs/{run}")).await?;

    for words in [
        "Asked for by token ",
        "Started, 2 s late",
        "Ended as completed after 3 min 20 s",
        "Refreshed: ad assets, 12 records",
        "Refreshed in part: campaigns: Meta asked us to wait",
        "Not refreshed: landing pages: no answer",
        "with warnings",
        "one is missing",
        "<dt><bdi>files saved</bdi></dt><dd>12</dd>",
        "max_videos",
        "Meta asked us to wait",
        "warn · segment 2",
        "google gemini-x",
        "0.250000",
        "Run again",
    ] {
        page.assert_says(words);
    }
    for words in ["data-goes-on", ">Cancel<", ">Retry<"] {
        page.assert_does_not_say(words);
    }
    let list = world.get("/console/runs").await?;
    list.assert_says("<bdi>files saved: 12</bdi>");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_waits_goes_on_and_can_be_cancelled(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let path = format!("/console/runs/{}", world.given_run().await?);

    let before = world.get(&path).await?;
    let page = world.press(&format!("{path}/cancel"), &[]).await?;
    let after = world.get(&path).await?;
    let again = world.press(&format!("{path}/cancel"), &[]).await?;

    before.assert_says("data-goes-on");
    before.assert_says("waits for a function to take it");
    before.assert_says(&format!("data-live=\"{path}/live\""));
    assert_eq!(page.location(), format!("{path}?done=cancelled"));
    after.assert_says("Ended as cancelled");
    after.assert_does_not_say("data-goes-on");
    world
        .get(&format!("{path}/live"))
        .await?
        .assert_says("Ended as cancelled");
    assert_eq!(again.location(), page.location(), "twice is once");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failure_says_what_to_do_and_shows_its_attempts(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_dead_letter("the token was revoked").await?;
    let path = format!("/console/runs/{run}");

    let failed = world.get(&path).await?;
    let page = world.press(&format!("{path}/retry"), &[]).await?;
    let next = page.location().to_owned();
    let again = world.press(&format!("{path}/retry"), &[]).await?;

    failed.assert_says("the token was revoked");
    failed.assert_says("Mend what the message names first");
    assert!(
        next.starts_with("/console/runs/") && next.ends_with("?done=retried"),
        "{next}"
    );
    assert_eq!(again.location(), next, "two clicks are one attempt");
    let shown = world.get(&next).await?;
    shown.assert_says("attempt 1");
    shown.assert_says("<strong>this run</strong>");
    shown.assert_says(&format!("href=\"{path}\""));
    world
        .get(&path)
        .await?
        .assert_says("another attempt follows");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_chain_is_shown_up_and_down(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let mut runs = vec![];
    for _ in 0..4 {
        runs.push(world.given_run().await?);
    }
    for pair in runs.windows(2) {
        let (parent, child) = (pair[0], pair[1]);
        world
            .sql(&format!(
                "update scheduled_job_runs set parent_run_id = '{parent}' where id = '{child}'"
            ))
            .await?;
    }

    let page = world.get(&format!("/console/runs/{}", runs[1])).await?;

    page.assert_says("Led to it");
    page.assert_says("Followed from it");
    for other in [0, 2, 3] {
        page.assert_says(&format!("href=\"/console/runs/{}\"", runs[other]));
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_clicks_on_run_now_are_one_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let path = format!(
        "/console/jobs/{}/run",
        world.given_daily_job("Daily").await?
    );
    let form = world.get(&path).await?;
    let key = form.field("key");
    assert_eq!(form.field("p.max_videos"), "20");

    let fields = [
        ("key", key.as_str()),
        ("p.max_videos", "7"),
        ("p.max_images", "40"),
    ];
    let first = world.press(&path, &fields).await?;
    let second = world.press(&path, &fields).await?;

    assert!(first.location().ends_with("?done=queued"), "{first:?}");
    assert_eq!(second.location(), first.location());
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    assert_eq!(world.bus.sent().len(), 1, "one event left");
    let parameters = "scheduled_job_runs where parameters = '{\"max_videos\": 7}'";
    assert_eq!(
        world.count(parameters).await?,
        1,
        "what is so by default is left out"
    );
    world
        .get(first.location())
        .await?
        .assert_says("Queued: it starts");
    assert_eq!(
        world.get(&path).await?.field("p.max_videos"),
        "7",
        "as the last time"
    );
    let another = world.get(&path).await?.field("key");
    assert_ne!(another, key);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn wrong_parameters_come_back_with_the_form(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let path = format!(
        "/console/jobs/{}/run",
        world.given_daily_job("Daily").await?
    );
    let key = world.get(&path).await?.field("key");

    for (name, value, problem) in [
        ("p.max_videos", "101", "must be from 0 to 100"),
        ("p.max_videos", "many", "max_videos"),
        ("p.classify", "{", "classify"),
        ("p.classify", "{\"max_new\": 0}", "must be from 1 to 500"),
    ] {
        let page = world.press(&path, &[("key", &key), (name, value)]).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        page.assert_says(problem);
        page.assert_says("class=\"wrong\"");
        assert_eq!(page.field("key"), key, "{value}");
    }
    let without_key = world.press(&path, &[("p.max_videos", "1")]).await?;
    assert_eq!(without_key.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.count("scheduled_job_runs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_work_of_a_job_that_ended_is_done_by_a_job_of_its_own(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .press(&format!("/console/jobs/{job}/archive"), &[])
        .await?;
    let path = format!("/console/jobs/{job}/run");
    let form = world.get(&path).await?;
    form.assert_says("The job runs no more.");

    let key = form.field("key");
    let first = world
        .press(&path, &[("key", &key), ("p.max_videos", "3")])
        .await?;
    let second = world
        .press(&path, &[("key", &key), ("p.max_videos", "3")])
        .await?;

    assert_eq!(first.location(), second.location());
    let made = "scheduled_jobs where schedule_type = 'one_time' and name = 'Daily'";
    assert_eq!(world.count(made).await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_list_of_runs_is_filtered(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .get("/console/runs")
        .await?
        .assert_says("Nothing ran yet.");
    let failed = world.given_dead_letter("no").await?;
    let waits = world.given_run().await?;

    let page = world.get("/console/runs?status=failed").await?;

    page.assert_says(&format!("/console/runs/{failed}"));
    page.assert_does_not_say(&format!("/console/runs/{waits}"));
    let none = world
        .get(&format!("/console/runs?job={}", Uuid::new_v4()))
        .await?;
    none.assert_says("No run passes this filter.");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failure_is_retried_with_other_parameters_as_its_next_attempt(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_dead_letter("too many").await?;
    world
        .sql("update scheduled_job_runs set parameters = '{\"max_videos\": 9, \"max_images\": 8}'")
        .await?;
    let path = format!("/console/runs/{run}/retry");
    let page = world.get(&format!("/console/runs/{run}")).await?;
    page.assert_says(&format!("href=\"{path}\""));

    let form = world.get(&path).await?;
    assert_eq!(form.field("p.max_videos"), "9");
    assert_eq!(form.field("with"), "parameters");
    let wrong = [("with", "parameters"), ("p.max_videos", "999")];
    let wrong = world.press(&path, &wrong).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.assert_says("must be from 0 to 100");
    assert_eq!(wrong.field("p.max_videos"), "999");
    let fields = [("with", "parameters"), ("p.max_videos", "2")];
    let retried = world.press(&path, &fields).await?;

    let next = world.get(retried.location()).await?;
    next.assert_says("Queued for another attempt.");
    next.assert_says(&format!("/console/runs/{run}"));
    let attempt =
        "scheduled_job_runs where attempt_number = 2 and parameters = '{\"max_videos\": 2}'";
    assert_eq!(world.count(attempt).await?, 1, "what was emptied is gone");
    let again = world.get(&path).await?;
    assert_eq!(again.status, StatusCode::CONFLICT);
    Ok(())
}
