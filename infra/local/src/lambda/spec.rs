//! What a host is told: its functions, and where it pretends to be.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;

/// A function as its deployment describes it.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Name, as in its ARN.
    pub name: String,
    /// The program to run, the same file that would be deployed as `bootstrap`.
    pub binary: PathBuf,
    /// Arguments of the program; a deployed function has none.
    pub arguments: Vec<String>,
    /// How long one invocation may take before its process is killed.
    pub timeout: Duration,
    /// What the function is told about its memory, in MB. Not enforced.
    pub memory_mb: u32,
    /// The function's own environment. Nothing of the host's environment is passed on.
    pub environment: Vec<(String, String)>,
    /// Most processes at a time.
    pub instances_max: usize,
    /// Processes kept running, so that an invocation need not wait for a start.
    pub warm: usize,
    /// Further attempts at an asynchronous invocation that failed. AWS makes 2 unless told otherwise.
    pub retries: u32,
    /// Wait before each further attempt. AWS waits 1 minute, then 2.
    pub retry_wait: Duration,
}

impl FunctionSpec {
    /// A function with AWS's own defaults for time (3 s) and memory (128 MB), one warm process,
    /// at most four, and no further attempts.
    #[must_use]
    pub fn new(name: impl Into<String>, binary: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            binary: binary.into(),
            arguments: Vec::new(),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            environment: Vec::new(),
            instances_max: 4,
            warm: 1,
            retries: 0,
            retry_wait: Duration::from_secs(60),
        }
    }
}

/// Where the host pretends to be, and where it writes.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Region in ARNs and in `AWS_REGION`.
    pub region: String,
    /// Account number in ARNs.
    pub account: String,
    /// Folder for one log file per function; `None` keeps no files.
    pub log_dir: Option<PathBuf>,
    /// The time; deadlines are told to functions by it. Timeouts are measured, not told.
    pub clock: Clock,
}
