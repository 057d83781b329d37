//! Fire times agreed by independent engines.
//!
//! `SUNDIAL_CRON_VECTORS` names a folder of CSV files; without it, a small file of our own,
//! computed by a separate minute-by-minute program, is used.

use std::{env, fs, path::PathBuf};

use super::{
    aws::AwsCron,
    given::{at, schedule},
};

struct Vector {
    class: String,
    expression: String,
    zone: String,
    start: String,
    fires: Vec<String>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test says where its data is; configuration is for functions"
)]
fn files() -> Vec<PathBuf> {
    let folder = match env::var("SUNDIAL_CRON_VECTORS") {
        Ok(folder) => PathBuf::from(folder),
        Err(_) => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")),
    };
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "csv"))
        .collect();
    files.sort();
    files
}

/// Splits a line at its commas; a quoted cell may hold commas.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn vectors(is_wanted: impl Fn(&str) -> bool) -> Vec<Vector> {
    let mut vectors = Vec::new();
    for file in files() {
        for line in fs::read_to_string(&file).unwrap().lines().skip(1) {
            let mut cells = cells(line).into_iter();
            let mut next = || cells.next().unwrap_or_else(|| panic!("short line: {line}"));
            let vector = Vector {
                class: next(),
                expression: next(),
                zone: next(),
                start: next(),
                fires: (0..5)
                    .map(|_| next())
                    .filter(|fire| !fire.is_empty())
                    .collect(),
            };
            if is_wanted(&vector.class) {
                vectors.push(vector);
            }
        }
    }
    assert!(!vectors.is_empty(), "no vector was selected");
    vectors
}

#[test]
fn five_field_vectors_are_met() {
    let mut wrong = Vec::new();
    let all = vectors(|class| class != "aws");
    for vector in &all {
        let schedule = schedule(&vector.expression, &vector.zone);
        let start = at(&vector.start);
        let expected: Vec<_> = vector.fires.iter().map(|fire| at(fire)).collect();
        let last = *expected.last().unwrap();
        let count = expected.len();
        let forward = schedule.fires_between(start, last, count + 1);
        let backward = schedule.latest_fires(start, last, count + 1);
        if forward != expected || backward != expected {
            wrong.push(format!(
                "{} in {} from {}: expected {expected:?}, forward {forward:?}, backward {backward:?}",
                vector.expression, vector.zone, vector.start
            ));
        }
    }
    let count = all.len();
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_evaluator_of_cloud_rules_meets_its_vectors() {
    for vector in vectors(|class| class == "aws") {
        let expected: Vec<_> = vector.fires.iter().map(|fire| at(fire)).collect();
        let rule = AwsCron::fields(&vector.expression);
        let found = rule.next(at(&vector.start), expected.len());
        assert_eq!(
            found, expected,
            "{} from {}",
            vector.expression, vector.start
        );
    }
}
