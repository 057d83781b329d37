//! A job's schedule chosen by how often, days and time instead of written as cron.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::World;

const NEW: &str = "/console/jobs/new";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_new_job_begins_with_a_schedule_that_can_be_previewed(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    let form = world.get("/console/jobs/new?type=token_refresh").await?;

    form.assert_says("<option value=\"daily\" selected>");
    form.assert_says("<option value=\"15\" selected>");
    form.assert_says("id=\"on_mon\" name=\"on_mon\" value=\"true\" checked>");
    form.assert_says("id=\"on_tue\" name=\"on_tue\" value=\"true\">");
    form.assert_says("<option value=\"1\" selected>1</option>");
    assert_eq!(form.field("time"), "06:00");
    assert_eq!(form.field("cron_expression"), "");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_is_made_by_choices_and_shown_by_them(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let fields = [
        ("job_type", "token_refresh"),
        ("name", "Workdays"),
        ("frequency", "weekly"),
        ("on_mon", "true"),
        ("on_tue", "true"),
        ("on_wed", "true"),
        ("on_sun", "true"),
        ("time", "07:15"),
        ("timezone", "Europe/Berlin"),
    ];
    let mut preview = fields.to_vec();
    preview.push(("do", "preview"));

    let preview = world.press(NEW, &preview).await?;
    let made = world.press(NEW, &fields).await?;

    preview.assert_says("<code>15 7 * * MON-WED,SUN</code>");
    preview.assert_says("<option value=\"weekly\" selected>");
    preview.assert_says("name=\"on_sun\" value=\"true\" checked>");
    preview.assert_says("name=\"on_thu\" value=\"true\">");
    assert_eq!(preview.field("cron_before"), "");
    let job = made.location().split('?').next().unwrap_or_default();
    let form = world.get(&format!("{job}/edit")).await?;
    form.assert_says("<option value=\"weekly\" selected>");
    form.assert_says("name=\"on_sun\" value=\"true\" checked>");
    form.assert_says("name=\"on_thu\" value=\"true\">");
    assert_eq!(form.field("time"), "07:15");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_expression_stays_as_it_is_while_the_choices_say_the_same(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql("update scheduled_jobs set cron_expression = '00 06 * * mon-fri'")
        .await?;
    let path = format!("/console/jobs/{job}/edit");
    let form = world.get(&path).await?;
    form.assert_says("<option value=\"weekly\" selected>");
    form.assert_says("name=\"on_sat\" value=\"true\">");
    let mut fields = vec![
        ("revision", "1"),
        ("name", "Renamed"),
        ("timezone", "UTC"),
        ("frequency", "weekly"),
        ("time", "06:00"),
        ("p.max_videos", "20"),
        ("p.max_images", "40"),
    ];
    let days = ["on_mon", "on_tue", "on_wed", "on_thu", "on_fri"];
    fields.extend(days.map(|day| (day, "true")));

    let saved = world.press(&path, &fields).await?;
    fields.retain(|(name, _)| !["on_fri", "revision"].contains(name));
    fields.push(("revision", "2"));
    let changed = world.press(&path, &fields).await?;

    assert!(saved.location().ends_with("?done=edited"), "{saved:?}");
    assert!(changed.location().ends_with("?done=edited"), "{changed:?}");
    let log = "scheduled_job_changes where field = 'cron_expression' and revision = ";
    assert_eq!(world.count(&format!("{log}2")).await?, 0);
    assert_eq!(world.count(&format!("{log}3")).await?, 1);
    let cron = "scheduled_jobs where cron_expression = '0 6 * * MON-THU'";
    assert_eq!(world.count(cron).await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_expression_that_says_more_is_shown_and_gives_way_to_a_choice(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql("update scheduled_jobs set cron_expression = '0 6 1,15 * *'")
        .await?;
    let path = format!("/console/jobs/{job}/edit");

    let form = world.get(&path).await?;
    let kept = [("frequency", "cron")];
    let chosen = [("frequency", "hourly"), ("at_minute", "30")];
    for (fields, says) in [(&kept[..], "0 6 1,15 * *"), (&chosen[..], "30 * * * *")] {
        let mut all = vec![
            ("cron_expression", "0 6 1,15 * *"),
            ("cron_before", "0 6 1,15 * *"),
            ("timezone", "UTC"),
            ("do", "preview_part"),
        ];
        all.extend_from_slice(fields);
        let page = world.press(&path, &all).await?;
        page.assert_says(&format!("<code>{says}</code>"));
    }

    form.assert_says("<option value=\"cron\" selected>");
    assert_eq!(form.field("cron_expression"), "0 6 1,15 * *");
    assert_eq!(form.field("cron_before"), "0 6 1,15 * *");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_choice_that_cannot_be_read_is_named_where_it_was_entered(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for (field, fields) in [
        ("days", [("frequency", "weekly"), ("time", "06:00")]),
        ("time", [("frequency", "daily"), ("time", "noon")]),
        ("at_minute", [("frequency", "hourly"), ("at_minute", "75")]),
        ("month_day", [("frequency", "monthly"), ("month_day", "32")]),
    ] {
        for order in ["preview_part", "preview", "save"] {
            let mut all = vec![("job_type", "token_refresh"), ("do", order)];
            all.push(("max_retries", "99"));
            all.extend(fields);
            let page = world.press(NEW, &all).await?;
            page.assert_says(&format!("<strong>{field}</strong>"));
            let is_part = order == "preview_part";
            assert_eq!(page.status == StatusCode::OK, is_part, "{field} {order}");
            assert_eq!(page.text.contains("class=\"wrong\""), !is_part, "{field}");
            let has_other = page.text.contains("<strong>max_retries</strong>");
            assert_eq!(has_other, !is_part, "{field} {order}");
        }
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}
