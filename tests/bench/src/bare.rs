//! The statements of one claim, settlement and announcement, as a script for `pgbench`.
//!
//! Their text is that of the committed queries; only the parameters are filled in.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;
use uuid::Uuid;

/// A statement: words that only its query has, and what its parameters are, in pgbench's words.
type Statement = (&'static str, &'static [&'static str]);

const JOB: &str = "('00000000-0000-4000-8000-' || lpad(:client_id::int::text, 12, '0'))::uuid";
const RUN: &str = "('00000000-0000-4000-8000-' || lpad(to_hex(:run::bigint), 12, '0'))::uuid";
const RUNS: &str =
    "array[('00000000-0000-4000-8000-' || lpad(to_hex(:run::bigint), 12, '0'))::uuid]";
const NOW: &str = ":job_next_run_at::timestamptz";
const NEXT: &str = "(:job_next_run_at::timestamptz + interval '1 minute')";
const LEASE_END: &str = "(:job_next_run_at::timestamptz + interval '15 minutes')";
const BRAND: &str = ":job_brand_id::uuid";
const ORGANIZATION: &str = ":job_organization_id::uuid";

/// The claim: the job is locked and read, moved on, looked at for room, and given its run.
const CLAIM: &[Statement] = &[
    ("for no key update of j", &[JOB]),
    ("set next_run_at = $3", &[JOB, NOW, NEXT]),
    ("is_capped!", &[JOB, "'asset_download'", BRAND, NOW]),
    (
        "lease_token, lease_expires_at, created_at)",
        &[
            RUN,
            JOB,
            ":job_revision::int",
            NOW,
            "'{}'::jsonb",
            "true",
            "'running'",
            "null::text",
            NOW,
            "null::timestamptz",
            RUN,
            LEASE_END,
            NOW,
        ],
    ),
];
/// The settlement of a run that did its work, of a job that has not failed before.
const SETTLE: &[Statement] = &[
    ("for no key update of j", &[JOB]),
    ("parameters, cursor, is_exclusive, status as", &[RUN]),
    (
        "set status = 'completed', completed_at",
        &[RUN, RUN, NOW, "'{}'::jsonb", "'{}'::text[]"],
    ),
    ("runs_completed + 1", &[JOB, "false", "false"]),
    (
        "with slots as materialized",
        &[JOB, "'asset_download'", BRAND, NOW],
    ),
    (
        "insert into dataset_status",
        &[
            ORGANIZATION,
            BRAND,
            "'ad_assets'",
            NOW,
            RUN,
            "0::bigint",
            "null::text",
            "1",
            NOW,
            "false",
        ],
    ),
];
/// Noting that the bus has heard.
const ANNOUNCE: &[Statement] = &[("set announced_at = $2", &[RUNS, NOW])];

/// The id of the job of a client.
pub(crate) fn job_id(client: u32) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 + decimal_as_hex(client))
}

/// 12 as 0x12: pgbench pads with decimal digits.
fn decimal_as_hex(number: u32) -> u128 {
    u128::from_str_radix(&number.to_string(), 16).unwrap_or_default()
}

/// The text of every committed query.
pub(crate) fn committed_queries() -> anyhow::Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    let mut queries = vec![];
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let query: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        queries.extend(
            query
                .get("query")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    }
    Ok(queries)
}

/// The script.
///
/// # Errors
/// When a statement is not found among the queries, or takes other parameters.
pub(crate) fn script(queries: &[String]) -> anyhow::Result<String> {
    let mut lines = vec!["\\set run random(1, 281474976710655)".to_owned()];
    for (transaction, prefix) in [(CLAIM, "job_"), (SETTLE, "s_"), (ANNOUNCE, "a_")] {
        lines.push("begin;".to_owned());
        for statement in transaction {
            let sql = filled_in(queries, statement)?;
            let is_answered = sql.starts_with("select");
            let end = if is_answered {
                format!(" \\gset {prefix}")
            } else {
                ";".to_owned()
            };
            lines.push(format!("{sql}{end}"));
        }
        lines.push("commit;".to_owned());
    }
    Ok(lines.join("\n") + "\n")
}

/// The one query with the statement's words, its parameters filled in.
fn filled_in(queries: &[String], (words, parameters): &Statement) -> anyhow::Result<String> {
    let found: Vec<_> = queries
        .iter()
        .filter(|query| query.contains(words))
        .collect();
    let [query] = found.as_slice() else {
        anyhow::bail!("{} queries contain {words:?}; one must", found.len());
    };
    let mut sql = plain_names(query);
    // The last one first: $1 is the beginning of $12.
    for (index, parameter) in parameters.iter().enumerate().rev() {
        let place = format!("${}", index + 1);
        anyhow::ensure!(sql.contains(&place), "{words:?} does not take {place}");
        sql = sql.replace(&place, parameter);
    }
    anyhow::ensure!(
        !sql.contains('$'),
        "{words:?} takes more than {} parameters",
        parameters.len()
    );
    Ok(sql)
}

/// One line, with `next_run_at` for the checked queries' `"next_run_at: Time"`.
fn plain_names(query: &str) -> String {
    let mut sql = String::new();
    for (index, piece) in query.split('"').enumerate() {
        let is_name = index % 2 == 1;
        let end = if is_name {
            piece.find([':', '!', '?'])
        } else {
            None
        };
        sql.push_str(end.map_or(piece, |end| piece.split_at(end).0));
    }
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_only_rust_needs() {
        let query = "select id as \"id: JobId\",\n  is_on as \"is_on!\" from jobs";

        assert_eq!(
            plain_names(query),
            "select id as id, is_on as is_on from jobs"
        );
    }

    #[test]
    fn every_statement_of_a_run_is_found_among_the_committed_ones() {
        let script = script(&committed_queries().unwrap()).unwrap();

        assert_eq!(script.matches("commit;").count(), 3);
        assert!(!script.contains('$'), "{script}");
    }

    #[test]
    fn a_job_has_the_id_that_pgbench_makes_of_its_client() {
        let id = job_id(12).to_string();

        assert_eq!(id, "00000000-0000-4000-8000-000000000012");
    }
}
