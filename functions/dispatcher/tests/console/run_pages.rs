//! The page of a run: its log, its moments, and what can be done about it.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Page, World};

async fn given_lines(world: &World, run: Uuid, lines: &str) -> anyhow::Result<()> {
    world
        .sql(&format!(
            "insert into run_logs (run_id, segment, at, level, message)
             select '{run}', 1, '2026-11-20T12:31:00Z', 'info', 'line ' || n || '.'
               from generate_series({lines}) n"
        ))
        .await
}

/// The address that the link of a text has.
fn link<'a>(page: &'a Page, text: &str) -> &'a str {
    let before = page.text.split(&format!(">{text}</a>")).next();
    let href = before.and_then(|before| before.rsplit("href=\"").next());
    href.and_then(|href| href.split('"').next())
        .unwrap_or_default()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_newest_lines_of_a_long_log_are_shown_and_all_can_be_reached(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    given_lines(&world, run, "1, 1500").await?;

    let page = world.get(&format!("/console/runs/{run}")).await?;
    let earlier = world.get(link(&page, "Earlier lines")).await?;
    let first = world.get(link(&earlier, "Earlier lines")).await?;
    let all = world.get(link(&page, "All lines")).await?;
    let rest = world.get(link(&all, "Later lines")).await?;

    for (page, which, says, does_not_say) in [
        (&page, "Lines 1301 to 1500 of 1500", [1301, 1500], [1300, 1]),
        (
            &earlier,
            "Lines 301 to 1300 of 1500",
            [301, 1300],
            [300, 1301],
        ),
        (&first, "Lines 1 to 300 of 1500", [1, 300], [301, 1500]),
        (&all, "Lines 1 to 1000 of 1500", [1, 1000], [1001, 1500]),
        (&rest, "Lines 1001 to 1500 of 1500", [1001, 1500], [1000, 1]),
    ] {
        page.assert_says(which);
        for line in says {
            page.assert_says(&format!(">line {line}.<"));
        }
        for line in does_not_say {
            page.assert_does_not_say(&format!(">line {line}.<"));
        }
    }
    first.assert_does_not_say("Earlier lines");
    rest.assert_does_not_say("Later lines");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_last_page_of_a_log_too_long_to_count_leads_no_further(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    given_lines(&world, run, "1, 12000").await?;
    let line = "select id from run_logs where message = 'line 10000.'";
    let line: i64 = sqlx::query_scalar(line).fetch_one(&world.pool).await?;

    let path = format!("/console/runs/{run}/log?after={line}");
    let page = world.get(&path).await?;
    let last = world.get(link(&page, "Later lines")).await?;

    page.assert_says(">line 10001.<");
    last.assert_says(">line 11001.<");
    last.assert_says(">line 12000.<");
    last.assert_says("more than 10000 lines");
    last.assert_does_not_say("Later lines");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_follows_a_run_gets_only_lines_that_it_does_not_have(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    let live = format!("/console/runs/{run}/live");
    world.get(&live).await?.assert_says("It said nothing yet.");
    given_lines(&world, run, "1, 5").await?;
    let whole = world.get(&live).await?;
    let last = whole.text.split("data-last=\"").nth(1);
    let last = last
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("none");
    let follow = format!("{live}?after={last}");

    let quiet = world.get(&follow).await?;
    given_lines(&world, run, "6, 7").await?;
    let grown = world.get(&follow).await?;
    given_lines(&world, run, "8, 300").await?;
    let gap = world.get(&follow).await?;

    whole.assert_says(">line 1.<");
    whole.assert_does_not_say("data-follows");
    quiet.assert_does_not_say(">line ");
    quiet.assert_says(&format!("data-last=\"{last}\""));
    grown.assert_says(&format!("data-follows=\"{last}\""));
    grown.assert_does_not_say(">line 5.<");
    grown.assert_says(">line 6.<");
    grown.assert_says(">line 7.<");
    grown.assert_says("7 lines");
    gap.assert_says(">line 101.<");
    gap.assert_does_not_say("data-follows");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_waited_in_between_is_late_by_its_nominal_time(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'pending', reason = 'snoozed', segment = 2, snoozes = 3,
                    scheduled_for = '2026-11-20T12:00:00Z', started_at = '2026-11-20T12:00:05Z',
                    run_after = '2026-11-20T13:00:00Z'
              where id = '{run}';
             insert into run_logs (run_id, segment, at, level, message)
             values ('{run}', 1, '2026-11-20T12:00:10Z', 'info', 'a'),
                    ('{run}', 1, '2026-11-20T12:10:10Z', 'info', 'b'),
                    ('{run}', 2, '2026-11-20T12:20:00Z', 'info', 'c')"
        ))
        .await?;

    let page = world.get(&format!("/console/runs/{run}")).await?;

    let steps = [
        "Started, 5 s late",
        "Segment 1: first line of its log",
        "Segment 1: last line, 10 min after its first",
        "Segment 2: first line of its log",
        "Goes on, not before",
    ];
    let places = steps.map(|step| page.text.find(step));
    assert!(places.iter().all(Option::is_some), "{places:?} {page:?}");
    assert!(places.is_sorted(), "{places:?}");
    page.assert_does_not_say("Not before");
    page.assert_does_not_say("Segment 2: last line");
    page.assert_says("<dt>Asked to wait</dt><dd>3 times</dd>");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_page_of_a_run_says_who_cancelled_it(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    let path = format!("/console/runs/{run}");

    world.press(&format!("{path}/cancel"), &[]).await?;

    let page = world.get(&path).await?;
    page.assert_says("Asked to stop by token ");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failure_of_an_archived_job_is_acknowledged_and_not_retried(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_dead_letter("no").await?;
    let path = format!("/console/runs/{run}");
    world.get(&path).await?.assert_says(">Retry<");
    world
        .sql("update scheduled_jobs set status = 'archived', next_run_at = null")
        .await?;

    let page = world.get(&path).await?;
    let form = world.get(&format!("{path}/retry")).await?;
    let acknowledged = world.press(&format!("{path}/acknowledge"), &[]).await?;

    page.assert_does_not_say(">Retry<");
    page.assert_does_not_say("Retry with other parameters");
    page.assert_says(">Acknowledge<");
    page.assert_says("archived: no run of it is retried");
    assert_eq!(form.status, StatusCode::CONFLICT);
    assert!(acknowledged.location().ends_with("?done=acknowledged"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_batch_says_what_became_of_each_run_it_released(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let runs = [
        world.given_dead_letter("no").await?,
        world.given_dead_letter("no").await?,
    ];
    let body = json!({ "run_ids": runs });
    let batch = world
        .api(axum::http::Method::POST, "/api/dead-letters/retry", &body)
        .await?;
    let id = batch.pointer("/id").and_then(serde_json::Value::as_str);
    let path = format!("/console/retry-batches/{}", id.unwrap_or_default());
    world
        .get(&path)
        .await?
        .assert_does_not_say("<dt>Not retried</dt>");
    world
        .sql("update retry_batch_runs set released_at = now()")
        .await?;

    let page = world.get(&path).await?;

    page.assert_says("<dt>Not retried</dt><dd>2: acknowledged meanwhile, or the job is archived");
    Ok(())
}
