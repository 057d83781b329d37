//! Bytes of a page as text.

use encoding_rs::{Encoding, UTF_8};
use regex::bytes::Regex;

/// How far into a page its own word about its letters is looked for. **Source:** HTML Standard, "prescan a byte
/// stream to determine its encoding".
const PRESCAN_BYTES: usize = 1_024;

/// How a page says which letters it is written in.
const DECLARED: &str = r#"(?i-u)<meta\s[^>]*?charset\s*=\s*["']?\s*([a-z0-9_:.-]+)"#;

/// Whether a `Content-Type` is one of HTML.
pub(super) fn is_html(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|html| kind.eq_ignore_ascii_case(html))
}

/// The text of a page, by its byte order mark, else what its `Content-Type` says, else what the page itself says,
/// else as UTF-8. What is no letter there becomes U+FFFD.
pub(super) fn decoded(bytes: &[u8], content_type: &str) -> String {
    let encoding = told(content_type)
        .or_else(|| declared(bytes))
        .unwrap_or(UTF_8);
    encoding.decode(bytes).0.into_owned()
}

fn told(content_type: &str) -> Option<&'static Encoding> {
    let charset = content_type.split(';').skip(1).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    Encoding::for_label(charset.as_bytes())
}

/// A page that can be read so far is not in UTF-16, whatever it says. **Source:** HTML Standard, as above.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..PRESCAN_BYTES).unwrap_or(bytes);
    let label = Regex::new(DECLARED).ok()?.captures(head)?.get(1)?;
    Encoding::for_label(label.as_bytes()).map(Encoding::output_encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_by_mark_then_header_then_page() {
        let cases: [(&[u8], &str, &str); 7] = [
            (b"caf\xe9", "text/html; charset=ISO-8859-1", "café"),
            (b"caf\xe9", "text/html; Charset=\"latin1\"", "café"),
            (
                b"<meta charset='windows-1252'>\x80",
                "text/html",
                "<meta charset='windows-1252'>€",
            ),
            (
                b"<META http-equiv=a content=\"text/html; charset=latin1\">\xe9",
                "text/html",
                "<META http-equiv=a content=\"text/html; charset=latin1\">é",
            ),
            (
                b"\xef\xbb\xbfcaf\xc3\xa9",
                "text/html; charset=latin1",
                "café",
            ),
            (b"caf\xe9", "text/html", "caf\u{fffd}"),
            (b"caf\xc3\xa9", "text/html; charset=nonsense", "café"),
        ];
        for (bytes, content_type, text) in cases {
            assert_eq!(decoded(bytes, content_type), text, "{content_type}");
        }
    }

    #[test]
    fn a_page_that_can_be_read_is_not_in_utf_16() {
        let page = "<meta charset=utf-16>é";
        assert_eq!(decoded(page.as_bytes(), "text/html"), page);
    }

    #[test]
    fn html_is_told_from_what_is_not() {
        for html in [
            "text/html",
            "TEXT/HTML;charset=utf-8",
            " application/xhtml+xml ; a=b",
        ] {
            assert!(is_html(html), "{html}");
        }
        for other in [
            "",
            "text/plain",
            "application/pdf",
            "text/html5",
            "image/svg+xml",
        ] {
            assert!(!is_html(other), "{other}");
        }
    }
}
