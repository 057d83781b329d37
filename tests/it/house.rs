//! The house keeps its shape: rooms, files, job types, schema.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use shared::domain::JobType;
use sqlx::PgPool;

/// Each room of `shared`, and the rooms it may look into.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &[]),
    ("telemetry", &[]),
    ("store", &["domain", "config"]),
    ("clients", &["domain", "config", "telemetry"]),
    (
        "runtime",
        &["domain", "config", "telemetry", "store", "clients"],
    ),
    (
        "steps",
        &[
            "domain",
            "config",
            "telemetry",
            "store",
            "clients",
            "runtime",
        ],
    ),
];

/// Functions that are not job types.
const NOT_JOBS: &[&str] = &["dispatcher", "reconciler"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files below `folder` or the file `folder.rs`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    let single = folder.with_extension("rs");
    if single.is_file() {
        files.push(single);
    }
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Whether code of a file names `room` of its own crate, in either way of importing.
fn names(text: &str, room: &str) -> bool {
    text.contains(&format!("crate::{room}")) || text.contains(&format!("\n    {room}::"))
}

#[test]
fn rooms_of_shared_look_only_where_they_may() {
    for (room, allowed) in ROOMS {
        let files = rust_files(&root().join("shared/src").join(room));
        assert!(!files.is_empty(), "no room {room}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for (other, _) in ROOMS.iter().filter(|(other, _)| other != room) {
                let may = allowed.contains(other) || !names(&text, other);
                assert!(may, "{} must not use {other}", file.display());
            }
        }
    }
}

#[test]
fn a_function_uses_only_shared() {
    let crates = [
        "ad_classification",
        "asset_download",
        "congruence_reanalysis",
        "demographic_backfill",
        "destination_sync",
        "dispatcher",
        "meta_sync",
        "reconciler",
        "token_refresh",
        "sundial-local",
        "scenarios",
    ];
    for entry in fs::read_dir(root().join("functions")).unwrap() {
        let folder = entry.unwrap().path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let own = folder.file_name().unwrap().to_string_lossy().into_owned();
        for other in crates.iter().filter(|name| **name != own) {
            let line = format!("\n{other}.workspace");
            assert!(!manifest.contains(&line), "{own} must not use {other}");
        }
    }
}

#[test]
fn sql_is_written_only_in_the_store() {
    let folders = ["functions", "shared/src", "infra/local/src"];
    for file in folders
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
    {
        let is_store = file.components().any(|part| part.as_os_str() == "store");
        let is_test = file.components().any(|part| part.as_os_str() == "tests");
        // The local stack's demo looks at the ledger from outside, as a person with psql does.
        let is_demo = file.components().any(|part| part.as_os_str() == "demo");
        let text = fs::read_to_string(&file).unwrap();
        let has_sql = text.contains("sqlx::query");
        assert!(
            is_store || is_test || is_demo || !has_sql,
            "{} has SQL",
            file.display()
        );
    }
}

#[test]
fn a_file_is_short_enough_to_keep_in_mind() {
    let long: Vec<String> = ["functions", "shared", "infra/local", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter_map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            let lines = code.lines().count();
            (lines > 300).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(
        long.is_empty(),
        "at most 300 lines a file:\n{}",
        long.join("\n")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_type_has_its_four_places(pool: PgPool) {
    let known: BTreeSet<String> = JobType::ALL
        .iter()
        .map(|job_type| job_type.name().to_owned())
        .collect();
    let rows = sqlx::query_scalar("select name from job_types")
        .fetch_all(&pool)
        .await
        .unwrap();
    let map = fs::read_to_string(root().join("infra/aws/functions.tf.json")).unwrap();
    let map: serde_json::Value = serde_json::from_str(&map).unwrap();
    let functions = map
        .pointer("/locals/functions")
        .unwrap()
        .as_object()
        .unwrap();
    let deployed: BTreeSet<String> = functions
        .iter()
        .filter(|(_, function)| function["kind"] == "job")
        .map(|(name, _)| name.clone())
        .collect();
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !NOT_JOBS.contains(&name.as_str()))
        .collect();

    for (place, names) in [
        ("functions/ (a folder)", folders),
        (
            "migrations/ (a row of job_types)",
            rows.into_iter().collect(),
        ),
        (
            "infra/aws/functions.tf.json (an entry of kind job)",
            deployed,
        ),
    ] {
        let missing: Vec<_> = known.difference(&names).collect();
        let unknown: Vec<_> = names.difference(&known).collect();
        assert!(missing.is_empty(), "{place} lacks {missing:?}");
        assert!(
            unknown.is_empty(),
            "shared::domain::JobType lacks {unknown:?} of {place}"
        );
    }
}

/// The settings named in quotes in `text`, as in `"SUNDIAL_BUS"`.
fn settings_in(text: &str) -> BTreeSet<String> {
    let prefixes = [
        "SUNDIAL_",
        "META_",
        "MEDIA_",
        "ASSET_",
        "DATABASE_",
        "GEMINI_",
        "CLASSIFICATION_",
        "OTEL_",
    ];
    text.split('"')
        .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
        .filter(|word| {
            word.bytes()
                .all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte))
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_setting_is_in_the_sample_and_set_by_the_local_stack() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let files = rust_files(&root().join("shared/src/config")).into_iter();
    let files = files.filter(|file| !file.ends_with("tests.rs"));
    let files: String = files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let settings = settings_in(&files);
    let sample: BTreeSet<String> = read(".env.sample")
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.to_owned())
        .collect();
    let local = settings_in(&read("infra/local/src/stack/environment.rs"));

    assert_eq!(
        settings, sample,
        "read by the functions, and listed in .env.sample"
    );
    assert_eq!(
        settings, local,
        "read by the functions, and set by infra/local"
    );
}

/// Everything the migrations make, in words that do not depend on the server's version.
const DUMP: &str = include_str!("schema_dump.sql");

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_schema_is_the_one_in_the_repository(pool: PgPool) {
    let file = root().join("migrations/schema.sql");
    let lines: Vec<String> = sqlx::query_scalar(DUMP).fetch_all(&pool).await.unwrap();
    let dump = format!("{}\n", lines.join("\n"));
    #[expect(clippy::disallowed_methods, reason = "`make schema` rewrites the file")]
    if std::env::var("SUNDIAL_UPDATE").is_ok() {
        fs::write(&file, &dump).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == dump,
        "migrations/schema.sql is out of date: run make schema"
    );
}
