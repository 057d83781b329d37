//! The functions, from the one map that Terraform deploys.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use serde::Deserialize;

use crate::lambda::FunctionSpec;

/// The map, in this binary, so that it runs from anywhere.
const MAP: &str = include_str!("../../../aws/functions.tf.json");

/// Job functions kept running in advance, so that a run need not wait for a process. Two: a
/// scheduled one and one on demand, at the same moment.
const JOB_WARM: usize = 2;

/// Processes of one job function at most; a laptop has about so many cores.
const JOB_INSTANCES_MAX: usize = 8;

/// What wakes a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Runs of the job type it is named after.
    Job,
    /// HTTP requests.
    Http,
    /// Every minute, and changes of schedules.
    Sweep,
}

/// One function as deployed.
#[derive(Debug, Clone, Deserialize)]
pub struct Function {
    /// What wakes it.
    pub kind: Kind,
    /// Its memory.
    pub memory_mb: u32,
    /// How long one invocation may take.
    pub timeout_seconds: u64,
}

#[derive(Deserialize)]
struct Map {
    locals: Locals,
}

#[derive(Deserialize)]
struct Locals {
    functions: BTreeMap<String, Function>,
}

/// Every function, by its name, which is also the name of its binary.
///
/// # Errors
/// When the map is not what it should be; a test holds that it is.
pub fn all() -> anyhow::Result<BTreeMap<String, Function>> {
    let map: Map = serde_json::from_str(MAP).context("reading the map of functions")?;
    Ok(map.locals.functions)
}

/// The folder of the running program, where the build puts the functions too; for a test, whose
/// program lies one deeper, the folder above.
///
/// # Errors
/// When the system does not tell where this program is.
pub fn built_beside_us() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("finding this program")?;
    let folder = program.parent().context("finding this program's folder")?;
    Ok(match folder.ends_with("deps") {
        true => folder.parent().unwrap_or(folder).to_owned(),
        false => folder.to_owned(),
    })
}

/// What the Lambda host is to run.
#[must_use]
pub fn spec(
    name: &str,
    function: &Function,
    binaries: &Path,
    environment: &[(String, String)],
) -> FunctionSpec {
    let (warm, instances_max) = match function.kind {
        Kind::Job => (JOB_WARM, JOB_INSTANCES_MAX),
        Kind::Http => (1, 4),
        // Two at once would only cross each other.
        Kind::Sweep => (1, 1),
    };
    FunctionSpec {
        timeout: Duration::from_secs(function.timeout_seconds),
        memory_mb: function.memory_mb,
        environment: environment.to_vec(),
        instances_max,
        warm,
        ..FunctionSpec::new(name, binaries.join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_has_one_dispatcher_and_one_reconciler() {
        let functions = all().unwrap();
        let of_kind = |kind| functions.values().filter(|f| f.kind == kind).count();

        assert_eq!((of_kind(Kind::Http), of_kind(Kind::Sweep)), (1, 1));
        assert!(of_kind(Kind::Job) > 0);
    }
}
