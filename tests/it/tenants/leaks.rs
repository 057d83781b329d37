//! What tenants have in common without seeing it: keys of requests, ad accounts, organisations of runs.

use shared::{
    domain::{BrandId, JobId, RunId},
    store::{
        Database, Scope,
        ad_accounts::{self, Facts, Linked, NewLink},
        runs::request::{self, IdempotencyKey, Request},
    },
};
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use super::{TENANTS, id_of, organization, seed};
use crate::world::at;

fn tenants(pool: &PgPool) -> [Database; 2] {
    let db = Database::from_pool(pool.clone());
    TENANTS.map(|tenant| db.within(Scope::Organization(organization(tenant))))
}

async fn run_now(db: &Database, job: Uuid) -> Option<RunId> {
    let idempotency = IdempotencyKey {
        key: "click".to_owned(),
        request_sha256: [0; 32],
    };
    let request = Request {
        run_id: RunId::new(),
        requested_by: "Ann".to_owned(),
        idempotency: Some(idempotency),
        now: at("2026-12-01T00:00:00Z"),
    };
    let mut tx = db.begin().await.unwrap();
    let requested = request::of_job(&mut tx, &request, JobId(job), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    requested.map(|it| it.run_id)
}

async fn with_key(db: &Database) -> Option<RunId> {
    let mut tx = db.begin().await.unwrap();
    let found = request::with_key(&mut tx, "click").await.unwrap();
    found.map(|(requested, _)| requested.run_id)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_tenants_and_the_installation_may_choose_the_same_key(pool: PgPool) {
    seed(&pool).await;
    let [first, second] = tenants(&pool);
    let everybody = Database::from_pool(pool.clone());
    let mut runs = vec![];
    for (db, tenant) in [(&first, 1), (&second, 2), (&everybody, 1)] {
        assert_eq!(with_key(db).await, None);
        let run = run_now(db, id_of(tenant, 4)).await;
        assert!(run.is_some() && with_key(db).await == run, "{tenant}");
        assert_eq!(
            run_now(db, id_of(tenant, 4)).await,
            None,
            "the same key again"
        );
        runs.push(run);
    }

    assert_eq!(
        [
            with_key(&first).await,
            with_key(&second).await,
            with_key(&everybody).await
        ],
        runs[..]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tenant_runs_no_job_of_another(pool: PgPool) {
    seed(&pool).await;
    let [first, _] = tenants(&pool);

    assert_eq!(run_now(&first, id_of(2, 4)).await, None);
    assert_eq!(run_now(&first, id_of(0, 4)).await, None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_account_of_another_tenant_is_taken(pool: PgPool) {
    seed(&pool).await;
    let [first, _] = tenants(&pool);
    let facts = Facts::default();
    let link = NewLink {
        brand: BrandId(id_of(1, 2)),
        account: "act_2",
        is_primary: None,
        token: None,
        user_name: None,
        facts: &facts,
    };
    let mut tx = first.begin().await.unwrap();

    let linked = ad_accounts::link(&mut tx, &link, at("2026-12-01T00:00:00Z"))
        .await
        .unwrap();

    assert_eq!(linked, Linked::Taken);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_has_the_organisation_of_its_job(pool: PgPool) {
    seed(&pool).await;
    let owners = "select organization_id from scheduled_job_runs order by id";
    let owners = || sqlx::query_scalar::<_, Option<Uuid>>(owners).fetch_all(&pool);
    let [platform, first, second] = [None, Some(id_of(1, 1)), Some(id_of(2, 1))];
    assert_eq!(owners().await.unwrap(), [platform, first, second]);

    let lie = format!(
        "update scheduled_job_runs set organization_id = '{}'",
        id_of(2, 1)
    );
    pool.execute(&*lie).await.unwrap();
    assert_eq!(owners().await.unwrap(), [platform, first, second]);

    let give = format!(
        "update scheduled_jobs set organization_id = '{}', brand_id = '{}', name = 'Given' where id = '{}'",
        id_of(2, 1),
        id_of(2, 2),
        id_of(1, 4)
    );
    // Two recurring jobs of a brand and type must differ in their parameters.
    let differ =
        "update scheduled_jobs set parameters = jsonb_build_object('max_videos', length(id::text))
                   where organization_id is not null and id::text like '%14'";
    pool.execute(differ).await.unwrap();
    pool.execute(&*give).await.unwrap();
    assert_eq!(owners().await.unwrap(), [platform, second, second]);
}
