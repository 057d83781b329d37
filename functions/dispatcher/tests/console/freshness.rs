//! From data that is old to the work that makes it fresh.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

impl World {
    /// A dataset of a brand that is two days old, made last by a run if one is given.
    async fn given_dataset(&self, brand: Uuid, key: &str, run: Option<Uuid>) -> anyhow::Result<()> {
        let run = run.map_or("null".to_owned(), |run| format!("'{run}'"));
        self.sql(&format!(
            "insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_attempt_at,
                                         last_status, last_run_id)
             select organization_id, id, '{key}', '2026-11-18T12:00:00Z', '2026-11-18T12:00:00Z', 'completed', {run}
               from brands where id = '{brand}'"
        ))
        .await
    }

    async fn brand_of(&self, job: Uuid) -> anyhow::Result<Uuid> {
        let sql = "select brand_id from scheduled_jobs where id = $1";
        Ok(sqlx::query_scalar(sql)
            .bind(job)
            .fetch_one(&self.pool)
            .await?)
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dataset_is_refreshed_by_the_job_that_feeds_it(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let brand = world.brand_of(job).await?;
    let other = world.given_daily_job("Of another brand").await?;
    world.given_dataset(brand, "ad_assets", None).await?;

    let page = world.get("/console/freshness").await?;

    page.assert_says(&format!("href=\"/console/jobs/{job}/run\""));
    page.assert_does_not_say(&format!("{other}"));
    page.assert_says(&format!(
        "/console/strip?job_type=asset_download&#38;brand_id={brand}"
    ));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn brands_beyond_a_page_are_on_the_next_one(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .sql(
            "insert into organizations (name) values ('Acme');
             insert into brands (organization_id, name)
             select id, to_char(n, '\"Brand\" 000') from organizations, generate_series(1, 150) n where name = 'Acme';
             insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_status)
             select organization_id, id, key, timestamptz '2026-11-20T10:00:00Z' - (name > 'Brand  149') :: int * interval '3 d',
                    'completed'
               from brands, unnest(array['ad_assets', 'campaigns', 'meta_ads']) key where name like 'Brand %'",
        )
        .await?;

    let first = world.get("/console/freshness").await?;
    first.assert_says("3 of 450 datasets are not fresh");
    first.assert_says("Brand  100<");
    first.assert_does_not_say("Brand  101<");
    first.assert_does_not_say("First brands");
    let link = first.text.split(">More brands").next().unwrap_or_default();
    let link = link.rsplit('"').nth(1).unwrap_or_default().to_owned();
    let second = world.get(&link).await?;
    second.assert_does_not_say("Brand  100<");
    second.assert_says("Brand  101<");
    second.assert_says("stale, 3 d");
    second.assert_says("First brands");
    second.assert_does_not_say("More brands");
    let wrong = world.get("/console/freshness?after=Acme").await?;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_dataset_is_judged_by_its_own_limit(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Acme").await?;
    world.given_dataset(brand, "a_daily_one", None).await?;
    world.given_dataset(brand, "landing_pages", None).await?;

    let page = world.get("/console/freshness").await?;
    let overview = world.get("/console").await?;

    page.assert_says("landing pages <span class=\"soft\">7 d</span>");
    page.assert_says("a daily one <span class=\"soft\">24 h</span>");
    page.assert_says("fresh, 2 d");
    page.assert_says("stale, 2 d");
    page.assert_says("1 of 2 datasets are not fresh");
    overview.assert_says("<strong>1</strong><span>of 2 datasets not fresh");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dataset_that_nobody_tried_can_be_made_now(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Acme").await?;

    let page = world.get("/console/freshness").await?;

    page.assert_says("No dataset was refreshed yet.");
    page.assert_says(&format!(
        "/console/runs/new?type=ad_classification&#38;brand={brand}"
    ));
    page.assert_says("Run now<span class=\"unseen\">: ad classifications, Acme</span>");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dataset_that_no_job_feeds_is_refreshed_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let brand = world.brand_of(job).await?;
    let run = world.given_run_of(job).await?;
    world
        .sql(
            "update scheduled_jobs set status = 'archived', next_run_at = null;
             update scheduled_job_runs set parameters = '{\"max_videos\": 7}'",
        )
        .await?;
    world
        .given_dataset(brand, "a_dataset_of_a_step", Some(run))
        .await?;
    world.given_dataset(brand, "nobody_knows", None).await?;

    let page = world.get("/console/freshness").await?;
    let path = format!("/console/runs/new?type=asset_download&brand={brand}");
    page.assert_says(&path.replace('&', "&#38;"));
    let untried = "<span class=\"soft\">none</span> <a class=\"button\"";
    let untried = page.text.matches(untried).count();
    let all = page.text.matches(">Run now<").count();
    assert_eq!(all - untried, 1, "not for what nobody knows: {}", page.text);

    let form = world.get(&path).await?;
    form.assert_says("asset download, Anvils");
    assert_eq!(form.field("p.max_videos"), "7", "as the last time");
    let key = form.field("key");
    let brand = brand.to_string();
    let fields = [
        ("key", key.as_str()),
        ("job_type", "asset_download"),
        ("brand_id", &brand),
        ("p.max_videos", "3"),
    ];
    let first = world.press("/console/runs/new", &fields).await?;
    let second = world.press("/console/runs/new", &fields).await?;
    assert!(first.location().ends_with("?done=queued"), "{first:?}");
    assert_eq!(first.location(), second.location());
    let made =
        "scheduled_jobs where schedule_type = 'one_time' and parameters = '{\"max_videos\": 3}'";
    assert_eq!(world.count(made).await?, 1);

    let fields = [fields[0], fields[1], fields[2], ("p.max_videos", "999")];
    let wrong = world.press("/console/runs/new", &fields).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.assert_says("must be from 0 to 100");
    assert_eq!(wrong.field("brand_id"), brand);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_may_not_run_anything_sees_how_old_it_is_and_no_button(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    let job = world.given_daily_job("Daily").await?;
    world
        .given_dataset(world.brand_of(job).await?, "ad_assets", None)
        .await?;
    let body = json!({ "name": "a viewer", "role": "viewer" });
    let made = world
        .api(axum::http::Method::POST, "/api/tokens", &body)
        .await?;
    let token = made.pointer("/token").and_then(serde_json::Value::as_str);
    world.sign_in_with(token.unwrap_or_default()).await?;

    let page = world.get("/console/freshness").await?;

    page.assert_says("stale, 2 d");
    page.assert_does_not_say("Run now");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_off_is_of_a_type_and_a_brand_that_exist(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    for (query, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("?type=unknown", StatusCode::BAD_REQUEST),
        ("?type=meta_sync&brand=x", StatusCode::BAD_REQUEST),
        (
            "?type=meta_sync&brand=00000000-0000-4000-8000-000000000000",
            StatusCode::NOT_FOUND,
        ),
        ("?type=token_refresh", StatusCode::OK),
    ] {
        let page = world.get(&format!("/console/runs/new{query}")).await?;
        assert_eq!(page.status, status, "{query}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn data_is_judged_by_the_limit_that_an_administrator_sets(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Anvils").await?;
    world.given_dataset(brand, "ad_assets", None).await?;
    let column = |hours: &str| format!("ad assets <span class=\"soft\">{hours}</span>");
    let limit = |hours: &'static str| [("dataset", "ad_assets"), ("fresh_for_hours", hours)];
    let before = world.get("/console/freshness").await?;
    before.assert_says(&column("24 h"));
    before.assert_says("stale, 2 d");

    let done = world
        .press("/console/freshness/limits", &limit("72"))
        .await?;
    let set = world.get(done.location()).await?;
    let refused = world
        .press("/console/freshness/limits", &limit("0"))
        .await?;
    let wrong = world
        .press("/console/freshness/limits", &limit("a day"))
        .await?;
    let unknown = [("dataset", "anvils"), ("fresh_for_hours", "1")];
    let unknown = world.press("/console/freshness/limits", &unknown).await?;
    let kept = world.get("/console/freshness").await?;
    let odd = world
        .press("/console/freshness/limits", &limit("60"))
        .await?;
    let odd = world.get(odd.location()).await?;
    let none = world.press("/console/freshness/limits", &limit("")).await?;
    let remove = [("dataset", "ad_assets"), ("do", "remove")];
    world.press("/console/freshness/limits", &remove).await?;
    let after = world.get("/console/freshness").await?;

    assert_eq!(done.location(), "/console/freshness?done=limited");
    set.assert_says("Saved: data is judged by it");
    set.assert_says("fresh, 2 d");
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    kept.assert_says(&column("3 d"));
    odd.assert_says(&column("60 h"));
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    after.assert_says(&column("24 h"));
    after.assert_says("stale, 2 d");
    Ok(())
}
