//! Failures of a brand, a job, a type or a kind of error alone.

use sqlx::PgPool;
use uuid::Uuid;

use crate::{dead_letters::first_cause_on, world::World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn failures_are_cared_for_within_the_filter_that_shows_them(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let ids = "select r.scheduled_job_id, j.brand_id from scheduled_job_runs r
                 join scheduled_jobs j on j.id = r.scheduled_job_id where r.id = $1";
    world.given_dead_letter("waited 5 s").await?;
    let run = world.given_dead_letter("waited 61 s").await?;
    let of_run = sqlx::query_as(ids).bind(run).fetch_one(&world.pool);
    let (job, brand): (Uuid, Uuid) = of_run.await?;
    let name = format!("update brands set name = 'Bellows' where id = '{brand}'");
    world.sql(&name).await?;
    let clip = |name: &str| format!("<span class=\"clip\">{name}</span>");
    let both = world.get("/console/dead-letters").await?;
    both.assert_says(&format!("Brands: {}, {}.", clip("Anvils"), clip("Bellows")));
    for nothing in ["brand=platform", "kind=lost", "type=meta_sync"] {
        let path = format!("/console/dead-letters?{nothing}");
        let page = world.get(&path).await?;
        page.assert_says("No failure that passes this filter");
    }
    let filter = format!("job={job}&brand={brand}&type=asset_download&kind=permanent");

    let path = format!("/console/dead-letters?{filter}");
    let page = world.get(&path).await?;
    page.assert_says("1 × asset download");
    page.assert_says(&format!("Brands: {}.", clip("Bellows")));
    let (path, until) = first_cause_on(&page);
    assert!(path.ends_with(&format!("?{filter}")), "{path}");
    let preview = [("until", until.as_str()), ("do", "preview")];
    let preview = world.press(&path, &preview).await?;
    preview.assert_says("Retry 1 × asset download?");
    let (again, _) = first_cause_on(&preview);
    assert_eq!(again, path, "what is retried is what was previewed");
    let fields = [("until", until.as_str()), ("do", "acknowledge")];
    let done = world.press(&path, &fields).await?;

    let after = format!("/console/dead-letters?{filter}&done=acknowledged");
    assert_eq!(done.location(), after);
    let left = world.get("/console/dead-letters").await?;
    left.assert_says(&format!("Brands: {}.", clip("Anvils")));
    Ok(())
}
