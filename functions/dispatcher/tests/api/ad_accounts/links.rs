//! Accounts that are linked, and linked again.

use axum::http::StatusCode;
use serde_json::json;
use shared::{config::Secret, store::ad_accounts};
use sqlx::PgPool;

use super::{Desk, OWN, SYSTEM, says};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_of_the_system_user_is_linked_with_what_meta_tells_of_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;

    let linked = desk.link(&json!({"account": "5"})).await?;
    let second = desk.link(&json!({"account": "act_6"})).await?;
    let list = desk.world.get(&desk.url()).await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(
        linked.body,
        json!({"account": "act_5", "name": "Tea act_5", "is_primary": true, "currency": "EUR",
            "timezone_name": "Europe/Berlin", "access": "system_user", "connection": "connected",
            "connection_error": null, "token_expires_at": null, "paused_until": null})
    );
    assert_eq!(second.at("/is_primary"), false, "the brand has one already");
    assert_eq!(list.at("/ad_accounts/0"), &linked.body);
    assert_eq!(list.at("/ad_accounts/1/account"), "act_6");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_of_its_own_is_sealed_and_reads_the_account_from_then_on(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    let body = json!({"account": "act_5", "access_token": OWN});

    let linked = desk.link(&body).await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(linked.at("/access"), "own_token");
    assert_eq!(desk.token("act_5").await?, OWN);
    let rows = "brand_ad_accounts x where x::text like '%EAA%'
                 or encode(sealed_token, 'escape') like '%EAA%'";
    assert_eq!(desk.world.count(rows).await?, 0, "it is kept as it came");
    // The system user may not read the account, and is not asked to.
    let again = desk.link(&json!({"account": "act_5"})).await?;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    assert_eq!(desk.token("act_5").await?, OWN);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_new_primary_account_takes_the_place_of_the_old_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;
    desk.link(&json!({"account": "5"})).await?;

    desk.link(&json!({"account": "6", "is_primary": true}))
        .await?;
    let renewed = desk.link(&json!({"account": "6"})).await?;

    assert_eq!(renewed.at("/is_primary"), true, "left out: as it is");
    assert!(!desk.row("act_5").await?.is_primary);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_check_says_that_all_is_well_and_keeps_nothing(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    let body = json!({"account": "5", "access_token": OWN});

    let checked = desk
        .world
        .post(&format!("{}/check", desk.url()), &body)
        .await?;

    assert_eq!(checked.text("/reason_code"), "ok", "{checked:?}");
    assert_eq!(checked.text("/meta_ad_account_id"), "act_5");
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_of_a_login_is_exchanged_for_one_that_lasts(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::with(pool, |config| {
        config.app_id = Some("700".into());
        config.app_secret = Some(Secret::new("shh"));
    })
    .await?;
    desk.gives(OWN, &["act_5"]).await;
    let soon = desk.world.now().timestamp() + 3_600;
    let data = json!({"data": {"app_id": "700", "is_valid": true, "expires_at": soon, "scopes": ["ads_read"]}});
    desk.form("debug_token", says(&data)).await;
    let longer = json!({"access_token": "EAAlonger", "expires_in": 5_184_000});
    desk.form("oauth/access_token", says(&longer)).await;

    let linked = desk
        .link(&json!({"account": "5", "access_token": OWN}))
        .await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(desk.token("act_5").await?, "EAAlonger");
    assert_eq!(linked.text("/token_expires_at"), "2027-01-19T12:30:00Z");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_lost_connection_shows_and_a_new_token_mends_it(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    desk.gives("EAAnew", &["act_5"]).await;
    desk.link(&json!({"account": "5", "access_token": OWN}))
        .await?;
    let row = desk.row("act_5").await?;
    let mut tx = desk.world.db.begin().await?;
    assert!(ad_accounts::needs_reconnect(&mut tx, &row, "Meta error 190/460").await?);
    tx.commit().await?;

    let list = desk.world.get(&desk.url()).await?;
    let unchanged = desk.link(&json!({"account": "5"})).await?;
    let mended = desk
        .link(&json!({"account": "5", "access_token": "EAAnew"}))
        .await?;

    assert_eq!(list.text("/ad_accounts/0/connection"), "reconnect");
    assert_eq!(
        list.text("/ad_accounts/0/connection_error"),
        "Meta error 190/460"
    );
    assert_eq!(
        unchanged.fields(),
        ["access_token"],
        "a new token is needed"
    );
    assert_eq!(mended.text("/connection"), "connected", "{mended:?}");
    // Somebody who still held the old token learns that it is no good.
    let mut tx = desk.world.db.begin().await?;
    assert!(!ad_accounts::needs_reconnect(&mut tx, &row, "190").await?);
    tx.commit().await?;
    assert_eq!(desk.token("act_5").await?, "EAAnew");
    Ok(())
}
