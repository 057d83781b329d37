//! Whose rows there are, and who may reach them.

use axum::http::StatusCode;
use dispatcher::{State, Tokens};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::config::Oidc;
use sqlx::PgPool;

use crate::world::{TOKEN, World};

const PAGE: &str = "/console/organizations";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_is_made_and_renamed_by_forms(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let page = world.get(PAGE).await?;
    page.assert_says("There is no organization yet.");
    page.assert_says("2 tokens in <code>SUNDIAL_API_TOKEN_SHA256</code>");
    page.assert_says("No identity provider is set up");

    let id = page.field("id");
    let fields = [("id", id.as_str()), ("name", "Northwind")];
    let made = world.press(PAGE, &fields).await?;
    world.press(PAGE, &fields).await?;
    world.get(made.location()).await?.assert_says("Northwind");
    assert_eq!(world.count("organizations").await?, 1);
    let path = format!("{PAGE}/{id}/rename");
    let renamed = world.press(&path, &[("name", "Southwind")]).await?;
    let page = world.get(renamed.location()).await?;
    page.assert_says("Southwind");
    page.assert_does_not_say("Northwind");
    let unnamed = world.press(&path, &[]).await?;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_administrator_of_an_organization_sees_that_one_alone(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    let (own, other) = (
        world.given_brand("Ours").await?,
        world.given_brand("Theirs").await?,
    );
    let of = async |brand| -> anyhow::Result<uuid::Uuid> {
        let sql = "select organization_id from brands where id = $1";
        Ok(sqlx::query_scalar(sql)
            .bind(brand)
            .fetch_one(&world.pool)
            .await?)
    };
    let (own, other) = (of(own).await?, of(other).await?);
    let body = json!({ "name": "an admin", "role": "admin", "organization_id": own });
    let made = world
        .api(axum::http::Method::POST, "/api/tokens", &body)
        .await?;
    let token = made.pointer("/token").and_then(serde_json::Value::as_str);
    world.sign_in_with(token.unwrap_or_default()).await?;

    let page = world.get(PAGE).await?;

    page.assert_says(&format!("/console/tokens?organization={own}"));
    page.assert_does_not_say(&other.to_string());
    page.assert_does_not_say("Make an organization");
    page.assert_does_not_say("SUNDIAL_API_TOKEN_SHA256");
    let tokens = world
        .get(&format!("/console/tokens?organization={other}"))
        .await?;
    assert_eq!(tokens.status, StatusCode::NOT_FOUND);
    let tokens = world
        .get(&format!("/console/tokens?organization={own}"))
        .await?;
    tokens.assert_says("an admin");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_the_settings_say_of_people_is_shown(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;
    let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]);
    let provider = Oidc {
        issuer: "https://id.example.com".to_owned(),
        jwks_url: "https://id.example.com/keys".parse()?,
        audience: "sundial".to_owned(),
        role_claim: "/app_metadata/role".to_owned(),
        roles: vec![("staff".to_owned(), "operator".to_owned())],
        organization_claim: None,
    };
    world.router = dispatcher::router(State {
        tokens: tokens.with_provider(provider),
        ..world.state.clone()
    });

    let page = world.get(PAGE).await?;

    page.assert_says("1 token in");
    page.assert_says("<dd>https://id.example.com</dd>");
    page.assert_says("<code>/app_metadata/role</code>");
    page.assert_says("<th scope=\"row\">staff</th><td>operator</td>");
    page.assert_says("everybody reaches the rows of all");
    Ok(())
}
