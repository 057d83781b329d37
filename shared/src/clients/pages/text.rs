//! A page as a person reads it: its words, without what makes them move.

use dom_query::Document;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    PageError,
    links::{Link, links},
    tree::tree,
};
use crate::domain::classification::{Digest, normalised};

/// Most characters of a page's text that are kept.
const MARKDOWN_CHARS_MAX: usize = 60_000;

/// Most characters of what else is kept, a title for one.
const WORDS_CHARS_MAX: usize = 500;

/// What is not part of a page's text: what people do not see, and lists to choose from.
const SKIPPED: [&str; 14] = [
    "audio", "canvas", "datalist", "head", "iframe", "nav", "noscript", "object", "script",
    "select", "style", "svg", "template", "textarea",
];

/// What is written on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageText {
    /// Its title.
    pub title: Option<String>,
    /// Its first heading of the first order.
    pub headline: Option<String>,
    /// Its text, at most 60,000 characters, without addresses; of an image what is said of it.
    pub markdown: String,
    /// Where it leads to, at most 50.
    pub links: Vec<Link>,
    /// What it says about itself.
    pub metadata: Metadata,
    /// SHA-256 of title and whole text: the same for the same words, whatever else changes with each request.
    pub content_hash: Digest,
}

/// What a page says about itself, at most 500 characters each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// For lists of pages.
    pub description: Option<String>,
    /// For those who share it.
    pub og_title: Option<String>,
    /// Its language, as in `de-AT`.
    pub lang: Option<String>,
}

/// The text of a page that came from `source`.
///
/// # Errors
/// [`PageError::TooLarge`], [`PageError::TimedOut`], or [`PageError::Empty`] when there is none.
pub(super) fn page_text(html: &str, source: &Url) -> Result<PageText, PageError> {
    let document = tree(html)?;
    let title = words(&document.select_single("head > title").text());
    let headline = words(&document.select_single("h1").text());
    let links = links(&document, source);
    let metadata = metadata(&document);
    let whole = markdown(&document);
    if whole.is_empty() {
        return Err(PageError::Empty);
    }
    let content_hash = hash(title.as_deref(), &whole);
    Ok(PageText {
        title,
        headline,
        markdown: whole.chars().take(MARKDOWN_CHARS_MAX).collect(),
        links,
        metadata,
        content_hash,
    })
}

fn metadata(document: &Document) -> Metadata {
    let of = |selector, attribute| {
        let value = document.select_single(selector).attr(attribute);
        value.and_then(|value| words(&value))
    };
    Metadata {
        description: of(r#"meta[name="description" i]"#, "content"),
        og_title: of(r#"meta[property="og:title"]"#, "content"),
        lang: of("html[lang]", "lang"),
    }
}

/// The whole text. Addresses are taken out of the tree before: signed ones change with each request.
fn markdown(document: &Document) -> String {
    document.select("[hidden]").remove();
    document.select("a[href]").remove_attr("href");
    for image in document.select("img").nodes() {
        let said = image.attr("alt").unwrap_or_default();
        image.replace_with(&document.tree.new_text(format!(" {said} ")));
    }
    document.md(Some(&SKIPPED)).trim().to_owned()
}

/// White space does not count, so that the break between the two cannot be in either.
fn hash(title: Option<&str>, text: &str) -> Digest {
    let title = normalised(title.unwrap_or_default());
    let text = normalised(text);
    Sha256::digest(format!("{title}\n{text}")).into()
}

/// Words with single spaces between them, cut at 500 characters; `None` where there are none.
pub(super) fn words(text: &str) -> Option<String> {
    let text: String = normalised(text).chars().take(WORDS_CHARS_MAX).collect();
    Some(text).filter(|text| !text.is_empty())
}
