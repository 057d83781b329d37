//! Days of which nothing is stored yet: their rows are copied instead of written one over the other.

use serde_json::json;
use shared::store::Database;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    locks::{due, planned},
    office::{Office, day, link},
};

/// Rows that were copied: their ids are ours, and tell the time.
const COPIED: &str =
    "select count(*) from meta_ads_performance where substr(id::text, 15, 1) = '7'";

/// Everything that a reading writes, of all rows.
const WRITTEN: &str = "select md5(string_agg((to_jsonb(p) - '{id,fetched_at}'::text[])::text, ',' order by date, meta_ad_id))
                         from meta_ads_performance p";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_copied_is_what_a_later_reading_would_write(pool: PgPool) {
    let params = json!({"days_back": 2, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.sync().await;
    let rows = office.stored().await.0;
    assert!(rows > 20, "{rows}");
    assert_eq!(
        office.world.count(COPIED).await,
        i64::try_from(rows).unwrap()
    );
    for (what, some) in [
        ("decimals", "hold_rate is not null and link_cpc is not null"),
        ("counts", "video_thruplay is not null and purchases is null"),
        (
            "lists",
            "action_values is not null and raw_costs is not null",
        ),
        ("today's", "is_provisional"),
        ("others", "not is_provisional"),
    ] {
        let some = format!("select count(*) from meta_ads_performance where {some}");
        assert!(office.world.count(&some).await > 0, "{what}");
    }
    let copied = office.value(WRITTEN).await;
    let forget = "update meta_ads_performance set fetched_at = fetched_at - interval '1 day', spend = null, impressions = -1";
    sqlx::query(forget)
        .execute(&office.world.pool)
        .await
        .unwrap();

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(office.value(WRITTEN).await, copied);
    assert_eq!(office.stored().await.0, rows);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_another_brand_has_costs_no_other_row(pool: PgPool) {
    let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.sync().await;
    let (rows, _) = office.stored().await;
    let other = Uuid::new_v4();
    let brand = "insert into brands (id, organization_id, name) select $1, organization_id, 'Coffee' from brands";
    let brand = sqlx::query(brand).bind(other);
    brand.execute(&office.world.pool).await.unwrap();
    link(&office.world, other, "act_7").await;
    let give = "update meta_ads_performance set brand_id = $1, meta_ad_account_id = 'act_7'
                 where (meta_ad_id, date) in (select meta_ad_id, date from meta_ads_performance
                                               where date = '2026-11-19' order by 1 limit 1)";
    let give = sqlx::query(give).bind(other);
    give.execute(&office.world.pool).await.unwrap();
    let theirs =
        "select to_jsonb(p) from meta_ads_performance p where meta_ad_account_id = 'act_7'";
    let before = office.value(theirs).await;
    sqlx::query("delete from meta_ads_performance where brand_id <> $1")
        .bind(other)
        .execute(&office.world.pool)
        .await
        .unwrap();

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let warnings = office.warnings(&run).await;
    assert_eq!(
        warnings,
        ["1 rows could not be stored: they name no ad of this account"]
    );
    assert_eq!(office.stored().await.0, rows);
    assert_eq!(
        office.value(theirs).await,
        before,
        "it is not ours to write"
    );
    let of_today = format!("{COPIED} and date = '2026-11-20'");
    assert!(office.world.count(&of_today).await > 0);
    let of_the_day = format!("{COPIED} and date = '2026-11-19' and meta_ad_account_id <> 'act_7'");
    assert_eq!(office.world.count(&of_the_day).await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_day_is_fresh_until_a_row_of_it_is_stored(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;
    let db = Database::from_pool(office.world.pool.clone());
    let mut tx = db.begin().await.unwrap();
    let (sync, slices) = planned(&office, &mut tx).await;
    assert!(slices.iter().all(|slice| slice.is_fresh));
    let row = "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id, date)
               select organization_id, brand_id, meta_ad_account_id, '1', '1', '2026-11-18' from brand_ad_accounts";
    sqlx::query(row).execute(&mut *tx).await.unwrap();
    let fields = "update meta_sync_slices set fields = '{spend}' where date = '2026-11-17'";
    sqlx::query(fields).execute(&mut *tx).await.unwrap();

    let due = due(&office, &mut tx, sync).await;

    let mut fresh = due.iter().filter(|slice| slice.is_fresh);
    let dates = [fresh.next(), fresh.next(), fresh.next()].map(|it| it.map(|slice| slice.date));
    let wanted = ["2026-11-19", "2026-11-16"].map(|text| Some(day(text)));
    assert_eq!(dates, [wanted[0], wanted[1], None]);
}
