//! Log format, field names, and the redactor that everything a run says goes through.
//!
//! Fields are dotted and carry their unit: `run.id`, `job.id`, `job.type`, `brand.id`, `attempt`,
//! `segment`, `duration_ms`. Figures leave as lines of the log, too: [`metrics`]; spans of runs leave
//! as [`traces`].

pub mod metrics;
pub mod traces;

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::LazyLock,
};

use regex::Regex;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

use self::traces::Traces;

/// Longest text kept of an error or a log line, in bytes; a vendor's HTML page adds nothing.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// Starts logging to standard output: JSON, one event per line, secrets redacted. `filter` is in
/// the syntax of `tracing_subscriber::EnvFilter`, as in `info`. Lines of a run carry its id, in
/// `span`. Spans go to `traces`. The first call wins.
pub fn start(filter: &str, traces: &Traces) {
    let lines = lines(filter, || Redacting(io::stdout()));
    // A second start, as in tests that share a process, keeps the first.
    let _is_first = tracing_subscriber::registry()
        .with(lines)
        .with(traces.layer())
        .try_init();
}

/// Lines of the log, written to what `writer` makes.
fn lines<S>(
    filter: &str,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(EnvFilter::new(filter))
}

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Names of parameters and headers whose value is never shown. `oh` and `oe` sign Meta's CDN
/// addresses, `code` is an OAuth code.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(\b(?:access_token|refresh_token|appsecret_proof|client_secret|app_secret"#,
        r#"|fb_exchange_token|input_token|password|api_key|x-amz-security-token|x-amz-signature"#,
        r#"|signature)(?:%3D|\\?["']?\s*[=:]\s*\\?["']?)|[?&](?:oh|oe|code)=)"#,
        r#"[^&\s"'<>\\,;}]+"#,
    ))
    .ok()
});

/// `Authorization` and the like, in any spelling.
static BEARER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=|-]{6,}").ok());

/// Graph tokens begin with `EAA` and are long.
static GRAPH_TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\bEAA[A-Za-z0-9]{12,}").ok());

/// The user and password of an address.
static USER_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(://)[^/\s@"']+@"#).ok());

/// The path of an incoming webhook is its password, and Resend's keys begin with `re_`.
static CHANNEL_SECRET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(hooks\.slack\.com/)\S{8,}|\bre_[A-Za-z0-9_]{12,}").ok());

/// `text` without tokens, signatures, passwords and control characters, cut to
/// [`TEXT_BYTES_MAX`]. Every log line, error and run log goes through here.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = redact_secrets(text);
    let mut clean: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if clean.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX)
            .rev()
            .find(|end| clean.is_char_boundary(*end))
            .unwrap_or(0);
        clean.truncate(end);
        clean.push('…');
    }
    clean
}

fn redact_secrets(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (pattern, replacement) in [
        (&NAMED, format!("${{1}}{REDACTED}")),
        (&BEARER, format!("${{1}} {REDACTED}")),
        (&GRAPH_TOKEN, REDACTED.to_owned()),
        (&CHANNEL_SECRET, format!("${{1}}{REDACTED}")),
        (&USER_INFO, format!("${{1}}{REDACTED}@")),
    ] {
        let Some(pattern) = pattern.as_ref() else {
            continue;
        };
        if let Cow::Owned(changed) = pattern.replace_all(&text, replacement.as_str()) {
            text = Cow::Owned(changed);
        }
    }
    text
}

/// Writes whole log lines, redacted.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(redact_secrets(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_line_tells_its_run_and_no_secret() {
        let (mut written, sink) = std::io::pipe().unwrap();
        let sink = std::sync::Mutex::new(Redacting(sink));
        let listening = tracing_subscriber::registry().with(lines("info", sink));
        tracing::subscriber::with_default(listening, || {
            let run = tracing::info_span!(target: traces::TARGET, "run", run.id = "one");
            let step = tracing::debug_span!(target: traces::TARGET, "handle");
            run.in_scope(|| step.in_scope(|| tracing::info!("?access_token=EXAMPLE123")));
        });

        let mut line = String::new();
        written.read_to_string(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["span"]["run.id"], "one");
        assert_eq!(line["message"], "?access_token=***");
    }

    #[test]
    fn every_pattern_compiles() {
        for pattern in [&NAMED, &BEARER, &GRAPH_TOKEN, &CHANNEL_SECRET, &USER_INFO] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn secrets_do_not_survive_in_any_spelling() {
        for (text, secret) in [
            ("GET /me?access_token=EXAMPLE123&limit=5", "EXAMPLE123"),
            (r#"{"access_token":"EXAMPLE123","x":1}"#, "EXAMPLE123"),
            (r#"{\"access_token\":\"EXAMPLE123\"}"#, "EXAMPLE123"),
            ("access_token%3DEXAMPLE123", "EXAMPLE123"),
            ("appsecret_proof=deadbeef00", "deadbeef00"),
            ("Authorization: Bearer abcdef.ghijkl", "abcdef.ghijkl"),
            ("authorization: bearer EXAMPLE|TOKEN12", "EXAMPLE|TOKEN12"),
            (
                "token was EAABsbCS1234567890abcdef today",
                "EAABsbCS1234567890abcdef",
            ),
            (
                "https://scontent.xx.fbcdn.net/a.jpg?stp=1&oh=00_SIGN&oe=6A1B2C3D",
                "00_SIGN",
            ),
            (
                "https://scontent.xx.fbcdn.net/a.jpg?oe=6A1B2C3D",
                "6A1B2C3D",
            ),
            (
                "/oauth/access_token?client_secret=s3cr3t&code=AQD1",
                "s3cr3t",
            ),
            ("/oauth/access_token?client_secret=s3cr3t&code=AQD1", "AQD1"),
            (
                "https://hooks.slack.com/services/T0/B0/EXAMPLE123",
                "EXAMPLE123",
            ),
            ("key re_EXAMPLE123_456 is wrong", "re_EXAMPLE123_456"),
            ("postgres://sundial:hunter2@db.example/x", "hunter2"),
        ] {
            let clean = redact(text);
            assert!(!clean.contains(secret), "{clean}");
            assert!(clean.contains(REDACTED), "{clean}");
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        let text = "copying an asset: 403 from https://scontent.xx.fbcdn.net/v/a.jpg, code 190";

        assert_eq!(redact(text), text);
    }

    #[test]
    fn control_characters_and_endless_text_are_cut() {
        assert_eq!(redact("a\u{0}b\nc"), "a b c");
        assert!(redact(&"é".repeat(9_999)).len() <= TEXT_BYTES_MAX + "…".len());
    }
}
