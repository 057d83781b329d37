//! How many requests of a caller are taken in a minute.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use shared::domain::Role;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn beyond_its_minutes_quota_a_caller_is_told_when_to_come_back(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?.limited_to(2);
    let mut told = vec![];

    for seconds in [0, 20, 10, 30] {
        world.pass(TimeDelta::seconds(seconds));
        let answer = world.get("/api/job-types").await?;
        assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=2;w=60");
        told.push((
            answer.status.as_u16(),
            answer.header("ratelimit").to_owned(),
        ));
        let wait = answer.header(header::RETRY_AFTER);
        assert_eq!(wait == "30", answer.status == StatusCode::TOO_MANY_REQUESTS);
    }

    let wanted = [
        (200, "\"requests\";r=1;t=60"),
        (200, "\"requests\";r=0;t=40"),
        (429, "\"requests\";r=0;t=30"),
        (200, "\"requests\";r=1;t=60"),
    ];
    let wanted = wanted.map(|(status, limit)| (status, limit.to_owned()));
    assert_eq!(told, wanted);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_caller_has_a_quota_of_its_own_and_strangers_are_not_counted(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (_, token) = world.given_token(Role::Viewer, None).await?;
    let world = world.limited_to(1);
    let stranger = format!("sdl_{}", "A".repeat(43));
    let mut statuses = vec![];

    for token in [&token, &token, &stranger, &stranger] {
        let answer = world
            .call(Some(token), ("GET", "/api/job-types"), None)
            .await?;
        statuses.push(answer.status.as_u16());
    }
    statuses.push(world.get("/api/job-types").await?.status.as_u16());

    assert_eq!(statuses, [200, 429, 401, 401, 200]);
    assert_eq!(world.count("api_request_counts").await?, 2);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn refusals_count_too(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (_, token) = world.given_token(Role::Viewer, None).await?;
    let world = world.limited_to(1);
    let mut statuses = vec![];

    for _ in 0..2 {
        let answer = world
            .call(Some(&token), ("POST", "/api/runs"), None)
            .await?;
        assert!(!answer.header("ratelimit").is_empty());
        answer.assert_problem();
        statuses.push(answer.status.as_u16());
    }

    assert_eq!(statuses, [403, 429]);
    Ok(())
}
