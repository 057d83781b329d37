//! Landing pages' addresses, as they are compared and as they are stored. Pure.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Longest address, in bytes: what browsers and servers agree on, and what an index of Postgres holds.
const BYTES_MAX: usize = 2_000;

/// Names in a query that tell one click or one recipient from another: they identify a person, and say
/// nothing about the page. Campaign names (`utm_…`) say which ad it was and are kept.
///
/// **Source:** the vendors' documentation of each, as gathered in the query parameter lists of Firefox
/// ("Query Parameter Stripping"), Brave and AdGuard ("URL Tracking filter").
const CLICK_IDS: &[&str] = &[
    // Meta, Instagram.
    "fbclid",
    "igshid",
    "igsh",
    "fbc",
    "fbp",
    // Google: ads, their iOS forms, Search Ads 360, Display, Merchant Center, cross-domain Analytics.
    "gclid",
    "gbraid",
    "wbraid",
    "gclsrc",
    "dclid",
    "srsltid",
    "_gl",
    "_ga",
    "gad_campaignid",
    // Microsoft, TikTok, X, LinkedIn, Pinterest, Snapchat, Reddit, Quora.
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "sccid",
    "rdt_cid",
    "qclid",
    // Yandex, OpenStat, Taboola, Outbrain, Impact, Commission Junction, Awin, Rakuten.
    "yclid",
    "ysclid",
    "_openstat",
    "tblci",
    "dicbo",
    "irclickid",
    "cjevent",
    "awc",
    "ranmid",
    "ransiteid",
    // Senders of e-mail: Mailchimp, HubSpot, Marketo, Klaviyo, Drip, Vero, MailerLite, Omeda.
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "mkt_tok",
    "_kx",
    "__s",
    "vero_id",
    "vero_conv",
    "ml_subscriber",
    "ml_subscriber_hash",
    "oly_anon_id",
    "oly_enc_id",
    // Adobe, Branch, and names without an owner.
    "s_cid",
    "s_kwcid",
    "_branch_match_id",
    "rb_clickid",
    "wickedid",
    "clickid",
    "click_id",
];

/// The address by which pages are compared: scheme, host and path, as in `https://shop.example/spring`.
///
/// The host is in lower case and without `www.`; user, default port, query, fragment and the slashes at the
/// end are gone, but for the one of the root. `https` is assumed where there is no scheme. `None`: not an
/// address of a page, or one of more than 2,000 bytes.
///
/// **Source:** step 4.5 of the system before.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    let mut url = page(text)?;
    url.set_query(None);
    let host = url.host_str()?.to_owned();
    let bare = without_www(&host);
    if bare != host {
        url.set_host(Some(bare)).ok()?;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    fitting(url)
}

/// The address as it is stored: without user and fragment, and without what tells one visitor from another
/// in its query, which are click ids and whatever contains an `@`. The rest of the query stays as it was
/// written. `None`: not an address of a page, or one that has more than 2,000 bytes even without its query.
#[must_use]
pub fn stored(text: &str) -> Option<String> {
    let mut url = page(text)?;
    let kept: Vec<_> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| may_be_kept(pair))
        .collect();
    let query = kept.join("&");
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    fitting(url.clone()).or_else(|| {
        url.set_query(None);
        fitting(url)
    })
}

/// A page's address without user and fragment.
fn page(text: &str) -> Option<Url> {
    let text = text.trim();
    let (mut url, is_word_enough) = match scheme(text) {
        Scheme::Written => (Url::parse(text).ok()?, true),
        Scheme::Missing => {
            let text = format!("https://{}", text.trim_start_matches('/'));
            (Url::parse(&text).ok()?, false)
        }
    };
    if !matches!(url.scheme(), "http" | "https") || !is_on_the_net(&url, is_word_enough) {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

enum Scheme {
    Written,
    Missing,
}

/// `shop.example:8080/a` has no scheme, though a parser reads one: none that is in use has a dot.
fn scheme(text: &str) -> Scheme {
    let end = text.find([':', '/', '?', '#']);
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if rest.starts_with("://") || (rest.starts_with(':') && !name.contains('.')) {
        Scheme::Written
    } else {
        Scheme::Missing
    }
}

/// A word without a dot, as in `none`, is a host only where somebody wrote `https://` before it; and a
/// placeholder that was not filled in, as in `{{product.url}}`, is none at all.
fn is_on_the_net(url: &Url, is_word_enough: bool) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    match url.host() {
        Some(Host::Domain(name)) => {
            name.bytes().all(is_plain) && (is_word_enough || name.contains('.'))
        }
        Some(_) => true,
        None => false,
    }
}

/// `www.com` is a name of its own.
fn without_www(host: &str) -> &str {
    let mut bare = host;
    while let Some(rest) = bare.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        bare = rest;
    }
    bare
}

fn may_be_kept(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let name = decoded(name).to_ascii_lowercase();
    // Twice, since addresses travel within addresses.
    let has_at = decoded(&decoded(pair)).contains('@');
    !pair.is_empty() && !has_at && !CLICK_IDS.contains(&name.as_str())
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn fitting(url: Url) -> Option<String> {
    let text = String::from(url);
    (text.len() <= BYTES_MAX).then_some(text)
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
