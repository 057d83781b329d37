//! Failures by their cause, cared for in bulk.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::{Page, World};

/// The address that the forms of the first cause lead to.
async fn first_cause(world: &World) -> anyhow::Result<(String, String)> {
    Ok(first_cause_on(&world.get("/console/dead-letters").await?))
}

/// The same on a page that is there, and until when its failures are meant.
pub(crate) fn first_cause_on(page: &Page) -> (String, String) {
    let action = page.text.split("action=\"/console/dead-letters/").nth(1);
    let cause = action.and_then(|rest| rest.split('"').next());
    let cause = cause.unwrap_or_default().replace("&#38;", "&");
    let until = page.field("until").replace("&#43;", "+");
    (format!("/console/dead-letters/{cause}"), until)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn failures_of_one_cause_are_acknowledged_together(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .get("/console/dead-letters")
        .await?
        .assert_says("Every failure was retried");
    for message in ["waited 5 s", "waited 61 s", "no brand"] {
        world.given_dead_letter(message).await?;
    }
    let page = world.get("/console/dead-letters").await?;
    page.assert_says("2 × asset download");
    page.assert_says("waited &#60;n&#62; s");
    let (path, until) = first_cause(&world).await?;
    world.pass(chrono::TimeDelta::minutes(1));
    let later = world.given_dead_letter("waited 7 s").await?;
    let at = "update scheduled_job_runs set completed_at = '2026-11-20T12:30:30Z' where id =";
    world.sql(&format!("{at} '{later}'")).await?;

    let fields = [("until", until.as_str()), ("do", "acknowledge")];
    let done = world.press(&path, &fields).await?;
    let again = world.press(&path, &fields).await?;

    assert_eq!(done.location(), "/console/dead-letters?done=acknowledged");
    let acknowledged = "scheduled_job_runs where acknowledged_by like 'token %'";
    assert_eq!(
        world.count(acknowledged).await?,
        2,
        "and not what failed after the page was made"
    );
    assert_eq!(again.status, StatusCode::CONFLICT);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn failures_of_one_cause_are_retried_at_a_rate(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for message in ["waited 5 s", "waited 61 s", "no brand"] {
        world.given_dead_letter(message).await?;
    }
    let (path, until) = first_cause(&world).await?;

    let fields = [
        ("until", until.as_str()),
        ("do", "retry"),
        ("rate_per_minute", "20"),
    ];
    let page = world.press(&path, &fields).await?;

    let batch = page.location().to_owned();
    assert!(batch.starts_with("/console/retry-batches/"), "{batch}");
    let again = world.press(&path, &fields).await?;
    assert_eq!(again.status, StatusCode::CONFLICT, "they wait already");
    assert_eq!(world.count("retry_batches").await?, 1);
    let shown = world.get(&batch).await?;
    shown.assert_says("0 of 2 released");
    shown.assert_says("<dd>20</dd>");
    let path = batch.trim_end_matches("?done=retried");
    let live = world.get(&format!("{path}/live")).await?;
    live.assert_says("data-goes-on");
    live.assert_says("0 of 2 released, 0 completed");
    live.assert_does_not_say("<html");
    world.press(&format!("{path}/cancel"), &[]).await?;
    let ended = world.get(&format!("{path}/live")).await?;
    ended.assert_says("cancelled");
    ended.assert_does_not_say("data-goes-on");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_tells_first_what_it_will_do_and_is_found_again(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for message in ["waited 5 s", "waited 61 s", "no brand"] {
        world.given_dead_letter(message).await?;
    }
    let (path, until) = first_cause(&world).await?;
    let fields = |what: &'static str| {
        [
            ("until", until.clone()),
            ("do", what.to_owned()),
            ("rate_per_minute", "1".to_owned()),
        ]
    };
    let preview = fields("preview");
    let preview: Vec<_> = preview
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();

    let page = world.press(&path, &preview).await?;

    assert_eq!(page.status, StatusCode::OK);
    page.assert_says("Retry 2 × asset download?");
    page.assert_says("<dt>All released after</dt><dd>2 min</dd>");
    page.assert_says("name=\"rate_per_minute\" type=\"number\" min=\"1\" max=\"600\" value=\"1\"");
    page.assert_says("waited 61 s");
    page.assert_does_not_say("no brand");
    assert_eq!(
        world.count("retry_batches").await?,
        0,
        "nothing is done yet"
    );
    let retry = fields("retry");
    let retry: Vec<_> = retry
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let batch = world.press(&path, &retry).await?.location().to_owned();
    let batch = batch.trim_end_matches("?done=retried");
    let failures = world.get("/console/dead-letters").await?;
    failures.assert_says(&format!("<a href=\"{batch}\">"));
    failures.assert_says("0 of 2 released");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_acknowledged_can_be_taken_back(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for message in ["waited 5 s", "waited 61 s", "no brand"] {
        world.given_dead_letter(message).await?;
    }
    let (path, until) = first_cause(&world).await?;
    let fields = [("until", until.as_str()), ("do", "acknowledge")];
    world.press(&path, &fields).await?;
    world.sql("update scheduled_job_runs set acknowledged_at = '2026-11-19T12:00:00Z', acknowledged_by = 'somebody else'
                where error_message = 'no brand'").await?;

    let page = world.get("/console/dead-letters").await?;
    page.assert_says("Every failure was retried or acknowledged");
    page.assert_says("<li>2, ");
    page.assert_says("by <span class=\"clip\">somebody else");
    let at = page.field("at").replace("&#43;", "+");
    let by = page.field("by");
    let undo = [("at", at.as_str()), ("by", by.as_str())];
    let undone = "/console/dead-letters/unacknowledge";
    let done = world.press(undone, &undo).await?;
    assert_eq!(done.location(), "/console/dead-letters?done=unacknowledged");
    let again = world.press(undone, &undo).await?;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let page = world.get("/console/dead-letters").await?;
    page.assert_says("2 × asset download");
    page.assert_does_not_say("1 × asset download");
    assert_eq!(
        world
            .count("scheduled_job_runs where acknowledged_at is not null")
            .await?,
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_limit_that_cannot_be_read_is_no_missing_limit(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_dead_letter("waited 5 s").await?;
    let (path, until) = first_cause(&world).await?;
    for limit in ["three", "1.5", "9999999999"] {
        let fields = [
            ("until", until.as_str()),
            ("do", "retry"),
            ("stop_after_failures", limit),
        ];

        let page = world.press(&path, &fields).await?;

        assert!(page.status.is_client_error(), "{limit}: {page:?}");
        page.assert_says("stop_after_failures");
    }
    assert_eq!(world.count("retry_batches").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_is_offered_of_as_many_as_can_have_one(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for message in ["waited 5 s", "waited 61 s", "waited 7 s"] {
        world.given_dead_letter(message).await?;
    }
    let archive = |message: &str| {
        format!(
            "update scheduled_jobs set status = 'archived', next_run_at = null
              where id in (select scheduled_job_id from scheduled_job_runs where error_message like '{message}')"
        )
    };
    world.sql(&archive("waited 61 s")).await?;

    let page = world.get("/console/dead-letters").await?;
    page.assert_says("Acknowledge 3</button>");
    page.assert_says(">Retry 2…</summary>");
    world.sql(&archive("waited%")).await?;
    let page = world.get("/console/dead-letters").await?;
    page.assert_says("Acknowledge 3</button>");
    page.assert_does_not_say("Retry 0");
    page.assert_says("None can be retried");
    let (path, until) = first_cause(&world).await?;
    let fields = [("until", until.as_str()), ("do", "retry")];
    let refused = world.press(&path, &fields).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_says("or its job is archived");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn all_that_was_acknowledged_at_once_is_counted(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_dead_letter("no answer").await?;
    world
        .sql(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, status, run_after,
                    completed_at, error_kind, error_message, acknowledged_at, acknowledged_by)
             select scheduled_job_id, 1, 'manual', scheduled_for, '{}', 'failed', run_after, completed_at, error_kind,
                    error_message, timestamptz '2026-11-20T11:00:00Z' + n % 2 * interval '1 minute', 'Ann'
               from scheduled_job_runs, generate_series(1, 1200) n",
        )
        .await?;

    let page = world.get("/console/dead-letters").await?;

    let listed = page.text.matches("<li>600, ").count();
    assert_eq!(listed, 2, "{page:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn brands_of_one_name_are_each_told_of_before_a_retry(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for message in ["waited 5 s", "waited 61 s"] {
        world.given_dead_letter(message).await?;
    }
    let (path, until) = first_cause(&world).await?;

    let preview = [("until", until.as_str()), ("do", "preview")];
    let page = world.press(&path, &preview).await?;

    page.assert_says("<span class=\"clip\">Anvils</span>, <span class=\"clip\">Anvils</span></dd>");
    Ok(())
}
