//! The floor of every queue on PostgreSQL: a row is inserted and notified, the listener claims it.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, postgres::PgListener};
use tokio::time::Instant;

use crate::report::Sample;

/// Between two rows, as the peers were measured.
const PAUSE: Duration = Duration::from_millis(30);

/// From right before the insert until the claim is committed, `rows` times.
pub(crate) async fn measure(url: &str, rows: u32) -> anyhow::Result<Sample> {
    let (mut writer, mut claimer) = (
        PgConnection::connect(url).await?,
        PgConnection::connect(url).await?,
    );
    let mut listener = PgListener::connect(url).await?;
    listener.listen("bench_floor").await?;
    sqlx::query("create table if not exists bench_floor (id bigint generated always as identity primary key, claimed boolean not null default false)")
        .execute(&mut writer)
        .await?;
    let mut durations = Vec::new();
    for _ in 0..rows {
        tokio::time::sleep(PAUSE).await;
        let asked = Instant::now();
        let claimed = async {
            let notified = listener.recv().await?;
            let id: i64 = notified.payload().parse().unwrap_or_default();
            sqlx::query(
                "update bench_floor set claimed = true where id = (
                     select id from bench_floor where id = $1 and not claimed for update skip locked) returning id",
            )
            .bind(id)
            .fetch_one(&mut claimer)
            .await?;
            anyhow::Ok(asked.elapsed())
        };
        let inserted = sqlx::query(
            "with new as (insert into bench_floor default values returning id)
             select pg_notify('bench_floor', id::text) from new",
        )
        .execute(&mut writer);
        let (inserted, claimed) = tokio::join!(inserted, claimed);
        inserted?;
        durations.push(claimed?);
    }
    sqlx::query("drop table bench_floor")
        .execute(&mut writer)
        .await?;
    Ok(Sample::new(durations))
}
