//! Pages are read where their hosts allow it, within bounds.

use std::time::Duration;

use axum::http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use futures_util::future::join_all;
use shared::clients::{
    http::{FetchError, Refusal},
    pages::{PageError, PageText},
};
use tokio::time::timeout;

use super::pages_site::{Answer, Site, endless, html, plain, redirect, status};

const TEA: &str = "<title>Tea</title><h1>Green tea</h1>";

impl Site {
    async fn read(&self, path: &str) -> Result<PageText, PageError> {
        self.pages().read(&format!("{}{path}", self.url)).await
    }

    /// `read`, or the kind of error and whether it may pass.
    async fn outcome(&self, path: &str) -> String {
        match self.read(path).await {
            Ok(_) => "read".to_owned(),
            Err(error) => format!("{} {}", error.kind(), error.may_pass()),
        }
    }
}

#[tokio::test]
async fn a_guest_says_who_it_is_and_asks_for_the_rules_first() {
    let site = Site::start(|path| (path == "/tea?a=1").then(|| html(TEA))?).await;
    let page = site.read("/tea?a=1").await.unwrap();

    assert_eq!(page.markdown, "# Green tea");
    assert_eq!(page.title.as_deref(), Some("Tea"));
    assert_eq!(site.asked(), ["/robots.txt", "/tea?a=1"]);
    let name = format!(
        "Sundial/{} (+landing page check of an advertiser)",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(site.headers(USER_AGENT), [name.clone(), name]);
    assert_eq!(site.headers(ACCEPT)[1], "text/html,application/xhtml+xml");
}

#[tokio::test]
async fn rules_are_obeyed() {
    let long = format!("#{}\n", "x".repeat(600 * 1024));
    for (rules, outcome) in [
        ("User-agent: *\nDisallow: /tea", "refused_by_robots false"),
        (
            "User-agent: sundial\nDisallow: /*?*a=",
            "refused_by_robots false",
        ),
        ("User-agent: *\nDisallow: /coffee", "read"),
        ("User-agent: *\nDisallow: /tea\nAllow: /tea?a=1", "read"),
        (
            "User-agent: Sundial\nAllow: /\n\nUser-agent: *\nDisallow: /",
            "read",
        ),
        ("User-agent: other\nDisallow: /", "read"),
        ("<html>not found</html>", "read"),
        ("", "read"),
        // What stands behind half a megabyte does not count.
        (&format!("{long}User-agent: *\nDisallow: /"), "read"),
    ] {
        let text = rules.to_owned();
        let site = Site::start(move |path| match path {
            "/robots.txt" => plain(&text),
            _ => html(TEA),
        })
        .await;
        let end = &rules[rules.len().saturating_sub(60)..];
        assert_eq!(site.outcome("/tea?a=1").await, outcome, "{end}");
        let asked = if outcome == "read" { 2 } else { 1 };
        assert_eq!(site.asked().len(), asked, "{end}");
    }
}

#[tokio::test]
async fn without_rules_all_is_allowed_and_without_an_answer_nothing() {
    for (code, outcome) in [
        (401, "read"),
        (403, "read"),
        (404, "read"),
        (429, "refused_by_robots true"),
        (500, "refused_by_robots true"),
        (503, "refused_by_robots true"),
    ] {
        let site = Site::start(move |path| match path {
            "/robots.txt" => status(code),
            _ => html(TEA),
        })
        .await;
        assert_eq!(site.outcome("/tea").await, outcome, "{code}");
    }
    let silent = Site::start(|_| Some(Answer::Silence)).await;
    let mut pages = silent.pages();
    pages.patience = Duration::from_millis(50);
    let error = pages
        .read(&format!("{}/tea", silent.url))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "timed_out");
    assert!(!silent.asked().contains(&"/tea".to_owned()));
}

#[tokio::test]
async fn rules_are_found_behind_redirects_unless_those_have_no_end() {
    let site = Site::start(|path| match path {
        "/robots.txt" => redirect("/1"),
        "/1" => redirect("/2"),
        "/2" => redirect("/rules"),
        "/rules" => plain("User-agent: *\nDisallow: /tea"),
        _ => html(TEA),
    })
    .await;
    assert_eq!(site.outcome("/tea").await, "refused_by_robots false");

    let circle = Site::start(|path| match path {
        "/robots.txt" => redirect("/robots.txt"),
        _ => html(TEA),
    })
    .await;
    assert_eq!(circle.outcome("/tea").await, "read");
    assert_eq!(circle.asked().len(), 7, "five redirects are followed");
}

#[tokio::test]
async fn rules_are_asked_for_once_per_host() {
    let site = Site::start(|path| (path != "/robots.txt").then(|| html(TEA))?).await;
    let (pages, url) = (site.pages(), &site.url);
    let read = async |path: &str| pages.read(&format!("{url}{path}")).await.unwrap();
    join_all(["/a", "/b", "/c"].map(read)).await;
    read("/d").await;

    let rules = site.asked().into_iter().filter(|it| it == "/robots.txt");
    assert_eq!(rules.count(), 1);
}

#[tokio::test]
async fn redirects_are_followed_where_each_is_allowed() {
    let site = Site::start(|path| match path {
        "/robots.txt" => plain("User-agent: *\nDisallow: /closed"),
        "/moved" => redirect("/tea"),
        "/to-closed" => redirect("/closed"),
        "/inward" => redirect("https://10.0.0.1/tea"),
        "/cloud" => redirect("http://169.254.169.254/latest/meta-data/"),
        "/name" => redirect("https://localhost/tea"),
        "/file" => redirect("file:///etc/passwd"),
        "/circle" => redirect("/circle"),
        _ => html(TEA),
    })
    .await;
    for (path, outcome) in [
        ("/moved", "read"),
        ("/to-closed", "refused_by_robots false"),
        ("/inward", "blocked_address false"),
        ("/cloud", "blocked_address false"),
        ("/name", "blocked_address false"),
        ("/file", "blocked_address false"),
        ("/circle", "unreachable false"),
    ] {
        assert_eq!(site.outcome(path).await, outcome, "{path}");
    }
    assert!(!site.asked().contains(&"/closed".to_owned()));
}

#[tokio::test]
async fn a_page_is_asked_for_over_tls() {
    let site = Site::start(|_| None).await;
    let error = site.pages().read("http://localhost/tea").await.unwrap_err();
    let PageError::RobotsUnread { source, .. } = &error else {
        panic!("{error:?}");
    };
    let is_upgraded = matches!(&**source, FetchError::Refused(Refusal::Address(_)));
    assert!(is_upgraded, "{error:?}");
    assert_eq!(error.kind(), "blocked_address");
}

#[tokio::test]
async fn what_is_no_page_says_so() {
    let site = Site::start(|path| match path {
        "/gone" => status(410),
        "/busy" => status(503),
        "/enough" => status(429),
        "/pdf" => Some(([(CONTENT_TYPE, "application/pdf")], "%PDF").into()),
        "/nothing" => html("<div id=root></div><script>say('tea')</script>"),
        "/large" => html(&"x".repeat(5 * 1024 * 1024 + 1)),
        "/deep" => html(&"<div>".repeat(100_000)),
        _ => None,
    })
    .await;
    for (path, outcome) in [
        ("/missing", "http_404 false"),
        ("/gone", "http_410 false"),
        ("/busy", "http_503 true"),
        ("/enough", "http_429 true"),
        ("/pdf", "not_html false"),
        ("/nothing", "empty false"),
        ("/large", "too_large false"),
        ("/deep", "too_large false"),
    ] {
        assert_eq!(site.outcome(path).await, outcome, "{path}");
    }
    let nowhere = site.pages().read("https://nowhere.invalid/tea").await;
    let error = nowhere.unwrap_err();
    assert_eq!((&*error.kind(), error.may_pass()), ("unreachable", true));
    let error = site.pages().read("tel:+43123").await.unwrap_err();
    assert_eq!(error.kind(), "blocked_address");
}

#[tokio::test]
async fn a_page_that_does_not_end_is_given_up() {
    let site = Site::start(|path| (path != "/robots.txt").then(|| endless("<p>tea"))?).await;
    let mut pages = site.pages();
    pages.patience = Duration::from_millis(50);
    let url = format!("{}/tea", site.url);
    let read = timeout(Duration::from_secs(10), pages.read(&url)).await;
    let error = read.expect("it is given up").unwrap_err();
    assert_eq!((&*error.kind(), error.may_pass()), ("timed_out", true));
}

#[tokio::test]
async fn a_page_is_read_in_its_own_letters() {
    let site = Site::start(|path| {
        let page = b"<h1>caf\xe9</h1>".to_vec();
        (path != "/robots.txt")
            .then(|| ([(CONTENT_TYPE, "text/html; charset=iso-8859-1")], page).into())
    })
    .await;
    assert_eq!(site.read("/").await.unwrap().markdown, "# café");
}
