//! What visitors of each role see, and what they are kept from.

use axum::http::StatusCode;
use serde_json::json;
use shared::domain::Role;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

impl World {
    /// A browser whose visitor has this role in an organisation, or in the installation.
    async fn signed_in_as(
        mut self,
        role: Role,
        organization: Option<Uuid>,
    ) -> anyhow::Result<Self> {
        let body = json!({ "name": "a test", "role": role, "organization_id": organization });
        let made = self
            .api(axum::http::Method::POST, "/api/tokens", &body)
            .await?;
        let token = made.pointer("/token").and_then(serde_json::Value::as_str);
        self.sign_in_with(token.unwrap_or_default()).await?;
        Ok(self)
    }

    async fn organization_of(&self, job: Uuid) -> anyhow::Result<Uuid> {
        let sql = "select organization_id from scheduled_jobs where id = $1";
        Ok(sqlx::query_scalar(sql)
            .bind(job)
            .fetch_one(&self.pool)
            .await?)
    }
}

/// Fields of forms, each of a session of its own.
fn without_values(text: &str) -> String {
    text.split("value=\"").next().unwrap_or_default().to_owned()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_viewer_sees_everything_and_no_button_but_the_way_out(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_dead_letter("no such brand").await?;
    let job = world.given_daily_job("Another").await?;
    let world = world.signed_in_as(Role::Viewer, None).await?;

    for path in [
        "/console",
        "/console/jobs",
        &format!("/console/jobs/{job}"),
        "/console/runs",
        &format!("/console/runs/{run}"),
        &format!("/console/runs/{run}/live"),
        "/console/dead-letters",
        "/console/freshness",
        "/console/ads",
        "/console/notifications",
        "/console/notifications/channels",
        "/console/calendar",
        "/console/strip?job_type=asset_download",
    ] {
        let page = world.get(path).await?;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let forms = page.text.matches("method=\"post\"").count();
        let ways_out = page.text.matches("/console/sign-out").count();
        assert_eq!(forms, ways_out, "{path} {}", without_values(&page.text));
        for link in [
            "/console/jobs/new",
            "/edit\"",
            "/run\"",
            "/run?like",
            "/retry\"",
            "/console/runs/new",
            "/console/tokens",
            "/console/members",
            "/console/organizations",
        ] {
            page.assert_does_not_say(link);
        }
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_may_not_open_a_page_is_told_which_role_it_takes(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job("Daily").await?;
    let world = world.signed_in_as(Role::Viewer, None).await?;

    for (path, role) in [
        ("/console/jobs/new".to_owned(), "operator"),
        (format!("/console/jobs/{job}/edit"), "operator"),
        (format!("/console/jobs/{job}/run"), "operator"),
        ("/console/runs/new?type=meta_sync".to_owned(), "operator"),
        (format!("/console/runs/{job}/retry"), "operator"),
        ("/console/organizations".to_owned(), "admin"),
        ("/console/members".to_owned(), "admin"),
        ("/console/tokens".to_owned(), "admin"),
    ] {
        let page = world.get(&path).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.assert_says("<h1>No permission</h1>");
        page.assert_says(&format!("this takes the role `{role}`"));
        page.assert_says("has the role `viewer`");
    }
    let path = format!("/console/jobs/{job}/pause");
    let page = world.press(&path, &[]).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.assert_says("<h1>No permission</h1>");
    let paused = "scheduled_jobs where status = 'paused'";
    assert_eq!(world.count(paused).await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_visitor_of_one_organisation_finds_no_rows_of_others(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (
        world.given_daily_job("Ours").await?,
        world.given_daily_job("Theirs").await?,
    );
    let run = world.given_run_of(other).await?;
    let organization = world.organization_of(own).await?;
    let world = world.signed_in_as(Role::Admin, Some(organization)).await?;

    for path in [
        format!("/console/jobs/{other}"),
        format!("/console/jobs/{other}/edit"),
        format!("/console/runs/{run}"),
        format!("/console/runs/{run}/live"),
        format!("/console/runs/{run}/log"),
    ] {
        let page = world.get(&path).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        format!("/console/jobs/{other}/pause"),
        format!("/console/runs/{run}/cancel"),
    ] {
        let page = world.press(&path, &[]).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    let (own, other) = (own.to_string(), other.to_string());
    let both = [
        ("job", other.as_str()),
        ("job", own.as_str()),
        ("do", "archive"),
    ];
    let step = world.press("/console/jobs/bulk", &both).await?;
    step.assert_says("<h1>Archive 1 job?</h1>");
    step.assert_does_not_say("Theirs");
    let both = [&both[..], &[("confirmed", "yes")]].concat();
    let done = world.press("/console/jobs/bulk", &both).await?;
    done.assert_says("<h1>Archived 1 of 2 jobs</h1>");
    done.assert_does_not_say("Theirs");
    let archived = format!("scheduled_jobs where status = 'archived' and id = '{own}'");
    assert_eq!(world.count(&archived).await?, 1);
    let page = world.get(&format!("/console/jobs/{own}")).await?;
    assert_eq!(page.status, StatusCode::OK);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_page_asks_for_its_role(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    let job = world.given_daily_job("Daily").await?;
    let mut wrong = vec![];
    let routes = dispatcher::ROUTES.iter();
    let routes: Vec<_> = routes
        .filter(|it| it.path.starts_with("/console"))
        .collect();
    let organization = world.organization_of(job).await?;
    let visitors = Role::ALL
        .iter()
        .flat_map(|role| [(role, None), (role, Some(organization))]);

    for (role, organization) in visitors {
        world = world.signed_in_as(*role, organization).await?;
        let proof = world.proof().await?;
        for route in routes.iter().filter(|it| it.path != "/console/sign-out") {
            let path = route.path.replace("{id}", &job.to_string());
            let page = match route.method {
                "POST" => world.submit(&path, &[("proof", &proof)]).await?,
                _ => world.get(&path).await?,
            };
            let is_kept_out = page.status == StatusCode::FORBIDDEN;
            // Who belongs to an organisation makes none, and sets no limits of all.
            let call = (route.method, route.path);
            let of_installation = ["/console/organizations", "/console/freshness/limits"];
            let is_of_installation = call.0 == "POST" && of_installation.contains(&call.1);
            let shall = *role < route.least || (is_of_installation && organization.is_some());
            if is_kept_out != shall || page.status.is_server_error() {
                let (method, path, status) = (route.method, route.path, page.status);
                wrong.push(format!("{method} {path} {role} {organization:?} {status}"));
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
