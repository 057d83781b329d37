//! What the stand-in was asked for: no page twice, and no token where logs would keep it.

use std::collections::BTreeSet;

use super::{chain::Chain, verdict::Promise};
use crate::meta::{Seen, Served, TOKEN};

/// Where the stand-in's CDN has its files.
const FILES: &str = "/v/t45.1600-4/";

/// The name of the parameter by which a token could be in an address.
const PARAMETER: &str = "access_token=";

/// Whether a request is one for a file.
pub(super) fn is_file(request: &Seen) -> bool {
    request.line.contains(FILES)
}

/// Within a run every page of numbers is fetched once.
pub(super) fn no_page_twice(chains: &[Chain]) -> Promise {
    let mut problems = Vec::new();
    for chain in chains {
        let how = chain.how;
        if chain.pages.is_empty() {
            problems.push(format!("the {how} sync has fetched no page of numbers"));
        }
        let mut known = BTreeSet::new();
        let twice = chain.pages.iter().filter(|page| !known.insert(key(page)));
        problems.extend(twice.map(|page| {
            let (since, breakdowns) = (page.since, &page.breakdowns);
            format!("the {how} sync has fetched a page of {since} ({breakdowns}) twice")
        }));
    }
    let counts: Vec<String> = chains.iter().map(|it| it.pages.len().to_string()).collect();
    let counts = counts.join(" and ");
    let text = format!("no page of numbers was fetched twice within a run: {counts} pages");
    Promise { text, problems }
}

/// What makes a page the same as another: everything but when it was served, and what was in it.
fn key(page: &Served) -> String {
    let Served {
        account,
        report,
        level,
        since,
        until,
        breakdowns,
        filtering,
        fields,
        after,
        rows: _,
        at: _,
    } = page;
    format!(
        "{account} {report:?} {level} {since} {until} {breakdowns} {filtering} {fields} {after:?}"
    )
}

/// Addresses are kept in logs of every proxy; a token has no place in them.
pub(super) fn no_token_in_addresses(seen: &[Seen]) -> Promise {
    let told = seen.iter().filter(|request| {
        let line = &request.line;
        line.contains(TOKEN) || line.contains(PARAMETER)
    });
    let told = told.count();
    let mut problems = Vec::new();
    if told > 0 {
        problems.push(format!("{told} addresses have a token in them"));
    }
    let text = format!(
        "none of the {} requests that the stand-in saw has a token in its address",
        seen.len()
    );
    Promise { text, problems }
}
