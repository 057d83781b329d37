//! What is made of HTML, also of HTML that is written to do harm.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use url::Url;

use super::{Link, PageError, PageText, text::page_text};

fn source() -> Url {
    Url::parse("https://shop.example/tea?click=1").unwrap()
}

fn read(html: &str) -> Result<PageText, PageError> {
    page_text(html, &source())
}

const PAGE: &str = r##"<!doctype html>
<html lang="de-AT"><head>
  <title> Tea &amp; more
  </title>
  <meta name="Description" content="Green  tea">
  <meta property="og:title" content="Our tea">
  <script nonce="abc">document.write("<h1>moving</h1>")</script>
  <style>h1 { color: red }</style>
</head><body>
  <nav><a href="/menu">Menu</a></nav>
  <h1>Sleep <em>better</em></h1>
  <p>Green tea,&nbsp;50&thinsp;% off.</p>
  <noscript>Switch scripts on</noscript>
  <ul><li>Warm</li><li>Calm</li></ul>
  <p hidden>a secret</p>
  <img src="https://cdn.example/a.jpg?sig=1" alt="A cup of tea">
  <a class="cta" href="/buy?session=7#now">Buy <b>now</b></a>
  <a href="#top">Up</a> <a href="mailto:a@shop.example">Mail</a>
  <a href="http://other.example/x">Other</a> <a href="/buy?session=8">Buy again</a>
  <svg><title>drawing</title></svg>
  <select><option>Austria</option></select>
</body></html>"##;

#[test]
fn a_page_becomes_its_words() {
    let page = read(PAGE).unwrap();
    assert_eq!(page.title.as_deref(), Some("Tea & more"));
    assert_eq!(page.headline.as_deref(), Some("Sleep better"));
    let meta = &page.metadata;
    assert_eq!(meta.description.as_deref(), Some("Green tea"));
    assert_eq!(meta.og_title.as_deref(), Some("Our tea"));
    assert_eq!(meta.lang.as_deref(), Some("de-AT"));
    for said in [
        "# Sleep *better*",
        "- Warm",
        "- Calm",
        "A cup of tea",
        "Buy **now**",
        "off.",
    ] {
        assert!(page.markdown.contains(said), "{said}: {}", page.markdown);
    }
    for unsaid in [
        "moving",
        "color",
        "nonce",
        "Switch",
        "secret",
        "cdn.example",
        "session",
        "drawing",
        "Austria",
        "Menu",
    ] {
        assert!(
            !page.markdown.contains(unsaid),
            "{unsaid}: {}",
            page.markdown
        );
    }
}

#[test]
fn links_are_other_pages_each_once() {
    let link = |text: &str, url: &str| Link {
        text: Some(text.to_owned()),
        url: url.to_owned(),
    };
    assert_eq!(
        read(PAGE).unwrap().links,
        [
            link("Menu", "https://shop.example/menu"),
            link("Buy now", "https://shop.example/buy"),
            link("Other", "http://other.example/x"),
        ]
    );
    let based = read("<base href='https://cdn.example/b/'><a href=c>d</a>").unwrap();
    assert_eq!(based.links, [link("d", "https://cdn.example/b/c")]);
    let many: String = (0..60)
        .map(|at| format!("<a href=/{at}>{at}</a>"))
        .collect();
    assert_eq!(read(&many).unwrap().links.len(), 50);
}

#[test]
fn a_page_without_words_is_empty() {
    for html in [
        "",
        "<title>Tea</title><div id=root></div>",
        "<script>say('tea')</script><noscript>Switch scripts on</noscript>",
        "<p> &nbsp; </p>",
        "\0",
    ] {
        let page = read(html);
        assert!(matches!(page, Err(PageError::Empty)), "{html}: {page:?}");
    }
}

#[test]
fn a_long_page_is_cut_and_told_apart_by_its_end() {
    let long = |end: &str| read(&format!("<p>{}{end}</p>", "ä ".repeat(60_000))).unwrap();
    let (one, other) = (long("a"), long("b"));
    assert_eq!(one.markdown.chars().count(), 60_000);
    assert_eq!(one.markdown, other.markdown);
    assert_ne!(one.content_hash, other.content_hash);
}

/// A page with what changes at each request.
fn page(title: &str, words: &str, changing: &str) -> String {
    format!(
        r#"<html data-build="{changing}"><head><title>{title}</title>
        <meta name="csrf-token" content="{changing}"><script nonce="{changing}">t = "{changing}"</script></head>
        <!-- {changing} --><body class="{changing}"><img src="https://cdn.example/a.jpg?sig={changing}" alt="tea">
        <h1>Our tea</h1><p id="{changing}">{words}</p><a href="/buy?session={changing}">Buy</a>
        <form><input type="hidden" value="{changing}"></form></body></html>"#
    )
}

proptest! {
    #[test]
    fn what_changes_at_each_request_does_not_count(
        words in "[a-z <>&é]{0,40}", one in "[a-zA-Z0-9]{1,30}", other in "[a-zA-Z0-9]{1,30}",
    ) {
        let hash = |changing: &str| read(&page("Tea", &words, changing)).unwrap().content_hash;
        prop_assert_eq!(hash(&one), hash(&other));
    }

    #[test]
    fn whatever_is_said_counts(one in "[a-z]{1,9}", other in "[a-z]{1,9}") {
        let hash = |title: &str, words: &str| read(&page(title, words, "1")).unwrap().content_hash;
        prop_assert_eq!(hash(&one, "x") == hash(&other, "x"), one == other);
        prop_assert_eq!(hash("x", &one) == hash("x", &other), one == other);
    }

    #[test]
    fn no_html_is_too_strange(html in "([<>/&;= a-z\"'\0é!-]|<table>|<p>|<a>|<b>|<template>|<svg>|<!--|]]>){0,80}") {
        let page = read(&html);
        let is_expected = matches!(page, Ok(_) | Err(PageError::Empty));
        prop_assert!(is_expected, "{:?}", page);
    }
}

#[test]
fn where_the_title_ends_counts() {
    let hash = |title: &str, words: &str| {
        let html = format!("<title>{title}</title><p>{words}</p>");
        read(&html).unwrap().content_hash
    };
    assert_ne!(hash("a b", "c"), hash("a", "b c"));
}

/// HTML that is cheap to write and dear to read.
#[test]
fn html_that_does_harm_is_put_down_soon() {
    let fonts: String = (0..100_000).map(|at| format!("<font a={at}>")).collect();
    let attributes: String = (0..20_000).map(|at| format!(" a{at}")).collect();
    let nested = |open: &str| open.repeat(100_000);
    for (name, html, kind) in [
        ("nested", nested("<div>"), "too_large"),
        ("nested lists", nested("<ul><li>"), "too_large"),
        ("nested tables", nested("<table><tr><td>"), "too_large"),
        ("nested templates", nested("<template>"), "too_large"),
        (
            "nested beside a table",
            format!("<table>{}", nested("<ul><li>")),
            "too_large",
        ),
        (
            "nested, and closed again",
            "<div>".repeat(400) + &"</div>".repeat(400),
            "too_large",
        ),
        (
            "letters left open",
            fonts.clone() + &"<p>x".repeat(10_000),
            "too_large",
        ),
        (
            "letters taken up again",
            format!("<p>{fonts}</p>{}", "<p>x".repeat(10_000)),
            "too_large",
        ),
        ("elements", "<p>x</p>".repeat(500_000), "too_large"),
        ("mistakes", "</x>".repeat(100_000), "empty"),
        ("attributes", format!("<p{attributes}>x"), "read"),
    ] {
        let began = Instant::now();
        let page = read(&html);
        let took = began.elapsed();
        let read = page.map_or_else(|error| error.kind(), |_| "read".into());
        assert_eq!(read, kind, "{name}");
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
}

/// A parser takes up open letters again in each paragraph, with all their attributes.
#[test]
fn attributes_that_nobody_reads_are_not_kept_however_often_they_come() {
    let attributes: String = (0..1_000).map(|at| format!(" a{at}")).collect();
    let html = format!("<p><b{attributes} lang=de></p>{}", "<p>x</p>".repeat(2_000));

    let document = super::tree::tree(&html).unwrap();

    let letters = document.select("b");
    assert_eq!(letters.length(), 2_001, "taken up again in each paragraph");
    let kept: usize = letters.nodes().iter().map(|it| it.attrs().len()).sum();
    assert_eq!(kept, 2_001, "the language alone");
}

#[test]
fn a_page_at_the_bounds_is_read_on_the_stack_there_is() {
    for (open, close) in [
        ("<div>", "</div>"),
        ("<ul><li>", "</li></ul>"),
        ("<blockquote>", "</blockquote>"),
        ("<table><tr><td>|", "</td></tr></table>"),
        ("<b><i>", "</i></b>"),
    ] {
        let times = 250 / (1 + open.matches("><").count());
        let times = if open.contains("table") {
            times / 2
        } else {
            times
        };
        let html = format!("{}|tea|{}", open.repeat(times), close.repeat(times));
        let page = read(&html).unwrap();
        assert!(page.markdown.contains("tea"), "{open}");
        let size = page.markdown.chars().count();
        assert!(size < 60_000, "{open}: {size}");
    }
}
