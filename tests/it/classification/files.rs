//! What lies at a provider, and what was forgotten there.

use chrono::{DateTime, Utc};
use shared::{
    domain::provider::Provider,
    store::remote_files::{deleted, note, orphans, uploaded},
};
use sqlx::PgPool;

use super::studio::{Studio, after, now};

impl Studio {
    async fn note(&self, name: &str, now: DateTime<Utc>) {
        let mut tx = self.tx().await;
        let file = (Provider::Google, name);
        note(&mut tx, file, (self.brand(), self.run), now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn orphans(&self, before: DateTime<Utc>, limit: i64) -> Vec<String> {
        let mut tx = self.tx().await;
        orphans(&mut tx, Provider::Google, before, limit)
            .await
            .unwrap()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_noted_and_not_deleted_is_found_oldest_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    for (name, seconds) in [
        ("files/c", 2),
        ("files/b", 1),
        ("files/a", 1),
        ("files/young", 60),
        ("files/gone", 0),
    ] {
        studio.note(name, after(seconds)).await;
    }
    let mut tx = studio.tx().await;
    assert!(
        deleted(&mut tx, (Provider::Google, "files/gone"), now())
            .await
            .unwrap()
    );
    assert!(
        uploaded(&mut tx, (Provider::Google, "files/b"), now())
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();

    assert_eq!(
        studio.orphans(after(60), 10).await,
        ["files/a", "files/b", "files/c"]
    );
    assert_eq!(studio.orphans(after(60), 1).await, ["files/a"]);
    let mut tx = studio.tx().await;
    let others = orphans(&mut tx, Provider::OpenAi, after(99), 10)
        .await
        .unwrap();
    assert!(others.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_file_keeps_its_first_times_until_it_is_sent_again(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.note("files/a", now()).await;
    let mut tx = studio.tx().await;
    for seconds in [1, 9] {
        assert!(
            uploaded(&mut tx, (Provider::Google, "files/a"), after(seconds))
                .await
                .unwrap()
        );
        assert!(
            deleted(&mut tx, (Provider::Google, "files/a"), after(seconds + 1))
                .await
                .unwrap()
        );
    }
    assert!(
        !uploaded(&mut tx, (Provider::Google, "files/b"), now())
            .await
            .unwrap()
    );
    assert!(
        !deleted(&mut tx, (Provider::OpenAi, "files/a"), now())
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let columns = "name, run_id is not null, extract(epoch from uploaded_at - created_at)::int, extract(epoch from deleted_at - created_at)::int";
    assert_eq!(
        studio.rows(columns, "remote_files").await,
        ["files/a t 1 2"]
    );
    studio.note("files/a", after(99)).await;
    let columns = "name, uploaded_at is null, deleted_at is null";
    assert_eq!(studio.rows(columns, "remote_files").await, ["files/a t t"]);
    assert_eq!(
        studio.orphans(after(99), 9).await,
        Vec::<String>::new(),
        "it is young again"
    );
}
