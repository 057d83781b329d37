//! What cannot be linked, and what cannot be unlinked.

use axum::http::StatusCode;
use serde_json::json;
use shared::config::TokenKeys;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Desk, OWN, SYSTEM, facts};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_cannot_be_linked_is_a_problem_with_the_check_and_nothing_is_kept(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5"]).await;
    desk.answers(SYSTEM, "act_7", &facts("act_7")).await;
    let missing = json!({"error": {"code": 100, "error_subcode": 33, "message": "EAAleak"}});
    desk.answers(SYSTEM, "act_8", &missing).await;

    for (account, reason) in [
        ("five", "invalid_format"),
        ("act_7", "no_access"),
        ("act_8", "not_found"),
    ] {
        let body = json!({ "account": account });
        let checked = desk
            .world
            .post(&format!("{}/check", desk.url()), &body)
            .await?;
        let refused = desk.link(&body).await?;

        assert_eq!(checked.status, StatusCode::OK);
        assert_eq!(checked.text("/reason_code"), reason, "{checked:?}");
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.fields(), ["account"]);
        assert_eq!(refused.text("/type"), "urn:sundial:problem:not-linkable");
        assert_eq!(refused.at("/check"), &checked.body);
    }
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_of_another_tenant_is_refused_without_a_word_about_that_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5"]).await;
    desk.gives(OWN, &["act_5"]).await;
    desk.link(&json!({"account": "5"})).await?;
    let other = desk.world.given_brand().await?;
    let url = format!("/api/brands/{other}/ad-accounts");

    let body = json!({"account": "5", "access_token": OWN, "is_primary": true});
    let refused = desk.world.post(&url, &body).await?;

    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert_eq!(refused.text("/type"), "urn:sundial:problem:already-linked");
    let said = refused.body.to_string();
    assert!(
        !said.contains(&desk.brand.to_string()) && !said.contains("Tea"),
        "{said}"
    );
    assert_eq!(desk.token("act_5").await?, SYSTEM, "the first is as it was");
    let gone = desk.world.delete(&format!("{url}/act_5")).await?;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_key_or_a_token_the_caller_is_told_how_to_get_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::with(pool, |config| {
        config.token_keys = TokenKeys::default();
        config.access_token = None;
    })
    .await?;

    for (body, advice) in [
        (
            json!({"account": "5", "access_token": OWN}),
            "openssl rand -base64 32",
        ),
        (json!({"account": "5"}), "META_ACCESS_TOKEN"),
        (
            json!({"account": "5", "access_token": "EAA b"}),
            "visible ASCII",
        ),
        (
            json!({"account": "5", "access_token": ["EAAb"]}),
            "must be a text",
        ),
    ] {
        let refused = desk.link(&body).await?;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.fields(), ["access_token"]);
        assert!(refused.text("/detail").contains(advice), "{refused:?}");
    }
    assert!(
        desk.server
            .received_requests()
            .await
            .unwrap_or_default()
            .is_empty()
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_is_unlinked_unless_its_numbers_are_kept(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;
    desk.link(&json!({"account": "5"})).await?;
    desk.link(&json!({"account": "6"})).await?;
    desk.world
        .sql(
            "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id,
                    meta_ad_id, meta_campaign_id, date)
             select organization_id, brand_id, 'act_5', '1', '1', '2026-11-19'
               from brand_ad_accounts where meta_ad_account_id = 'act_5'",
        )
        .await?;
    let delete = async |account: &str| {
        let url = format!("{}/{account}", desk.url());
        desk.world.delete(&url).await
    };

    assert_eq!(
        delete("act_5").await?.text("/type"),
        "urn:sundial:problem:in-use"
    );
    assert_eq!(delete("6").await?.status, StatusCode::NO_CONTENT);
    assert_eq!(delete("act_6").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(delete("act_x").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_that_is_not_there_has_no_accounts(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    let nobody = format!("/api/brands/{}/ad-accounts", Uuid::new_v4());
    let body = json!({"account": "5"});

    for answer in [
        desk.world.get(&nobody).await?,
        desk.world.post(&nobody, &body).await?,
        desk.world.post(&format!("{nobody}/check"), &body).await?,
        desk.world.delete(&format!("{nobody}/act_5")).await?,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        answer.assert_problem();
    }
    let answer = desk.world.get("/api/brands/x/ad-accounts").await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    Ok(())
}
