//! What people had set stays in force.

use sqlx::{Executor, PgPool};

use super::{migrate, old, told};

#[sqlx::test(migrations = false)]
async fn limits_that_people_had_set_stay_in_force(pool: PgPool) {
    old(&pool).await;
    pool.execute(
        "create table usage_limits (
            id               uuid primary key default gen_random_uuid(),
            organization_id  uuid,
            limit_type       text not null,
            limit_value      numeric,
            period           text,
            alert_threshold  numeric default 0.8,
            enabled          boolean,
            unique (organization_id, limit_type)
         );
         insert into usage_limits (organization_id, limit_type, limit_value, period, alert_threshold, enabled)
         values ('a0000000-0000-4000-8000-000000000001', 'monthly_cost', 40.5, 'monthly', 0.9, true),
                ('a0000000-0000-4000-8000-000000000001', 'daily_ads', 100, 'daily', 80, false),
                ('a0000000-0000-4000-8000-000000000001', 'monthly_tokens', -1, 'monthly', 0.8, true),
                ('a0000000-0000-4000-8000-000000000002', 'monthly_cost', 7, 'daily', 0.8, true),
                ('a0000000-0000-4000-8000-000000000002', 'daily_requests', 7, 'daily', null, null),
                ('a0000000-0000-4000-8000-00000000dead', 'monthly_cost', 7, 'monthly', 0.8, true)",
    )
    .await
    .unwrap();

    migrate(&pool).await;

    let limits = told(
        &pool,
        "select concat_ws(', ', right(organization_id::text, 1), limit_type, limit_value, period, alert_threshold, enabled)
           from usage_limits order by organization_id, limit_type",
    )
    .await;
    assert_eq!(
        limits,
        [
            "1, daily_ads, 100, daily, 0.8, f",
            "1, monthly_cost, 40.5, monthly, 0.9, t",
            "2, daily_requests, 7, daily, 0.8, t",
        ]
    );
    let aside = told(&pool, "select count(*)::text from adopted_usage_limits").await;
    assert_eq!(aside, ["6"], "nothing is thrown away");
}
