//! The document says what is served, no more and no less.

use std::{collections::BTreeSet, process::Stdio};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use dispatcher::{ROUTES, SIGNED};
use serde_json::json;
use sqlx::PgPool;
use tokio::{net::TcpListener, process::Command};

use crate::world::{Answer, TOKEN, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_address_is_described_and_nothing_else(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let document = world.get("/api/openapi.json").await?;

    assert_eq!(document.text("/openapi"), "3.1.1");
    let served: BTreeSet<(String, String)> = served().collect();
    assert!(served.len() > 25, "{served:?}");
    assert_eq!(described(&document), served);
    Ok(())
}

/// Addresses and methods of the document.
fn described(document: &Answer) -> BTreeSet<(String, String)> {
    let paths = document.at("/paths").as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(|(method, _)| (path.clone(), method.clone()))
        })
        .collect()
}

/// Addresses and methods of the router, but for the document's own.
fn served() -> impl Iterator<Item = (String, String)> {
    let of_api = ROUTES
        .iter()
        .filter(|route| route.path.starts_with("/api/"));
    of_api
        .filter(|route| route.path != "/api/openapi.json")
        .map(|route| (route.method, route.path))
        .chain(SIGNED.iter().copied())
        .map(|(method, path)| (path.to_owned(), method.to_ascii_lowercase()))
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_document_is_for_callers_only(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let request = Request::get("/api/openapi.json").body(Body::empty())?;
    let answer = world.send(request).await?;

    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// Whatever the document allows, and much that it does not, gets an answer that the document knows.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whatever_is_sent_gets_a_documented_answer(pool: PgPool) -> anyhow::Result<()> {
    let Some(program) = std::env::var_os("SCHEMATHESIS") else {
        assert!(std::env::var_os("CI").is_none(), "SCHEMATHESIS is not set");
        eprintln!("SKIPPED: property tests of the API (SCHEMATHESIS names no program)");
        return Ok(());
    };
    let world = World::new(pool)?;
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("schemathesis.toml");
    std::fs::write(&settings, known(&world).await?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let output = Command::new(program)
        .current_dir(folder.path())
        .arg("--config-file")
        .arg(&settings)
        .args(["run", &format!("{address}/api/openapi.json")])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .args(["--max-examples", "20", "--seed", "1"])
        .args([
            "--generation-database",
            "none",
            "--no-color",
            "--warnings",
            "off",
        ])
        // Which fields go together, and what is a cron string, no schema says.
        .args(["--exclude-checks", "positive_data_acceptance"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("No issues found"), "{told}");
    Ok(())
}

/// Rows of each kind, as values of the paths' ids.
async fn known(world: &World) -> anyhow::Result<String> {
    let job = world.given_daily_job().await?;
    let brand = world.get(&format!("/api/jobs/{job}")).await?;
    let brand = brand.text("/brand_id");
    let run = world.given_run().await?;
    world
        .sql(
            "update scheduled_job_runs set status = 'failed', error_kind = 'permanent', error_message = 'gone',
                    started_at = now(), completed_at = now()",
        )
        .await?;
    let batch = json!({ "run_ids": [run] });
    let batch = world.post("/api/dead-letters/retry", &batch).await?;
    let batch = batch.uuid("/id")?;
    let of = |path: &str, id: &str| {
        format!(
            "[[operations]]\ninclude-path-regex = \"^/api/{path}/\"\nparameters = {{ \"path.id\" = \"{id}\" }}\n\n"
        )
    };
    Ok([
        of("jobs", &job.to_string()),
        of("brands", &brand),
        of("runs", &run.to_string()),
        of("retry-batches", &batch.to_string()),
    ]
    .concat())
}
