//! Every route × role × tenant.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use dispatcher::Route;
use serde_json::{Value, json};
use shared::domain::{Role, TokenScope};
use sqlx::PgPool;

use crate::{
    callers::Tenant,
    world::{Answer, TOKEN, World, daily, run_now},
};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// 401.
    Nobody,
    /// 403.
    Forbidden,
    /// 404: the row that the address names is not there for them.
    Missing,
    /// 422, or a result of 404: the row that the body names is not there for them.
    Refused,
    /// It reached what it is about.
    Admitted,
}

/// A request that fits the route, about rows of `tenant`.
fn request(route: &Route, tenant: &Tenant) -> (String, Option<Value>) {
    let id = match route.path.split('/').nth(2) {
        Some("jobs") => tenant.job,
        Some("runs") => tenant.run,
        Some("retry-batches") => tenant.batch,
        Some("tokens") => tenant.token,
        Some("organizations") => tenant.organization,
        _ => tenant.brand,
    };
    let path = route.path.replace("{id}", &id.to_string());
    let path = path.replace("{account}", "act_1").replace("{ad}", "1");
    let path = path.replace("{channel}", "email");
    let path = path.replace("{dataset}", "landing_pages");
    let path = match names_an_organization(route) {
        true => format!("{path}?organization_id={}", tenant.organization),
        false => path,
    };
    let body = match (route.method, route.path) {
        ("POST", "/api/jobs") => Some(daily(tenant.brand)),
        ("POST", "/api/runs" | "/api/queue-one-time-job") => Some(run_now(tenant.brand)),
        ("POST", "/api/ensure-recurring-job") => Some(json!({
            "job_type": "meta_sync", "brand_id": tenant.brand, "cron": "0 6 * * *",
        })),
        ("POST", "/api/jobs/bulk") => Some(json!({ "action": "resume", "job_ids": [tenant.job] })),
        ("POST", "/api/dead-letters/retry" | "/api/dead-letters/retry/preview") => {
            Some(json!({ "run_ids": [tenant.run] }))
        }
        ("POST", "/api/tokens") => {
            Some(json!({ "name": "a", "role": "viewer", "organization_id": tenant.organization }))
        }
        ("POST", "/api/brands/{id}/ad-accounts" | "/api/brands/{id}/ad-accounts/check") => {
            Some(json!({ "account": "act_1" }))
        }
        ("POST", "/api/jobs/{id}/preview") => Some(json!({ "cron_expression": "0 7 * * *" })),
        ("POST", "/api/schedules/preview") => Some(json!({ "cron_expression": "0 6 * * *" })),
        ("POST", "/api/notifications/read") => Some(json!({ "ids": [] })),
        ("POST", "/api/organizations") => Some(json!({ "name": "a" })),
        ("PUT", "/api/notification-channels/{channel}") => {
            Some(json!({ "is_on": true, "least_severity": "info" }))
        }
        ("PUT", "/api/dataset-limits/{dataset}") => Some(json!({ "fresh_for_hours": 48 })),
        ("PATCH", _) => Some(json!({ "name": "another name" })),
        _ => None,
    };
    (path, body)
}

/// Whether the body of the route's request names a row.
fn names_a_row(route: &Route) -> bool {
    let paths = [
        "/api/jobs",
        "/api/jobs/bulk",
        "/api/runs",
        "/api/queue-one-time-job",
        "/api/ensure-recurring-job",
        "/api/dead-letters/retry",
        "/api/dead-letters/retry/preview",
        "/api/tokens",
    ];
    route.method == "POST" && paths.contains(&route.path)
}

/// Whether the query string of the route's request names an organization.
fn names_an_organization(route: &Route) -> bool {
    let paths = ["/api/notification-channels", "/api/members"];
    paths.iter().any(|it| route.path.starts_with(it))
}

/// Whether it takes somebody whose token reaches the rows of all.
fn is_of_installation(route: &Route) -> bool {
    let path = (route.method, route.path);
    path == ("POST", "/api/organizations") || route.path == "/api/dataset-limits/{dataset}"
}

fn verdict(answer: &Answer) -> Verdict {
    let missing = ["job", "run", "batch", "brand", "token", "organization"];
    let missing = missing.map(|what| format!("there is no such {what}"));
    let refused = [
        "there is no brand with this id",
        "there is no run with one of these ids",
        "there is no organization with this id",
    ];
    let refused = refused.map(str::to_owned);
    let is_no_job = answer.text("/results/0/problem/detail") == "there is no such job";
    match answer.status {
        StatusCode::UNAUTHORIZED => Verdict::Nobody,
        StatusCode::FORBIDDEN => Verdict::Forbidden,
        StatusCode::NOT_FOUND if missing.contains(&answer.text("/detail")) => Verdict::Missing,
        StatusCode::OK if is_no_job => Verdict::Refused,
        StatusCode::UNPROCESSABLE_ENTITY if refused.contains(&answer.text("/errors/0/detail")) => {
            Verdict::Refused
        }
        status => {
            let is_fault = status.is_server_error() || status == StatusCode::METHOD_NOT_ALLOWED;
            assert!(!is_fault, "{answer:?}");
            assert_ne!(answer.text("/detail"), "nothing is served at this address");
            Verdict::Admitted
        }
    }
}

fn wanted(route: &Route, role: Option<Role>, is_scoped: bool, is_own: bool) -> Verdict {
    match role {
        None => Verdict::Nobody,
        Some(role) if role < route.least => Verdict::Forbidden,
        Some(_) if is_scoped && is_of_installation(route) => Verdict::Forbidden,
        Some(_) if !is_scoped || is_own => Verdict::Admitted,
        Some(_) if route.path.contains("{id}") || names_an_organization(route) => Verdict::Missing,
        Some(_) if names_a_row(route) => Verdict::Refused,
        Some(_) => Verdict::Admitted,
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_route_admits_whom_it_shall_to_the_rows_they_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let organization = own.organization;
    let mut callers = vec![
        (None, None, true),
        (Some(TOKEN.to_owned()), Some(Role::Admin), false),
    ];
    for role in Role::ALL {
        let (_, token) = world.given_token(*role, Some(organization)).await?;
        callers.push((Some(token), Some(*role), true));
        let (_, token) = world.given_token(*role, None).await?;
        callers.push((Some(token), Some(*role), false));
    }
    let routes = dispatcher::ROUTES.iter();
    let routes: Vec<_> = routes.filter(|it| it.path.starts_with("/api")).collect();
    let mut wrong = BTreeMap::new();

    for route in &routes {
        for (token, role, is_scoped) in &callers {
            for (tenant, is_own) in [(&own, true), (&other, false)] {
                let (path, body) = request(route, tenant);
                let call = (route.method, path.as_str());
                let answer = world.call(token.as_deref(), call, body.as_ref()).await?;
                let (is, shall) = (verdict(&answer), wanted(route, *role, *is_scoped, is_own));
                if is != shall {
                    let (method, path) = (route.method, route.path);
                    let who = format!("{method} {path} {role:?} {is_scoped} {is_own}");
                    wrong.insert(who, format!("{is:?}, not {shall:?}: {}", answer.body));
                }
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        routes.len(),
        61,
        "a route without a line here is one that nobody looked at"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_route_of_the_api_takes_its_scope(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let tenant = world.given_tenant().await?;
    let api = || {
        dispatcher::ROUTES
            .iter()
            .filter(|route| route.path.starts_with("/api"))
    };
    for (path, scope) in [
        ("/api/jobs/{id}", TokenScope::Jobs),
        ("/api/ensure-recurring-job", TokenScope::Jobs),
        ("/api/jobs/{id}/run", TokenScope::Runs),
        ("/api/dead-letters/retry", TokenScope::Runs),
        ("/api/brands/{id}/ad-accounts", TokenScope::Brands),
        ("/api/dataset-limits", TokenScope::Brands),
        ("/api/notification-channels", TokenScope::Notifications),
        ("/api/organizations", TokenScope::Access),
        ("/api/tokens/{id}/rotate", TokenScope::Access),
        ("/api/members", TokenScope::Access),
    ] {
        let route = api().find(|route| route.path == path);
        assert_eq!(route.and_then(Route::scope), Some(scope), "{path}");
    }
    for scope in TokenScope::ALL {
        let body = json!({
            "name": "a test", "role": "admin", "organization_id": tenant.organization, "scopes": [scope],
        });
        let token = world.post("/api/tokens", &body).await?.text("/token");
        for route in api() {
            let (path, body) = request(route, &tenant);
            let answer = world
                .call(Some(&token), (route.method, &path), body.as_ref())
                .await?;
            let kind = answer.text("/type");
            let is_refused = kind.ends_with(":out-of-scope");
            let is_for_all = matches!(route.path, "/api/openapi.json" | "/api/job-types");
            let is_its = is_for_all || route.scope() == Some(*scope);
            assert_eq!(
                is_refused, !is_its,
                "{scope}: {} {path}: {answer:?}",
                route.method
            );
            assert_eq!(route.scope().is_none(), is_for_all, "{path}");
        }
    }
    Ok(())
}
