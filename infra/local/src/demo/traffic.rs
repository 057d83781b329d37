//! What the stand-in was asked for: no page twice, and no token where logs would keep it.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context;

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
    let text = format!("no run has fetched a page of numbers twice; they were {counts} pages");
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
        "none of {} requests to the stand-in has a token in its address",
        seen.len()
    );
    Promise { text, problems }
}

/// What the functions have written while they worked; nobody who reads logs may read accounts with them.
pub(super) fn no_token_in_logs(folder: &Path) -> anyhow::Result<Promise> {
    let (mut files, mut problems) = (0_usize, Vec::new());
    let entries = fs::read_dir(folder)
        .with_context(|| format!("reading the logs in {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let text = String::from_utf8_lossy(&text);
        files += 1;
        if text.contains(TOKEN) || text.contains(PARAMETER) {
            problems.push(format!("{} has a token in it", path.display()));
        }
    }
    if files == 0 {
        problems.push(format!("there is no log in {}", folder.display()));
    }
    let text = format!("none of the logs of {files} functions has a token in it");
    Ok(Promise { text, problems })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;

    fn page(day: u32, after: Option<&str>) -> Served {
        let date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        Served {
            account: "act_1".to_owned(),
            report: None,
            level: "ad",
            since: date,
            until: date,
            breakdowns: String::new(),
            filtering: String::new(),
            fields: "spend".to_owned(),
            after: after.map(str::to_owned),
            rows: 3,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_page_is_the_same_by_what_was_asked_not_by_what_came() {
        let known = key(&page(1, Some("a")));
        let again = Served {
            rows: 4,
            ..page(1, Some("a"))
        };

        assert_eq!(key(&again), known);
        assert_ne!(key(&page(2, Some("a"))), known);
        assert_ne!(key(&page(1, Some("b"))), known);
        assert_ne!(key(&page(1, None)), known);
    }

    #[test]
    fn a_token_in_an_address_is_told_and_one_in_a_header_is_not() {
        let seen = |line: &str| Seen {
            line: line.to_owned(),
            headers: format!("authorization: Bearer {TOKEN}\n"),
            body: String::new(),
        };
        let problems = |line: &str| no_token_in_addresses(&[seen(line)]).problems.len();

        assert_eq!(problems("GET /v25.0/me?fields=id"), 0);
        assert_eq!(problems("GET /v25.0/me?access_token=other"), 1);
        assert_eq!(problems(&format!("GET /v25.0/me?t={TOKEN}")), 1);
    }

    #[test]
    fn a_token_in_a_log_is_told_and_so_is_the_want_of_logs() {
        let folder = tempfile::tempdir().unwrap();
        let problems = || no_token_in_logs(folder.path()).unwrap().problems;
        assert_eq!(problems().len(), 1, "no log at all");

        fs::write(folder.path().join("meta_sync.log"), "started\n").unwrap();
        assert_eq!(problems(), [""; 0]);
        fs::write(folder.path().join("other.log"), format!("asked {TOKEN}\n")).unwrap();
        assert_eq!(problems().len(), 1);
    }
}
