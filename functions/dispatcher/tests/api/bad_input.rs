//! Whatever is sent, the answer is a refusal that helps, never a 500.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

async fn raw(world: &World, path: &str, body: impl Into<Body>) -> anyhow::Result<Answer> {
    let request = World::request(Method::POST, path)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(body.into())?;
    world.send(request).await
}

fn assert_refused(answer: &Answer, what: &str) {
    assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    answer.assert_problem();
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn bytes_that_are_no_json_are_refused_everywhere(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let deep = "[".repeat(100_000);
    let deep_object = "{\"a\":".repeat(5_000);
    let bodies: [&[u8]; 14] = [
        b"{",
        b"}",
        b"\0",
        b"\xff\xfe",
        b"{\"job_type\": \"\xff\"}",
        b"nul",
        b"{\"a\":1e400}",
        b"{\"a\":1}{}",
        b"{'a':1}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\\u12\"}",
        b"--",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];

    for path in [
        "/api/runs".to_owned(),
        "/api/jobs".to_owned(),
        format!("/api/jobs/{job}/run"),
        format!("/api/jobs/{job}/pause"),
        format!("/api/jobs/{job}/archive"),
    ] {
        for body in bodies {
            let answer = raw(&world, &path, body.to_vec()).await?;
            let what = format!("{path} {:?}", body.get(..body.len().min(20)));
            assert_refused(&answer, &what);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}");
        }
    }
    Ok(())
}

/// M-42.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn values_of_the_wrong_kind_are_refused_by_field(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let odd = [
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([]),
        json!(["asset_download"]),
        json!({ "a": 1 }),
        json!(""),
        json!("x\u{0}y"),
        json!("x".repeat(10_000)),
    ];
    let run = json!({
        "job_type": "asset_download", "brand_id": brand, "product_id": brand, "name": "n",
        "parameters": {}, "trigger_source": "api",
    });
    let job = json!({
        "job_type": "asset_download", "brand_id": brand, "name": "n", "parameters": {},
        "cron_expression": "0 6 * * *", "timezone": "UTC", "dst_gap_policy": "skip",
        "overlap_policy": "queue", "misfire_policy": "all", "misfire_limit": 3,
        "misfire_window_seconds": 60, "max_retries": 0, "max_runs": 3,
    });

    for (path, good) in [("/api/runs", run), ("/api/jobs", job)] {
        for field in good.as_object().unwrap().keys() {
            for value in &odd {
                let mut body = good.clone();
                body[field] = value.clone();
                let answer = world.post(path, &body).await?;
                let what = format!("{path} {field} = {value:.60}");
                assert_refused(&answer, &what);
                let named = answer.fields();
                let is_named = named.iter().any(|name| name.starts_with(field.as_str()));
                assert!(is_named, "{what}: {named:?}");
            }
        }
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn unknown_keys_are_refused_by_name(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let paths = ["pause", "resume", "archive", "run"].map(|verb| format!("/api/jobs/{job}/{verb}"));

    for path in paths
        .iter()
        .map(String::as_str)
        .chain(["/api/runs", "/api/jobs"])
    {
        let answer = world.post(path, &json!({ "jobtype": "x" })).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.fields(), ["jobtype"], "{path}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_body_must_say_that_it_is_json(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("json"),
    ] {
        let mut request = World::request(Method::POST, "/api/runs");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let answer = world.send(request.body(Body::from("{}"))?).await?;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{kind:?}"
        );
        answer.assert_problem();
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_body_that_is_too_large_is_not_read(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let fits = format!("{{\"name\":\"{}\"}}", "x".repeat(256 * 1024 - 11));
    let too_large = format!("{fits} ");

    let fits = raw(&world, "/api/runs", fits).await?;
    let too_large = raw(&world, "/api/runs", too_large).await?;

    assert_eq!(
        fits.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "read, and found wanting"
    );
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
    too_large.assert_problem();
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn odd_addresses_are_refused_by_name(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;

    for (path, field) in [
        ("/api/runs/x".to_owned(), "id"),
        ("/api/runs/%00".to_owned(), "id"),
        ("/api/runs/%ff".to_owned(), "id"),
        (format!("/api/runs/{run}x"), "id"),
        (format!("/api/runs/{run}%20/logs"), "id"),
        ("/api/jobs/0".to_owned(), "id"),
        ("/api/runs?limit=0".to_owned(), "limit"),
        ("/api/runs?limit=201".to_owned(), "limit"),
        ("/api/runs?limit=-1".to_owned(), "limit"),
        ("/api/runs?limit=1.5".to_owned(), "limit"),
        ("/api/runs?limit=99999999999999999999".to_owned(), "limit"),
        ("/api/runs?limit=1&limit=2".to_owned(), "limit"),
        ("/api/runs?brand_id=x".to_owned(), "brand_id"),
        ("/api/runs?job_id=%00".to_owned(), "job_id"),
        ("/api/runs?status=done".to_owned(), "status"),
        ("/api/runs?status=%00".to_owned(), "status"),
        ("/api/runs?brand=x".to_owned(), "brand"),
        ("/api/jobs?status=pending".to_owned(), "status"),
        ("/api/jobs?job_type=%ff%fe".to_owned(), "job_type"),
        (format!("/api/runs/{run}/logs?after=-1"), "after"),
        (format!("/api/runs/{run}/logs?limit=1001"), "limit"),
    ] {
        let answer = world.get(&path).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.fields(), [field], "{path}");
    }
    let pairs = vec!["a=b"; 5_000].join("&");
    assert_refused(
        &world.get(&format!("/api/runs?{pairs}")).await?,
        "many names",
    );
    Ok(())
}

/// Splices random bytes into good requests; the seed is fixed, so a failure can be replayed.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn mangled_requests_never_fail_inside(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand: Uuid = world.given_brand().await?;
    let good = json!({
        "job_type": "asset_download", "brand_id": brand, "parameters": { "max_videos": 5 },
        "cron_expression": "0 6 * * MON-FRI", "timezone": "Europe/Berlin",
    })
    .to_string()
    .into_bytes();
    let mut seed = 0x5eed_u64;
    let mut next = |below: usize| {
        // Numerical Recipes' linear congruential generator.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };

    for round in 0..400 {
        let mut body = good.clone();
        for _ in 0..=next(3) {
            let at = next(body.len());
            match next(3) {
                0 => body[at] = u8::try_from(next(256))?,
                1 => body.truncate(at + 1),
                _ => drop(body.splice(at..at, good[next(good.len())..].iter().copied().take(9))),
            }
        }
        let path = ["/api/jobs", "/api/runs"][round % 2];
        let answer = raw(&world, path, body.clone()).await?;
        assert!(
            answer.status.as_u16() < 500,
            "round {round}: {answer:?} to {}",
            String::from_utf8_lossy(&body)
        );
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn names_are_one_line_of_bounded_length(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let answer = async |name: &str| {
        let body = json!({ "job_type": "asset_download", "brand_id": brand, "name": name });
        world.post("/api/runs", &body).await
    };

    for name in ["", "   ", "two\nlines", "bell\u{7}", &"ü".repeat(201)] {
        assert_eq!(answer(name).await?.fields(), ["name"], "{name:?}");
    }
    let longest = answer(&format!("  {}  ", "ü".repeat(200))).await?;
    assert_eq!(longest.status, StatusCode::ACCEPTED);
    let kept: Value = world
        .get(&longest.text("/url"))
        .await?
        .at("/job_name")
        .clone();
    assert_eq!(kept, json!("ü".repeat(200)));
    Ok(())
}
