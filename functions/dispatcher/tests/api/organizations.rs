//! Organisations, and who may make and rename them.

use axum::http::StatusCode;
use serde_json::json;
use shared::domain::Role;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

const PATH: &str = "/api/organizations";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_is_made_once_and_renamed(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let empty = world.get(PATH).await?;
    let id = Uuid::new_v4();
    let body = json!({ "id": id, "name": " Northwind " });

    let first = world.post(PATH, &body).await?;
    let second = world.post(PATH, &body).await?;
    let other = json!({ "id": id, "name": "Southwind" });
    let taken = world.post(PATH, &other).await?;
    let unnamed = world.post(PATH, &json!({ "name": "" })).await?;
    let path = format!("{PATH}/{id}");
    let renamed = world.patch(&path, &json!({ "name": "Eastwind" })).await?;
    let listed = world.get(PATH).await?;
    let nowhere = format!("{PATH}/{}", Uuid::new_v4());
    let nobody = world.patch(&nowhere, &json!({ "name": "x" })).await?;

    assert_eq!(empty.at("/organizations"), &json!([]));
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(first.header("location"), path);
    assert_eq!(first.text("/name"), "Northwind");
    assert_eq!((second.status, second.body), (StatusCode::OK, first.body));
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(unnamed.fields(), ["name"]);
    assert_eq!(renamed.text("/name"), "Eastwind");
    assert_eq!(listed.at("/organizations/0"), &renamed.body);
    assert_eq!(listed.at("/is_complete"), true);
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_tells_what_it_has_and_which_tokens_are_good(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let tenant = world.given_tenant().await?;
    let other = world.given_tenant().await?;
    let organization = Some(tenant.organization);
    let (_, token) = world.given_token(Role::Admin, organization).await?;
    let (expired, _) = world.given_token(Role::Admin, organization).await?;
    let (revoked, _) = world.given_token(Role::Operator, organization).await?;
    world
        .sql(&format!(
            "update api_tokens set revoked_at = case id when '{revoked}' then created_at end,
                                   expires_at = case id when '{expired}' then created_at end
              where id in ('{revoked}', '{expired}')"
        ))
        .await?;

    let of_all = world.get(PATH).await?;
    let own = world.call(Some(&token), ("GET", PATH), None).await?;
    let name = json!({ "name": "Ours" });
    let path = format!("{PATH}/{}", tenant.organization);
    let renamed = world
        .call(Some(&token), ("PATCH", &path), Some(&name))
        .await?;
    let path = format!("{PATH}/{}", other.organization);
    let theirs = world
        .call(Some(&token), ("PATCH", &path), Some(&name))
        .await?;
    let made = world
        .call(Some(&token), ("POST", PATH), Some(&name))
        .await?;

    assert_eq!(of_all.at("/organizations/1/brands"), 1);
    let only = own.at("/organizations/0");
    assert_eq!(only["id"], tenant.organization.to_string());
    assert_eq!((&only["brands"], &only["jobs"]), (&json!(1), &json!(1)));
    let tokens = json!({ "viewer": 1, "operator": 1, "admin": 1 });
    assert_eq!(only["tokens"], tokens);
    assert_eq!(own.at("/organizations/1"), &json!(null));
    assert_eq!(renamed.text("/name"), "Ours");
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    assert_eq!(made.status, StatusCode::FORBIDDEN);
    Ok(())
}
