//! Tokens of an identity provider, with keys that are made here and published by a stand-in.

mod desk;

use axum::http::StatusCode;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use self::desk::{AUDIENCE, Desk, Key};
use crate::world::with;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whom_the_provider_vouches_for_calls_in_their_highest_role(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (ec, rsa) = (Key::new("ec")?, Key::rsa("rsa")?);
    desk.publishes(&[&ec, &rsa]).await;
    let job = desk.world.given_daily_job().await?;
    let token = ec.sign(&desk.claims())?;

    let pause = format!("/api/jobs/{job}/pause");
    let paused = desk
        .world
        .call(Some(&token), ("POST", &pause), None)
        .await?;
    let kept_out = desk
        .world
        .call(Some(&token), ("GET", "/api/tokens"), None)
        .await?;

    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    assert_eq!(kept_out.status, StatusCode::FORBIDDEN);
    let changes = desk.world.get(&format!("/api/jobs/{job}/changes")).await?;
    assert_eq!(
        changes.text("/changes/0/changed_by"),
        "user u-1 (ada@example.com)"
    );
    let owner = with(desk.claims(), &json!({ "app": { "roles": "owners" } }));
    let owner = rsa.sign_as(Algorithm::RS256, &owner)?;
    let admitted = desk
        .world
        .call(Some(&owner), ("GET", "/api/tokens"), None)
        .await?;
    assert_eq!(admitted.status, StatusCode::OK, "{admitted:?}");
    assert_eq!(desk.asked().await, 1, "keys are kept");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_token_that_is_not_meant_for_us_now_is_nobodys(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (key, other) = (Key::new("ours")?, Key::new("ours")?);
    desk.publishes(&[&key]).await;
    let now = desk.world.now().timestamp();
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    for change in [
        json!({ "iss": "https://id.example.com/" }),
        json!({ "iss": null }),
        json!({ "aud": "others" }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "exp": null }),
        json!({ "exp": (now + 600).to_string() }),
        json!({ "exp": now - 60 }),
        json!({ "nbf": now + 61 }),
        json!({ "nbf": "soon" }),
        json!({ "app": {} }),
        json!({ "app": { "roles": ["else"] } }),
    ] {
        let token = key.sign(&with(desk.claims(), &change))?;
        assert_eq!(desk.status(&token).await?, 401, "{change}");
    }
    for change in [
        json!({ "exp": now - 59 }),
        json!({ "nbf": now + 60 }),
        json!({ "aud": ["others", AUDIENCE] }),
    ] {
        let token = key.sign(&with(desk.claims(), &change))?;
        assert_eq!(desk.status(&token).await?, 200, "{change}");
    }
    let forged = other.sign(&desk.claims())?;
    assert_eq!(
        desk.status(&forged).await?,
        401,
        "another key of the same name"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_that_everybody_knows_sign_nothing(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let secret = Key {
        kid: "shared",
        signs: EncodingKey::from_secret(b"published"),
        published: json!({ "kty": "oct", "k": "cHVibGlzaGVk", "kid": "shared" }),
    };
    let mut encrypts = Key::new("encrypts")?;
    encrypts.published = with(encrypts.published, &json!({ "use": "enc" }));
    let mut of_another = Key::new("of-another")?;
    of_another.published = with(of_another.published, &json!({ "alg": "ES384" }));
    let key = Key::new("ours")?;
    desk.publishes(&[&secret, &encrypts, &of_another, &key])
        .await;

    let by_secret = secret.sign_as(Algorithm::HS256, &desk.claims())?;
    let good = key.sign(&desk.claims())?;
    let parts: Vec<_> = good.split('.').collect();
    // {"alg":"none","kid":"ours"}
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9.{}.", parts[1]);
    let stripped = format!("{}.{}.", parts[0], parts[1]);
    for token in [
        by_secret,
        encrypts.sign(&desk.claims())?,
        of_another.sign(&desk.claims())?,
        unsigned,
        stripped,
        format!("{good}A"),
        "..".to_owned(),
        format!("{}.a.a", "a".repeat(20_000)),
    ] {
        assert_eq!(desk.status(&token).await?, 401, "{token}");
    }
    assert_eq!(desk.status(&good).await?, 200);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_new_key_is_found_and_strangers_cannot_make_us_ask_for_more(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (old, new, strange) = (Key::new("old")?, Key::new("new")?, Key::new("strange")?);
    desk.publishes(&[&old]).await;
    assert_eq!(desk.status(&old.sign(&desk.claims())?).await?, 200);

    desk.publishes(&[&old, &new]).await;
    for _ in 0..3 {
        assert_eq!(desk.status(&strange.sign(&desk.claims())?).await?, 401);
    }
    assert_eq!(desk.asked().await, 0, "within a minute");
    desk.world.pass(TimeDelta::minutes(1));

    assert_eq!(desk.status(&new.sign(&desk.claims())?).await?, 200);
    assert_eq!(desk.status(&strange.sign(&desk.claims())?).await?, 401);
    assert_eq!(desk.asked().await, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_outlast_an_outage_and_not_their_withdrawal(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let key = Key::new("ours")?;
    let silent = desk
        .world
        .call(Some(&key.sign(&desk.claims())?), ("GET", "/api/jobs"), None)
        .await?;
    assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{silent:?}");
    desk.world.pass(TimeDelta::minutes(1));
    desk.publishes(&[&key]).await;
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    desk.server.reset().await;
    desk.world.pass(TimeDelta::hours(2));
    assert_eq!(
        desk.status(&key.sign(&desk.claims())?).await?,
        200,
        "an outage"
    );
    desk.publishes(&[]).await;
    desk.world.pass(TimeDelta::minutes(1));
    assert_eq!(
        desk.status(&key.sign(&desk.claims())?).await?,
        401,
        "withdrawn"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_that_cannot_be_read_for_a_day_are_good_no_more(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let key = Key::new("ours")?;
    desk.publishes(&[&key]).await;
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    desk.server.reset().await;
    desk.world.pass(TimeDelta::hours(24));

    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 503);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_person_of_an_organisation_reaches_its_rows_alone(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, Some("/app/organization")).await?;
    let key = Key::new("ours")?;
    desk.publishes(&[&key]).await;
    let (own, other) = (
        desk.world.given_tenant().await?,
        desk.world.given_tenant().await?,
    );
    let app = json!({ "roles": ["staff"], "organization": own.organization });
    let token = key.sign(&with(desk.claims(), &json!({ "app": app })))?;

    for (job, status) in [(own.job, 200), (other.job, 404)] {
        let path = format!("/api/jobs/{job}");
        let answer = desk.world.call(Some(&token), ("GET", &path), None).await?;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
    let nowhere = json!({ "roles": ["owners"], "organization": Uuid::new_v4() });
    let nowhere = key.sign(&with(desk.claims(), &json!({ "app": nowhere })))?;
    let token = json!({ "name": "a", "role": "viewer" });
    let call = ("POST", "/api/tokens");
    let refused = desk.world.call(Some(&nowhere), call, Some(&token)).await?;
    assert_eq!(refused.fields(), ["organization_id"], "{refused:?}");
    for app in [
        json!({ "roles": ["staff"] }),
        json!({ "roles": ["staff"], "organization": "acme" }),
        json!({ "roles": ["staff"], "organization": null }),
    ] {
        let token = key.sign(&with(desk.claims(), &json!({ "app": app })))?;
        assert_eq!(desk.status(&token).await?, 401, "{app}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_came_is_known_as_they_were_last(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, Some("/app/organization")).await?;
    let key = Key::new("ours")?;
    desk.publishes(&[&key]).await;
    let (own, other) = (
        desk.world.given_tenant().await?,
        desk.world.given_tenant().await?,
    );
    let token = |subject: &str, role: &str, organization: Uuid| {
        let app = json!({ "roles": [role], "organization": organization });
        let claims = json!({ "sub": subject, "app": app });
        key.sign(&with(desk.claims(), &claims))
    };
    let came = desk.world.now();
    for (subject, role, organization) in [
        ("u-1", "guests", own.organization),
        ("u-1", "owners", own.organization),
        ("u-2", "staff", other.organization),
        ("u-3", "staff", Uuid::new_v4()),
    ] {
        let token = token(subject, role, organization)?;
        assert_eq!(desk.status(&token).await?, 200, "{subject}");
    }
    desk.world.pass(TimeDelta::seconds(59));
    desk.status(&token("u-2", "staff", other.organization)?)
        .await?;
    desk.world.pass(TimeDelta::minutes(4));
    let admin = token("u-1", "owners", own.organization)?;

    let own_list = "/api/members";
    let own_list = desk
        .world
        .call(Some(&admin), ("GET", own_list), None)
        .await?;
    let others = format!("/api/members?organization_id={}", other.organization);
    let refused = desk
        .world
        .call(Some(&admin), ("GET", &others), None)
        .await?;
    let first = desk.world.get("/api/members?limit=1").await?;
    let after = format!("/api/members?after={}", first.text("/next_after"));
    let second = desk.world.get(&after).await?;
    let of_other = desk.world.get(&others).await?;

    assert_eq!(
        own_list.text("/members/0/name"),
        "user u-1 (ada@example.com)"
    );
    assert_eq!(own_list.at("/members/1"), &Value::Null);
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(first.text("/members/0/role"), "admin");
    assert_eq!(first.uuid("/members/0/organization_id")?, own.organization);
    assert_eq!(first.at("/members/0/first_seen_at"), &json!(came));
    let last = came + TimeDelta::seconds(59) + TimeDelta::minutes(4);
    assert_eq!(first.at("/members/0/last_seen_at"), &json!(last));
    assert_eq!(second.at("/members/0"), of_other.at("/members/0"));
    let seen = second.at("/members/0/last_seen_at");
    assert_eq!(seen, &json!(came), "to the minute");
    assert_eq!(second.at("/members/1"), &Value::Null, "nobody of nowhere");
    Ok(())
}
