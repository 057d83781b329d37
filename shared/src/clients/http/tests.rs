//! Downloads from a server that misbehaves on purpose.

mod calls;
mod redirects;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::{Bounds, FetchError, Http, Limits, Refusal, UrlGuard};

/// What the server does at one path: bytes to send, then close or fall silent.
#[derive(Clone)]
struct Script {
    bytes: Vec<u8>,
    falls_silent: bool,
}

fn says(text: &str) -> Script {
    Script {
        bytes: text.replace('\n', "\r\n").into_bytes(),
        falls_silent: false,
    }
}

fn says_then_waits(text: &str) -> Script {
    Script {
        falls_silent: true,
        ..says(text)
    }
}

async fn origin(scripts: impl IntoIterator<Item = (&'static str, Script)>) -> SocketAddr {
    let scripts: HashMap<_, _> = scripts.into_iter().collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, scripts.clone()));
        }
    });
    address
}

async fn play(mut stream: TcpStream, scripts: HashMap<&'static str, Script>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(
        head.contains("accept-encoding: identity"),
        "only identity may be asked for: {head}"
    );
    let script = &scripts[head.split(' ').nth(1).unwrap()];
    stream.write_all(&script.bytes).await.unwrap();
    if script.falls_silent {
        std::future::pending::<()>().await;
    }
}

const QUICK: Limits = Limits {
    connect: Duration::from_millis(100),
    first_byte: Duration::from_millis(100),
    idle: Duration::from_millis(100),
    bytes_per_second_min: 0,
};

async fn fetch_within(
    address: SocketAddr,
    path: &str,
    total: Duration,
) -> Result<Vec<u8>, FetchError> {
    let guard = UrlGuard::new(&["fbcdn.net".into()], &[format!("http://{address}")]).unwrap();
    let http = Http::open(guard, QUICK);
    let bounds = Bounds {
        bytes_max: 10,
        deadline: Instant::now() + total,
    };
    let mut download = http
        .download(&format!("http://{address}{path}"), bounds)
        .await?;
    let mut body = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

async fn fetch(script: Script) -> Result<Vec<u8>, FetchError> {
    fetch_within(
        origin([("/a?oh=secret", script)]).await,
        "/a?oh=secret",
        Duration::from_secs(5),
    )
    .await
}

#[tokio::test]
async fn an_honest_answer_arrives_whole() {
    assert_eq!(
        fetch(says("HTTP/1.1 200 OK\ncontent-length: 5\n\nhello"))
            .await
            .unwrap(),
        b"hello"
    );
}

#[tokio::test]
async fn a_truncated_answer_is_a_length_mismatch() {
    let error = fetch(says("HTTP/1.1 200 OK\ncontent-length: 9\n\nhello"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::LengthMismatch {
                expected: 9,
                received: 5
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_chunked_answer_without_its_end_is_broken() {
    let error = fetch(says(
        "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n5\nhello\n",
    ))
    .await
    .unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn an_announced_excess_is_refused_before_the_body() {
    let error = fetch(says_then_waits("HTTP/1.1 200 OK\ncontent-length: 11\n\n"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, FetchError::TooLarge { bytes_max: 10 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unannounced_excess_is_refused_while_streaming() {
    let script = says_then_waits("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\nb\n01234567890\n");
    let error = fetch(script).await.unwrap_err();
    assert!(
        matches!(error, FetchError::TooLarge { bytes_max: 10 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_compressed_answer_is_refused() {
    let error = fetch(says(
        "HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: 2\n\nhi",
    ))
    .await
    .unwrap_err();
    assert!(matches!(error, FetchError::Compressed), "{error:?}");
}

#[tokio::test]
async fn a_status_other_than_200_is_told_without_the_query() {
    let error = fetch(says("HTTP/1.1 403 Forbidden\ncontent-length: 0\n\n"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, FetchError::Status { status: 403, .. }),
        "{error:?}"
    );
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[tokio::test]
async fn silence_before_the_first_byte_is_a_time_out() {
    let error = fetch(says_then_waits("")).await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::TimedOut {
                what: "first byte",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn silence_within_the_body_is_a_time_out() {
    let error = fetch(says_then_waits(
        "HTTP/1.1 200 OK\ncontent-length: 9\n\nhello",
    ))
    .await
    .unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::TimedOut {
                what: "further byte",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_deadline_ends_a_transfer_that_still_moves() {
    let address = origin([(
        "/a",
        says_then_waits("HTTP/1.1 200 OK\ncontent-length: 9\n\nhello"),
    )])
    .await;
    let error = fetch_within(address, "/a", Duration::from_millis(30))
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::DeadlinePassed), "{error:?}");
}

#[tokio::test]
async fn an_allowed_name_that_resolves_to_a_private_address_is_refused() {
    let guard = UrlGuard::new(&["localhost".into()], &[]).unwrap();
    let http = Http::open(guard, QUICK);
    let bounds = Bounds {
        bytes_max: 10,
        deadline: Instant::now() + Duration::from_secs(5),
    };
    let error = http
        .download("https://localhost/a", bounds)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, FetchError::Refused(Refusal::Address(host)) if host == "localhost"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_trickle_is_given_up() {
    let address = origin([(
        "/a",
        says_then_waits("HTTP/1.1 200 OK\ncontent-length: 9\n\nhello"),
    )])
    .await;
    let guard = UrlGuard::new(&[], &[format!("http://{address}")]).unwrap();
    let limits = Limits {
        idle: Duration::ZERO,
        bytes_per_second_min: u64::MAX,
        ..QUICK
    };
    let http = Http::open(guard, limits);
    let bounds = Bounds {
        bytes_max: 10,
        deadline: Instant::now() + Duration::from_secs(5),
    };
    let mut download = http
        .download(&format!("http://{address}/a"), bounds)
        .await
        .unwrap();
    download.started -= Duration::from_secs(2);
    download.limits.idle = Duration::from_secs(1);
    let error = download.chunk().await.unwrap_err();
    assert!(matches!(error, FetchError::TooSlow { .. }), "{error:?}");
}
