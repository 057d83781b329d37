//! Signing in and out, and what a session is good for.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::world::{TOKEN, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_becomes_a_session_of_which_only_digests_are_kept(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    world
        .get("/console/sign-in")
        .await?
        .assert_says("name=\"token\"");

    let page = world.sign_in().await?;

    assert_eq!(page.location(), "/console");
    let cookie = page.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-sundial="), "{cookie}");
    let wanted = "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure";
    assert!(cookie.ends_with(wanted), "{cookie}");
    assert_eq!(world.get("/console").await?.status, StatusCode::OK);
    let (id, token): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("select id_sha256, token_sha256 from console_sessions")
            .fetch_one(&world.pool)
            .await?;
    assert_eq!(token, Sha256::digest(TOKEN).to_vec());
    let shown = world.cookie.clone().unwrap_or_default();
    assert!(
        !shown.contains(&hex::encode(&id)),
        "the cookie is not what is kept"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn on_this_machine_the_cookie_goes_without_tls(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut request = world.form("/console/sign-in", &[("token", TOKEN)])?;
    let headers = request.headers_mut();
    headers.insert("x-forwarded-proto", "http".parse()?);
    headers.insert(header::HOST, "127.0.0.1:7070".parse()?);

    let page = world.send(request).await?;

    let cookie = page.header(header::SET_COOKIE);
    assert!(cookie.starts_with("sundial="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_wrong_token_gets_the_same_answer_and_no_session(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut pages = vec![];

    for token in ["", "wrong", "the right toke", "\u{0}", &"x".repeat(10_000)] {
        let page = world
            .submit("/console/sign-in", &[("token", token)])
            .await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token}");
        assert_eq!(page.header(header::SET_COOKIE), "");
        pages.push(page.text);
    }

    assert!(
        pages.iter().all(|text| *text == pages[0]),
        "one answer for all"
    );
    assert!(pages[0].contains("not valid"), "{}", pages[0]);
    assert_eq!(world.count("console_sessions").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_session_one_is_led_to_the_door_and_back(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;

    let home = world.get("/").await?;
    let console = world.get("/console").await?;
    let jobs = world.get("/console/jobs?status=paused&text=a%20b").await?;
    let form = world.submit("/console/jobs/new", &[("name", "a")]).await?;

    assert_eq!(home.location(), "/console");
    assert_eq!(console.location(), "/console/sign-in");
    let next = "%2Fconsole%2Fjobs%3Fstatus%3Dpaused%26text%3Da%2520b";
    assert_eq!(jobs.location(), format!("/console/sign-in?next={next}"));
    assert_eq!(form.location(), "/console/sign-in");
    let door = world.get(&format!("/console/sign-in?next={next}")).await?;
    assert_eq!(
        door.field("next"),
        "/console/jobs?status=paused&#38;text=a%20b"
    );
    let next = "/console/jobs?status=paused&text=a%20b";
    let fields = [("token", TOKEN), ("next", next)];
    let page = world.submit("/console/sign-in", &fields).await?;
    assert_eq!(page.location(), next);
    world.sign_in().await?;
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nobody_is_led_elsewhere(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    for next in [
        "//evil.example",
        "https://evil.example/console",
        "/\\evil.example",
        "/api/runs",
    ] {
        let page = world
            .submit("/console/sign-in", &[("token", TOKEN), ("next", next)])
            .await?;
        assert_eq!(page.location(), "/console", "{next}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_session_ends_after_twelve_hours_or_with_its_token(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;

    world.pass(TimeDelta::hours(12) - TimeDelta::seconds(1));
    assert_eq!(world.get("/console").await?.status, StatusCode::OK);
    world.pass(TimeDelta::seconds(1));
    assert_eq!(world.get("/console").await?.location(), "/console/sign-in");

    world.sign_in().await?;
    assert_eq!(
        world.count("console_sessions").await?,
        1,
        "the old one is deleted"
    );
    world.revoke_token();
    assert_eq!(world.get("/console").await?.location(), "/console/sign-in");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn signing_out_ends_the_session_everywhere(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    let page = world.press("/console/sign-out", &[]).await?;

    assert_eq!(page.location(), "/console/sign-in");
    assert!(
        page.header(header::SET_COOKIE)
            .starts_with("__Host-sundial=; ")
    );
    assert_eq!(world.count("console_sessions").await?, 0);
    let with_the_old_cookie = world.get("/console").await?;
    assert_eq!(with_the_old_cookie.location(), "/console/sign-in");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_session_is_nothing_to_the_api_and_a_bearer_nothing_to_the_console(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;

    let api = world.get("/api/jobs").await?;
    world.cookie = None;
    let request = world
        .request(Method::GET, "/console")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Body::empty())?;

    assert_eq!(api.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.send(request).await?.location(), "/console/sign-in");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_that_no_page_of_the_session_made_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/archive");
    let other = {
        let mut other = World::new(world.pool.clone())?;
        other.sign_in().await?;
        other.proof().await?
    };
    let own = world.proof().await?;

    for proof in ["", "x", &other, &own[..own.len() - 1]] {
        let page = world.submit(&path, &[("proof", proof)]).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{proof}");
        page.assert_says("open the page again");
    }
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let mut request = world.form(&path, &[("proof", &own)])?;
        request
            .headers_mut()
            .insert(header::HOST, "console.example".parse()?);
        request.headers_mut().insert(name, value.parse()?);
        let page = world.send(request).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(
        world
            .count("scheduled_jobs where status = 'archived'")
            .await?,
        0
    );

    let mut request = world.form(&path, &[("proof", &own)])?;
    request
        .headers_mut()
        .insert(header::HOST, "console.example".parse()?);
    request
        .headers_mut()
        .insert("origin", "https://console.example".parse()?);
    assert_eq!(world.send(request).await?.status, StatusCode::SEE_OTHER);
    assert_eq!(
        world
            .count("scheduled_jobs where status = 'archived'")
            .await?,
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_strange_site_cannot_sign_anybody_in(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut request = world.form("/console/sign-in", &[("token", TOKEN)])?;
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse()?);

    let page = world.send(request).await?;

    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(world.count("console_sessions").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_is_bounded_and_is_a_form(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let path = format!(
        "/console/jobs/{}/pause",
        world.given_daily_job("Daily").await?
    );
    let many = vec![("a", ""); 2_001];
    let mut json = world.form(&path, &[])?;
    let kind = header::CONTENT_TYPE;
    json.headers_mut().insert(kind, "application/json".parse()?);
    *json.body_mut() = Body::from("{}");

    let large = world
        .press(&path, &[("reason", &"x".repeat(300_000))])
        .await?;
    let many = world.press(&path, &many).await?;
    let json = world.send(json).await?;

    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(many.status, StatusCode::BAD_REQUEST);
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for page in [large, many, json] {
        page.assert_says("role=\"alert\"");
    }
    Ok(())
}
