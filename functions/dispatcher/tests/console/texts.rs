//! Names and messages are what strangers wrote.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::World;

const HTML: &str = "<script>alert('1')</script>\"&<img src=x onerror=alert(2)>";
/// Turned around from here on, if nothing ends it.
const RTL: &str = "\u{202e}\u{2067}מזהה \u{200f}قهوة";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn texts_are_shown_as_they_are_and_never_obeyed(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let long = "x".repeat(10_000);
    for text in [HTML, RTL, &long] {
        let run = world.given_dead_letter(text).await?;
        let name: String = text.chars().take(200).collect();
        sqlx::raw_sql(&format!(
            "update brands set name = $text${text}$text$;
             update scheduled_jobs set name = $text${name}$text$, last_error = $text${text}$text$;
             update scheduled_job_runs
                set warnings = array[$text${text}$text$], requested_by = $text${text}$text$,
                    metadata = jsonb_build_object($text${text}$text$, 1, 'more', $text${text}$text$)
              where id = '{run}';
             insert into run_logs (run_id, segment, at, level, message)
             values ('{run}', 1, now(), 'info', $text${text}$text$);
             insert into notifications (kind, severity, title, body, created_at)
             values ('recovered', 'info', $text${text}$text$, $text${text}$text$, now());
             insert into dataset_status (organization_id, brand_id, dataset_key, last_attempt_at, last_status,
                                         error_message)
             select organization_id, id, 'ad_assets', now(), 'failed', $text${text}$text$ from brands
             on conflict do nothing"
        ))
        .execute(&world.pool)
        .await?;
        assert_pages_are_sound(&world, run).await?;
    }
    Ok(())
}

async fn assert_pages_are_sound(world: &World, run: uuid::Uuid) -> anyhow::Result<()> {
    let job: uuid::Uuid =
        sqlx::query_scalar("select scheduled_job_id from scheduled_job_runs where id = $1")
            .bind(run)
            .fetch_one(&world.pool)
            .await?;
    for path in [
        "/console".to_owned(),
        "/console/jobs".to_owned(),
        format!("/console/jobs/{job}"),
        format!("/console/jobs/{job}/edit"),
        format!("/console/jobs/{job}/run"),
        "/console/runs".to_owned(),
        format!("/console/runs/{run}"),
        format!("/console/runs/{run}/log"),
        "/console/dead-letters".to_owned(),
        "/console/freshness".to_owned(),
        "/console/notifications".to_owned(),
    ] {
        let page = world.get(&path).await?;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.assert_does_not_say("<script>alert");
        page.assert_does_not_say("<img src=x");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_text_cannot_leave_the_attribute_it_is_in(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    let page = world.get("/console/jobs?text=%22%3E%3Cb%3Ehi").await?;

    page.assert_says("value=\"&#34;&#62;&#60;b&#62;hi\"");
    let door = "/console/sign-in?next=/console/jobs?a=%22%3E%3Cb%3E";
    world.get(door).await?.assert_does_not_say("<b>");
    Ok(())
}
