//! Builds every mutant in a copy of the workspace and lets the simulator look for its bug.
//!
//! Needs `DATABASE_URL`, against which the changed queries are compiled. Exits 0 when every mutant
//! was found, 1 when one survived, 2 when one no longer fits the source or does not compile.

#![allow(clippy::allow_attributes, reason = "see the next line")]
#![allow(clippy::print_stdout, reason = "a program that prints its findings")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::Context;
use clap::Parser;
use simulator::mutants::{ALL, Mutant};

/// What a build reads.
const PARTS: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "rust-toolchain.toml",
    ".sqlx",
    "migrations",
    "shared",
    "functions",
    "infra",
    "tests",
];

/// Proves that the simulator finds bugs.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the database is
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,

    /// Where the copy is made; emptied first
    #[arg(long)]
    copy: PathBuf,

    /// Where it is built
    #[arg(long, env = "CARGO_TARGET_DIR")]
    target: PathBuf,

    /// Most seeds tried for one mutant
    #[arg(long, default_value_t = 60)]
    seeds: u64,

    /// Simulated days per seed
    #[arg(long, default_value_t = 20)]
    days: u32,

    /// Only mutants whose bug contains this text
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mutants: Vec<_> = ALL
        .iter()
        .filter(|it| it.bug.contains(&arguments.only))
        .collect();
    for mutant in ALL {
        mutant.fits(&root)?;
    }
    copy(&root, &arguments.copy)?;
    let mut survivors = 0;
    for mutant in &mutants {
        let begun = Instant::now();
        let found = hunt(mutant, arguments).with_context(|| mutant.bug.to_owned())?;
        survivors += u32::from(found.is_none());
        let found = found.unwrap_or_else(|| "SURVIVED".to_owned());
        println!(
            "{:<55} {found} ({} s)",
            mutant.bug,
            begun.elapsed().as_secs()
        );
    }
    println!("{} mutants, {survivors} survived", mutants.len());
    Ok(survivors == 0 && !mutants.is_empty())
}

fn copy(root: &Path, copy: &Path) -> anyhow::Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir_all(copy)?;
    // Times are kept, so that cargo builds only what a mutant changes.
    let parts = PARTS.map(|part| root.join(part));
    let status = Command::new("cp")
        .arg("-a")
        .args(&parts)
        .arg(copy)
        .status()?;
    anyhow::ensure!(status.success(), "copying the workspace: {status}");
    Ok(())
}

/// The first seed that finds the bug, and the promise that it breaks.
fn hunt(mutant: &Mutant, arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let mut originals = vec![];
    for (file, original, replacement) in mutant.changes {
        let path = arguments.copy.join(file);
        let text = fs::read_to_string(&path)?;
        fs::write(&path, text.replacen(original, replacement, 1))?;
        originals.push((path, text));
    }
    let found = build(arguments).and_then(|()| simulate(arguments));
    for (path, text) in originals.into_iter().rev() {
        fs::write(path, text)?;
    }
    found
}

fn build(arguments: &Arguments) -> anyhow::Result<()> {
    let output = Command::new("cargo")
        .args([
            "build",
            "--locked",
            "--quiet",
            "-p",
            "simulator",
            "--bin",
            "simulate",
        ])
        .current_dir(&arguments.copy)
        .env("CARGO_TARGET_DIR", &arguments.target)
        .env("DATABASE_URL", &arguments.database_url)
        .env("SQLX_OFFLINE", "false")
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "the mutant does not compile: {errors}"
    );
    Ok(())
}

fn simulate(arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let output = Command::new(arguments.target.join("debug/simulate"))
        .args(["--stop-at-first", "--seeds", &arguments.seeds.to_string()])
        .args(["--days", &arguments.days.to_string()])
        .env("DATABASE_URL", &arguments.database_url)
        .stderr(Stdio::inherit())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => Ok(None),
        Some(1) => Ok(told
            .lines()
            .find(|line| line.starts_with("seed "))
            .map(str::to_owned)),
        _ => anyhow::bail!("the simulator ended with {}: {told}", output.status),
    }
}
