//! Addresses that occur, and any text at all.

use proptest::prelude::*;

use super::*;

#[test]
fn addresses_of_one_page_have_one_canonical_form() {
    let table = [
        ("https://shop.example/spring", "https://shop.example/spring"),
        (
            "https://shop.example/spring/",
            "https://shop.example/spring",
        ),
        (
            "https://shop.example/spring//",
            "https://shop.example/spring",
        ),
        (
            "  https://WWW.Shop.Example/Spring?utm_source=fb#top ",
            "https://shop.example/Spring",
        ),
        ("https://www.shop.example", "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/"),
        ("https://shop.example//", "https://shop.example/"),
        ("https://shop.example/?a=1", "https://shop.example/"),
        ("http://shop.example/a", "http://shop.example/a"),
        ("https://shop.example:443/a", "https://shop.example/a"),
        ("http://shop.example:80/a", "http://shop.example/a"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        (
            "https://ann:secret@shop.example/a",
            "https://shop.example/a",
        ),
        ("shop.example/a", "https://shop.example/a"),
        ("www.shop.example", "https://shop.example/"),
        ("//shop.example/a", "https://shop.example/a"),
        ("shop.example:8080/a", "https://shop.example:8080/a"),
        (
            "shop.example/go?to=https://other.example",
            "https://shop.example/go",
        ),
        (
            "shop.example/go/https://other.example",
            "https://shop.example/go/https://other.example",
        ),
        ("https://www.com/a", "https://www.com/a"),
        (
            "https://bücher.example/ä",
            "https://xn--bcher-kva.example/%C3%A4",
        ),
        ("HTTPS://shop.example/a/../b", "https://shop.example/b"),
        ("https://10.0.0.1/a", "https://10.0.0.1/a"),
    ];
    for (text, expected) in table {
        assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_page_has_no_address() {
    for text in [
        "",
        " ",
        "none",
        "n/a",
        "/spring",
        "#",
        "?a=1",
        "https://",
        "https:///",
        "//",
        "://shop.example",
        "mailto:ann@shop.example",
        "tel:+4930123",
        "javascript:alert(1)",
        "fb://page/1",
        "ftp://shop.example/a",
        "data:text/html,x",
        "{{product.url}}",
        "https://{{product.url}}/",
        "https://shop example/",
        "http://[::1",
    ] {
        assert_eq!((canonical(text), stored(text)), (None, None), "{text}");
    }
}

#[test]
fn an_address_may_have_two_thousand_bytes() {
    let of = |bytes: usize| format!("https://shop.example/{}", "a".repeat(bytes - 21));
    assert_eq!(canonical(&of(2_000)), Some(of(2_000)));
    assert_eq!((canonical(&of(2_001)), stored(&of(2_001))), (None, None));

    let with_query = format!("https://shop.example/a?text={}", "b".repeat(2_000));
    assert_eq!(
        canonical(&with_query).as_deref(),
        Some("https://shop.example/a")
    );
    assert_eq!(
        stored(&with_query).as_deref(),
        Some("https://shop.example/a"),
        "without the query it fits"
    );
}

#[test]
fn an_address_is_stored_without_what_tells_visitors_apart() {
    let table = [
        ("https://shop.example/a", "https://shop.example/a"),
        (
            "https://Shop.example/a/?utm_source=fb&utm_content={{ad.id}}#top",
            "https://shop.example/a/?utm_source=fb&utm_content={{ad.id}}",
        ),
        (
            "https://shop.example/a?fbclid=1&colour=red&gclid=2",
            "https://shop.example/a?colour=red",
        ),
        ("https://shop.example/a?FBCLID=1", "https://shop.example/a"),
        (
            "https://shop.example/a?fbcl%69d=1&b=+%20",
            "https://shop.example/a?b=+%20",
        ),
        (
            "https://shop.example/a?to=ann@mail.example&b=1",
            "https://shop.example/a?b=1",
        ),
        (
            "https://shop.example/a?to=ann%40mail.example",
            "https://shop.example/a",
        ),
        (
            "https://shop.example/a?next=%2Fb%3Fto%3Dann%2540mail.example&c",
            "https://shop.example/a?c",
        ),
        (
            "https://shop.example/a?ann@mail.example",
            "https://shop.example/a",
        ),
        (
            "https://ann:secret@shop.example/a?&&",
            "https://shop.example/a",
        ),
        ("www.shop.example/a?b=1", "https://www.shop.example/a?b=1"),
    ];
    for (text, expected) in table {
        assert_eq!(stored(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn names_of_click_ids_are_written_as_they_are_compared() {
    for name in CLICK_IDS {
        assert_eq!(**name, name.to_ascii_lowercase());
        let url = format!("https://shop.example/a?{name}=1");
        assert_eq!(
            stored(&url).as_deref(),
            Some("https://shop.example/a"),
            "{name}"
        );
    }
}

/// Texts made of what addresses are made of.
fn like_an_address() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(vec![
            "https://",
            "http:",
            "//",
            "/",
            "www.",
            "shop.example",
            ".",
            "..",
            "%2e",
            ":80",
            ":",
            "@",
            "?",
            "#",
            "=",
            "&",
            "\\",
            "[::1]",
            "0x7f.1",
            "1.2",
            "%",
            "%40",
            " ",
            "xn--",
            "ß",
            "\t",
            "fbclid=1",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9é]{0,3}",
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let (compared, kept) = (canonical(text), stored(text));
    if let Some(url) = &compared {
        prop_assert!(!url.contains(['?', '#']), "{} of {}", url, text);
        prop_assert!(url.starts_with("https://") || url.starts_with("http://"));
        prop_assert!(url.is_ascii() && url.len() <= BYTES_MAX);
        prop_assert_eq!(canonical(url), compared.clone(), "again, of {}", text);
    }
    if let Some(url) = &kept {
        prop_assert!(!url.contains('#') && url.is_ascii() && url.len() <= BYTES_MAX);
        let parsed = Url::parse(url).unwrap();
        let mut pairs = parsed.query_pairs();
        let tells_visitor = pairs
            .any(|(name, value)| name == "fbclid" || name.contains('@') || value.contains('@'));
        prop_assert!(!tells_visitor, "{} of {}", url, text);
        prop_assert_eq!(stored(url), kept.clone(), "again, of {}", text);
        prop_assert_eq!(canonical(url), compared, "of {}, by way of {}", text, url);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_has_a_stable_address_or_none(text in "\\PC*") {
        holds(&text)?;
    }

    #[test]
    fn what_looks_like_an_address_has_a_stable_one_or_none(text in like_an_address()) {
        holds(&text)?;
    }
}
