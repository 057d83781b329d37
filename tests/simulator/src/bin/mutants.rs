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
use simulator::mutants::{Mutant, all};

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

    /// Only mutants whose bug contains one of these texts, which `|` separates
    #[arg(long, default_value = "", value_delimiter = '|')]
    only: Vec<String>,
}

/// What became of one mutant.
enum Fate {
    /// The simulator said this.
    Found(String),
    Survived,
    /// It is no program, so it proves nothing.
    DoesNotCompile(String),
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
    let mutants: Vec<_> = all().filter(|it| is_wanted(it, arguments)).collect();
    for mutant in all() {
        mutant.fits(&root)?;
    }
    copy(&root, &arguments.copy)?;
    let (mut survivors, mut misfits) = (0, 0);
    for mutant in &mutants {
        let begun = Instant::now();
        let found = match hunt(mutant, arguments).with_context(|| mutant.bug.to_owned())? {
            Fate::Found(found) => found,
            Fate::Survived => {
                survivors += 1;
                "SURVIVED".to_owned()
            }
            Fate::DoesNotCompile(errors) => {
                misfits += 1;
                format!("DOES NOT COMPILE\n{errors}")
            }
        };
        let seconds = begun.elapsed().as_secs();
        println!("{:<55} {found} ({seconds} s)", mutant.bug);
    }
    println!("{} mutants, {survivors} survived", mutants.len());
    anyhow::ensure!(misfits == 0, "{misfits} mutants do not compile");
    Ok(survivors == 0 && !mutants.is_empty())
}

fn is_wanted(mutant: &Mutant, arguments: &Arguments) -> bool {
    let mut words = arguments.only.iter();
    arguments.only.is_empty() || words.any(|words| mutant.bug.contains(words))
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
    // What was built last time may be a mutant of any of these.
    for (file, _, _) in all().flat_map(|mutant| mutant.changes) {
        let path = copy.join(file);
        fs::write(&path, fs::read(&path)?)?;
    }
    Ok(())
}

/// Lets the simulator look for the bug.
fn hunt(mutant: &Mutant, arguments: &Arguments) -> anyhow::Result<Fate> {
    let mut originals = vec![];
    for (file, original, replacement) in mutant.changes {
        let path = arguments.copy.join(file);
        let text = fs::read_to_string(&path)?;
        fs::write(&path, text.replacen(original, replacement, 1))?;
        originals.push((path, text));
    }
    let fate = match build(arguments)? {
        Err(errors) => Ok(Fate::DoesNotCompile(errors)),
        Ok(()) => simulate(arguments),
    };
    for (path, text) in originals.into_iter().rev() {
        fs::write(path, text)?;
    }
    fate
}

/// Builds the copy as it is; the inner error is the compiler's.
fn build(arguments: &Arguments) -> anyhow::Result<Result<(), String>> {
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
        // A mutant changes a line, and the same files are built again and again.
        .env("CARGO_INCREMENTAL", "1")
        .output()?;
    Ok(match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

/// The first seed that finds the bug, and the promise that it breaks.
fn simulate(arguments: &Arguments) -> anyhow::Result<Fate> {
    let output = Command::new(arguments.target.join("debug/simulate"))
        .args(["--stop-at-first", "--seeds", &arguments.seeds.to_string()])
        .args(["--days", &arguments.days.to_string()])
        .env("DATABASE_URL", &arguments.database_url)
        .stderr(Stdio::inherit())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => Ok(Fate::Survived),
        Some(1) => {
            let found = told.lines().find(|line| line.starts_with("seed "));
            Ok(Fate::Found(found.unwrap_or_default().to_owned()))
        }
        _ => anyhow::bail!("the simulator ended with {}: {told}", output.status),
    }
}
