//! What may be spent, and what was.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde_json::json;
use shared::{
    domain::{OrganizationId, RunId, UsageId, provider::Provider},
    store::usage::{Call, Limit, Reservation, Used, release, reserve, settle},
};
use sqlx::PgPool;

use super::studio::{Studio, now, usd};
use crate::world::at;

fn used(cost: &str) -> Used {
    Used {
        input_tokens: 1_000,
        output_tokens: 234,
        cost_usd: usd(cost),
        duration: Duration::from_millis(1_500),
        metadata: json!({"finish": "STOP"}),
    }
}

fn refused(by: Limit, left: &str) -> Reservation {
    Reservation::Refused {
        by,
        left: usd(left),
    }
}

impl Studio {
    fn call(&self, run: RunId, estimate: &str) -> Call<'static> {
        Call {
            organization: self.organization,
            run,
            provider: Provider::Google,
            model: "stand-in",
            tool_name: "ad_classification",
            operation: "light",
            estimate_usd: usd(estimate),
        }
    }

    /// Wants to spend; the run may spend 10.
    async fn reserve(&self, run: RunId, estimate: &str, now: DateTime<Utc>) -> Reservation {
        let mut tx = self.tx().await;
        let call = self.call(run, estimate);
        let reservation = reserve(&mut tx, &call, usd("10"), now).await.unwrap();
        tx.commit().await.unwrap();
        reservation
    }

    async fn reserved(&self, run: RunId, estimate: &str) -> UsageId {
        match self.reserve(run, estimate, now()).await {
            Reservation::Reserved(id) => id,
            refused => panic!("{refused:?}"),
        }
    }

    async fn settle(&self, id: UsageId, cost: &str) -> bool {
        let mut tx = self.tx().await;
        let done = settle(&mut tx, id, &used(cost), now()).await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    async fn limit_month(&self, value: &str, enabled: bool) {
        sqlx::query(
            "insert into usage_limits (organization_id, limit_type, limit_value, period, enabled)
             values ($1, 'monthly_cost', $2, 'monthly', $3)",
        )
        .bind(self.organization.0)
        .bind(usd(value))
        .bind(enabled)
        .execute(&self.world.pool)
        .await
        .unwrap();
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_spends_up_to_its_limit_and_no_more(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.reserved(studio.run, "6").await;
    assert_eq!(
        studio.reserve(studio.run, "4.000001", now()).await,
        refused(Limit::Run, "4")
    );
    let id = studio.reserved(studio.run, "4").await;
    assert_eq!(
        studio.reserve(studio.run, "0.000001", now()).await,
        refused(Limit::Run, "0")
    );

    assert!(
        studio.settle(id, "1.5").await,
        "cheaper than it might have been"
    );

    assert_eq!(
        studio.reserve(studio.run, "3", now()).await,
        refused(Limit::Run, "2.5")
    );
    let other = studio.another_run().await;
    studio.reserved(other, "10").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_call_costs_beyond_its_estimate_counts(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let id = studio.reserved(studio.run, "1").await;
    studio.settle(id, "11").await;
    assert_eq!(
        studio.reserve(studio.run, "1", now()).await,
        refused(Limit::Run, "0")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_month_of_utc_has_its_own_limit_over_all_runs(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.limit_month("5", true).await;
    let other = studio.another_run().await;
    let (october, november) = (at("2026-10-31T23:59:59Z"), at("2026-11-01T00:00:00Z"));
    studio.reserve(studio.run, "5", october).await;

    assert!(matches!(
        studio.reserve(studio.run, "3", november).await,
        Reservation::Reserved(_)
    ));
    assert_eq!(
        studio.reserve(other, "2.5", now()).await,
        refused(Limit::Month, "2")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_limit_that_is_switched_off_or_anothers_does_not_count(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.limit_month("0", false).await;
    studio.another_brand("act_2").await;
    studio
        .run(
            studio.brand(),
            "insert into usage_limits (organization_id, limit_type, limit_value, period)
             select organization_id, 'monthly_cost', 0, 'monthly' from brands where id <> $1",
        )
        .await;
    studio.reserved(studio.run, "5").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_many_at_once_no_more_get_through_than_may(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.limit_month("3", true).await;
    let runs = [studio.run, studio.another_run().await];

    let wishes = (0..12).map(|at| studio.reserve(runs[at % 2], "1", now()));
    let answers = join_all(wishes).await;

    let reserved = answers
        .iter()
        .filter(|it| matches!(it, Reservation::Reserved(_)));
    assert_eq!(reserved.count(), 3);
    let spent = studio.rows("sum(reserved_usd)", "token_usage").await;
    assert_eq!(spent, ["3.000000"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_reservation_waits_for_the_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let mut first = studio.tx().await;
    let call = studio.call(studio.run, "7");
    reserve(&mut first, &call, usd("10"), now()).await.unwrap();

    let second = studio.reserve(studio.run, "7", now());
    let (second, ()) = tokio::join!(second, studio.commit_when_waited_for(first));

    assert_eq!(second, refused(Limit::Run, "3"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_call_is_settled_once_and_then_never_given_back(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let id = studio.reserved(studio.run, "1").await;
    assert!(studio.settle(id, "0.5").await);
    assert!(!studio.settle(id, "9").await);
    let mut tx = studio.tx().await;
    assert!(!release(&mut tx, id).await.unwrap());
    tx.commit().await.unwrap();

    let columns =
        "provider, model, operation, total_tokens, cost_usd, duration_ms, request_metadata";
    let rows = studio.rows(columns, "token_usage").await;
    assert_eq!(
        rows,
        [r#"google stand-in light 1234 0.500000 1500 {"finish": "STOP"}"#]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_not_spent_is_given_back(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let id = studio.reserved(studio.run, "10").await;
    let mut tx = studio.tx().await;
    assert!(release(&mut tx, id).await.unwrap());
    assert!(!release(&mut tx, id).await.unwrap());
    tx.commit().await.unwrap();
    studio.reserved(studio.run, "10").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_is_reserved_for_nobody_or_below_nought(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let nobody = Call {
        organization: OrganizationId::new(),
        ..studio.call(studio.run, "0")
    };
    for call in [nobody, studio.call(studio.run, "-1")] {
        let mut tx = studio.tx().await;
        assert!(
            reserve(&mut tx, &call, usd("10"), now()).await.is_err(),
            "{call:?}"
        );
    }
}
