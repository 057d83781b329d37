//! Where a page leads to.

use std::collections::HashSet;

use dom_query::Document;
use serde::Serialize;
use url::Url;

use super::text::words;

/// Most links of a page: those at its top.
const LINKS_MAX: usize = 50;

/// Longest address of a link, in bytes.
const URL_BYTES_MAX: usize = 2_000;

/// A link of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What is written on it.
    pub text: Option<String>,
    /// Where it leads, without query and fragment, which tell guests apart rather than pages.
    pub url: String,
}

/// Links to other pages, each address once, in the page's order.
pub(super) fn links(document: &Document, source: &Url) -> Vec<Link> {
    let base = document.select_single("base[href]").attr("href");
    let base = base.and_then(|href| source.join(&href).ok());
    let base = base.as_ref().unwrap_or(source);
    let mut seen: HashSet<String> = bare(source.clone()).into_iter().collect();
    let mut links = vec![];
    for anchor in document.select("a[href]").nodes() {
        let url = anchor.attr("href").and_then(|href| base.join(&href).ok());
        let Some(url) = url.and_then(bare).filter(|url| !seen.contains(url)) else {
            continue;
        };
        seen.insert(url.clone());
        let text = words(&anchor.text());
        links.push(Link { text, url });
        if links.len() == LINKS_MAX {
            break;
        }
    }
    links
}

fn bare(mut url: Url) -> Option<String> {
    url.set_query(None);
    url.set_fragment(None);
    let is_page = matches!(url.scheme(), "http" | "https");
    Some(url.into()).filter(|url: &String| is_page && url.len() <= URL_BYTES_MAX)
}
