//! The input of `schedules import-legacy`: CSV or JSON lines.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;

/// Longest input read: a hundred times what the old system held.
const INPUT_BYTES_MAX: u64 = 10 << 20;

/// A row of the input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cron: String,
    #[serde(default)]
    pub(super) job_id: Option<String>,
    #[serde(default)]
    pub(super) revision: Option<i32>,
}

/// The whole input; `-` is standard input.
pub(super) fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let source: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(fs::File::open(file)?),
    };
    let bytes = source.take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)?;
    match u64::try_from(bytes).is_ok_and(|bytes| bytes <= INPUT_BYTES_MAX) {
        true => Ok(text),
        false => Err(io::Error::other(format!(
            "it has more than {INPUT_BYTES_MAX} bytes"
        ))),
    }
}

/// The rows of the input, or why one cannot be read.
pub(super) fn rows(text: &str) -> Vec<Result<Row, String>> {
    if text.trim_start().starts_with('{') {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let rows = lines.map(|line| serde_json::from_str(line).map_err(|it| it.to_string()));
        return rows.collect();
    }
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let records = reader.into_records().map(|record| match record {
        Ok(record) => from_record(&record),
        Err(error) => Err(error.to_string()),
    });
    let is_heading = |row: &Result<Row, String>| {
        let row = row.as_ref().ok();
        row.is_some_and(|row| row.name == "name" && row.cron == "cron")
    };
    let mut records = records.peekable();
    records.next_if(is_heading);
    records.collect()
}

fn from_record(record: &csv::StringRecord) -> Result<Row, String> {
    let mut columns = record.iter();
    match (
        columns.next(),
        columns.next(),
        columns.next(),
        columns.next(),
        columns.next(),
    ) {
        (Some(name), Some(cron), job_id, revision, None) => Ok(Row {
            name: name.to_owned(),
            cron: cron.to_owned(),
            job_id: job_id.filter(|id| !id.is_empty()).map(str::to_owned),
            revision: revision
                .filter(|text| !text.is_empty())
                .map(str::parse)
                .transpose()
                .map_err(|_| format!("`{}` is no revision", revision.unwrap_or_default()))?,
        }),
        _ => Err(format!(
            "{} columns instead of name, cron, job_id and revision",
            record.len()
        )),
    }
}
