//! Style, script and icon: in the program. The style is in every page, which so is drawn by one answer; the others have
//! names that change with what is in them.

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A year, for what never changes under its name.
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct Asset {
    stem: &'static str,
    ending: &'static str,
    kind: HeaderValue,
    text: &'static str,
    digest: u64,
}

impl Asset {
    const fn new(
        stem: &'static str,
        ending: &'static str,
        kind: &'static str,
        text: &'static str,
    ) -> Self {
        Self {
            stem,
            ending,
            kind: HeaderValue::from_static(kind),
            text,
            digest: fnv1a(text.as_bytes()),
        }
    }

    fn name(&self) -> String {
        format!("{}.{:016x}.{}", self.stem, self.digest, self.ending)
    }

    fn url(&self) -> String {
        format!("/console/assets/{}", self.name())
    }
}

/// The style of all pages.
pub(super) const STYLE: &str = include_str!("../../assets/console.css");

const SCRIPT: Asset = Asset::new(
    "console",
    "js",
    "text/javascript; charset=utf-8",
    include_str!("../../assets/console.js"),
);
const ICON: Asset = Asset::new(
    "icon",
    "svg",
    "image/svg+xml",
    include_str!("../../assets/icon.svg"),
);

/// The style and the addresses of the other assets, for pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assets;

#[expect(clippy::unused_self, reason = "templates call methods")]
impl Assets {
    pub(super) fn style(self) -> &'static str {
        STYLE
    }

    pub(super) fn script(self) -> String {
        SCRIPT.url()
    }

    pub(super) fn icon(self) -> String {
        ICON.url()
    }
}

/// One of them. Open to everyone: the sign-in needs them, and they tell nothing.
pub(super) async fn one(Path(name): Path<String>) -> Response {
    let asset = [SCRIPT, ICON].into_iter().find(|it| it.name() == name);
    match asset {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, FOR_A_YEAR),
            ];
            (headers, asset.text).into_response()
        }
    }
}

/// A digest that differs when the file does; nobody gains by making two that do not.
/// **Source:** Fowler, Noll, Vo, "FNV Hash", 64 bits.
const fn fnv1a(mut bytes: &[u8]) -> u64 {
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    while let Some((first, rest)) = bytes.split_first() {
        digest = (digest ^ widened(*first)).wrapping_mul(0x0100_0000_01b3);
        bytes = rest;
    }
    digest
}

const fn widened(byte: u8) -> u64 {
    u64::from_le_bytes([byte, 0, 0, 0, 0, 0, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
