//! What the guard lets through and what it refuses.

use super::{BadGuard, Refusal, Route, UrlGuard};

fn guard() -> UrlGuard {
    let hosts = ["fbcdn.net", "facebook.com", "fbsbx.com", "cdninstagram.com"].map(str::to_owned);
    UrlGuard::new(&hosts, &[]).unwrap()
}

fn local() -> UrlGuard {
    UrlGuard::new(
        &["fbcdn.net".to_owned()],
        &["http://127.0.0.1:4566".to_owned()],
    )
    .unwrap()
}

#[test]
fn media_hosts_are_let_through() {
    for text in [
        "https://scontent.xx.fbcdn.net/v/t45.1600-4/1_n.png?oh=00_X&oe=6A1B2C3D",
        "https://video.xx.fbcdn.net:443/o1/v/a.mp4",
        "https://fbcdn.net/a",
        "https://SCONTENT.XX.FBCDN.NET/a",
        "https://www.facebook.com/ads/image/?d=AQ",
        "https://external.xx.fbcdn.net/safe_image.php?url=https%3A%2F%2Fshop.example%2Fa.png",
        "https://scontent.cdninstagram.com/a@b.jpg?c=d@e",
    ] {
        assert_eq!(guard().check(text).unwrap().route, Route::Public, "{text}");
    }
}

fn refused(reason: &Refusal, texts: &[&str]) {
    for text in texts {
        assert_eq!(guard().check(text).unwrap_err(), *reason, "{text}");
    }
}

#[test]
fn everything_but_https_on_443_is_refused() {
    refused(
        &Refusal::Scheme,
        &[
            "http://scontent.xx.fbcdn.net/a",
            "ftp://scontent.xx.fbcdn.net/a",
        ],
    );
    refused(
        &Refusal::Scheme,
        &[
            "file:///etc/passwd",
            "data:text/html,hi",
            "javascript:alert(1)",
        ],
    );
    refused(
        &Refusal::Port,
        &[
            "https://scontent.xx.fbcdn.net:8443/a",
            "https://scontent.xx.fbcdn.net:80/a",
        ],
    );
    refused(
        &Refusal::Unparsable,
        &["scontent.xx.fbcdn.net/a", "//scontent.xx.fbcdn.net/a", ""],
    );
}

#[test]
fn names_that_only_look_allowed_are_refused() {
    for (text, host) in [
        ("https://evilfbcdn.net/a", "evilfbcdn.net"),
        (
            "https://x.fbcdn.net.evil.example/a",
            "x.fbcdn.net.evil.example",
        ),
        ("https://fbcdn.net./a", "fbcdn.net."),
        ("https://evil.example/?fbcdn.net", "evil.example"),
        ("https://evil.example/#.fbcdn.net", "evil.example"),
        ("https://localhost/a", "localhost"),
    ] {
        refused(&Refusal::Host(host.to_owned()), &[text]);
    }
}

#[test]
fn user_information_is_refused_even_when_empty() {
    refused(
        &Refusal::UserInfo,
        &[
            "https://user@scontent.xx.fbcdn.net/a",
            "https://u:w@scontent.xx.fbcdn.net/a",
        ],
    );
    refused(
        &Refusal::UserInfo,
        &[
            "https://@scontent.xx.fbcdn.net/a",
            "https://scontent.xx.fbcdn.net@evil.example/a",
        ],
    );
}

#[test]
fn characters_that_parsers_disagree_about_are_refused() {
    let ambiguous = Refusal::AmbiguousCharacter;
    refused(
        &ambiguous,
        &[
            "https://evil.example\\@scontent.xx.fbcdn.net/a",
            "https:\\\\scontent.xx.fbcdn.net\\a",
        ],
    );
    refused(
        &ambiguous,
        &[
            "https://scontent.xx.fbcdn.net/a\tb",
            "https://scontent.xx.fb\ncdn.net/a",
        ],
    );
    refused(&ambiguous, &[" https://scontent.xx.fbcdn.net/a"]);
}

#[test]
fn addresses_are_refused_in_every_spelling() {
    let literal = Refusal::AddressLiteral;
    refused(
        &literal,
        &[
            "https://127.0.0.1/a",
            "https://2130706433/a",
            "https://0x7f.1/a",
            "https://0177.0.0.1/a",
        ],
    );
    refused(
        &literal,
        &[
            "https://169.254.169.254/latest/meta-data/",
            "https://157.240.1.1/a",
        ],
    );
    refused(
        &literal,
        &["https://[::1]/a", "https://[::ffff:169.254.169.254]/a"],
    );
}

#[test]
fn full_width_letters_that_fold_into_an_allowed_name_stay_that_name() {
    // The parser maps them before we look, and what we looked at is what is fetched.
    let checked = guard().check("https://ｓcontent.fbcdn.net/a").unwrap();
    assert_eq!(checked.host(), "scontent.fbcdn.net");
}

#[test]
fn redirects_are_checked_like_first_urls() {
    let from = guard()
        .check("https://www.facebook.com/ads/image/?d=1")
        .unwrap();
    let go = |location: &str| guard().check_redirect(&from, location);

    assert_eq!(
        go("/elsewhere?x=1").unwrap().without_query(),
        "https://www.facebook.com/elsewhere"
    );
    assert!(go("https://scontent.xx.fbcdn.net/a").is_ok());
    assert!(go("//scontent.xx.fbcdn.net/a").is_ok());
    assert_eq!(
        go("http://scontent.xx.fbcdn.net/a").unwrap_err(),
        Refusal::Downgrade
    );
    assert_eq!(
        go("https://169.254.169.254/").unwrap_err(),
        Refusal::AddressLiteral
    );
    assert_eq!(
        go("//evil.example/a").unwrap_err(),
        Refusal::Host("evil.example".into())
    );
    assert_eq!(
        go("//@scontent.xx.fbcdn.net/a").unwrap_err(),
        Refusal::UserInfo
    );
    assert_eq!(
        go("/\\evil.example/a").unwrap_err(),
        Refusal::AmbiguousCharacter
    );
}

#[test]
fn a_trusted_origin_is_trusted_to_the_letter_only() {
    assert_eq!(
        local()
            .check("http://127.0.0.1:4566/v/a.jpg?oh=1")
            .unwrap()
            .route,
        Route::Trusted
    );
    assert_eq!(
        local().check("http://127.0.0.1:4567/a").unwrap_err(),
        Refusal::Scheme
    );
    assert_eq!(
        local().check("https://127.0.0.1:4566/a").unwrap_err(),
        Refusal::AddressLiteral
    );
    assert_eq!(
        local().check("http://localhost:4566/a").unwrap_err(),
        Refusal::Scheme
    );
    assert_eq!(
        local().check("http://u@127.0.0.1:4566/a").unwrap_err(),
        Refusal::UserInfo
    );
    assert_eq!(
        local().check("https://a.fbcdn.net/a").unwrap().route,
        Route::Public
    );
}

#[test]
fn a_setting_trusts_a_local_server_and_nothing_beside_it() {
    let local = UrlGuard::for_setting(&"http://127.0.0.1:9000/base".parse().unwrap());
    assert_eq!(
        local.check("http://127.0.0.1:9000/v25.0/1").unwrap().route,
        Route::Trusted
    );

    let real = UrlGuard::for_setting(&"https://graph.facebook.com".parse().unwrap());
    assert_eq!(
        real.check("https://graph.facebook.com/v25.0/1")
            .unwrap()
            .route,
        Route::Public
    );
    assert!(real.check("https://www.facebook.com/v25.0/1").is_err());
}

#[test]
fn settings_that_would_open_too_much_are_refused() {
    for host in [
        "",
        ".fbcdn.net",
        "*.fbcdn.net",
        "FBCDN.net",
        "https://fbcdn.net",
        "127.0.0.1",
    ] {
        assert!(
            matches!(UrlGuard::new(&[host.into()], &[]), Err(BadGuard::Host(_))),
            "{host:?}"
        );
    }
    for origin in [
        "127.0.0.1:1",
        "http://127.0.0.1:1/path",
        "file:///",
        "http://u@127.0.0.1:1",
    ] {
        assert!(
            matches!(
                UrlGuard::new(&[], &[origin.into()]),
                Err(BadGuard::Origin(_))
            ),
            "{origin:?}"
        );
    }
}

#[test]
fn any_public_name_is_let_through_where_that_is_asked_for() {
    let guard = UrlGuard::public(&["http://127.0.0.1:4566".to_owned()]).unwrap();
    for (text, route) in [
        ("https://shop.example/tea?a=1", Route::Public),
        ("http://127.0.0.1:4566/tea", Route::Trusted),
    ] {
        assert_eq!(guard.check(text).unwrap().route, route, "{text}");
    }
    for (text, reason) in [
        ("http://shop.example/tea", Refusal::Scheme),
        ("https://shop.example:8443/tea", Refusal::Port),
        ("https://10.0.0.1/tea", Refusal::AddressLiteral),
        ("https://2130706433/tea", Refusal::AddressLiteral),
        ("https://me@shop.example/tea", Refusal::UserInfo),
    ] {
        assert_eq!(guard.check(text).unwrap_err(), reason, "{text}");
    }
    assert!(UrlGuard::public(&["127.0.0.1".to_owned()]).is_err());
}
