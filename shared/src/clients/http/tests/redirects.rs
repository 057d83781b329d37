//! Redirects, followed by hand.

use std::time::Duration;

use super::{
    super::{FetchError, Refusal},
    Script, fetch, fetch_within, origin, says,
};

fn redirects_to(location: &str) -> Script {
    says(&format!(
        "HTTP/1.1 302 Found\nlocation: {location}\ncontent-length: 0\nconnection: close\n\n"
    ))
}

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let address = origin([
        ("/0", redirects_to("/1")),
        ("/1", redirects_to("/2")),
        ("/2", redirects_to("/3")),
        ("/3", redirects_to("/4")),
        ("/4", says("HTTP/1.1 200 OK\ncontent-length: 3\n\nend")),
    ])
    .await;
    assert_eq!(
        fetch_within(address, "/1", Duration::from_secs(5))
            .await
            .unwrap(),
        b"end"
    );
    let error = fetch_within(address, "/0", Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(
        matches!(error, FetchError::TooManyRedirects(3)),
        "{error:?}"
    );
}

#[tokio::test]
async fn redirects_to_private_places_are_refused() {
    for (location, reason) in [
        ("http://169.254.169.254/latest/meta-data/", Refusal::Scheme),
        (
            "https://169.254.169.254/latest/meta-data/",
            Refusal::AddressLiteral,
        ),
        ("https://[fd00:ec2::254]/", Refusal::AddressLiteral),
        ("http://127.0.0.1:1/", Refusal::Scheme),
        (
            "https://evil.example/",
            Refusal::Host("evil.example".into()),
        ),
        ("file:///etc/passwd", Refusal::Scheme),
    ] {
        let error = fetch(redirects_to(location)).await.unwrap_err();
        assert!(
            matches!(&error, FetchError::Refused(refusal) if *refusal == reason),
            "{location}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_redirect_without_a_location_is_an_error() {
    let error = fetch(says("HTTP/1.1 302 Found\ncontent-length: 0\n\n"))
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::LostRedirect), "{error:?}");
}
