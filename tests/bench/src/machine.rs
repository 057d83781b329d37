//! What the machine is doing meanwhile: its load, and the memory of a process. Linux only.

use std::{fs, time::Duration};

use anyhow::Context;
use tokio::time::Instant;

use crate::report::say;

/// A machine is quiet when its cores were idle for this part of [`QUIET_FOR`].
const IDLE_MIN: f64 = 0.85;
/// How long it must have been quiet.
const QUIET_FOR: Duration = Duration::from_secs(5);
/// A machine that is never quiet is measured all the same.
const QUIET_WAIT: Duration = Duration::from_secs(120);

/// Whether to wait for a quiet moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(bool);

impl Patience {
    pub(crate) fn new(waits: bool) -> Self {
        Self(waits)
    }

    /// Waits until others leave the cores alone, and says what they do.
    pub(crate) async fn wait(self, before: &str) -> anyhow::Result<()> {
        let give_up = Instant::now() + QUIET_WAIT;
        let mut idle = None;
        while self.0 && Instant::now() < give_up {
            let share = idle_share(QUIET_FOR).await?;
            idle = Some(share);
            if share >= IDLE_MIN {
                break;
            }
        }
        let idle = idle.map_or_else(
            || "not looked at".to_owned(),
            |share| format!("{:.0} %", share * 100.0),
        );
        say([format!(
            "\n== {before} (cores idle before: {idle}; load {})",
            load()?
        )])?;
        Ok(())
    }
}

/// The load of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> anyhow::Result<String> {
    let text = fs::read_to_string("/proc/loadavg").context("reading /proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// The most memory a process has had resident, in bytes. `None` when it has ended.
pub(crate) fn peak_memory(process: u32) -> Option<u64> {
    memory(process, "VmHWM:")
}

/// The memory a process has resident now, in bytes. `None` when it has ended.
pub(crate) fn resident_memory(process: u32) -> Option<u64> {
    memory(process, "VmRSS:")
}

fn memory(process: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

async fn idle_share(over: Duration) -> anyhow::Result<f64> {
    let (idle, all) = cpu_time()?;
    tokio::time::sleep(over).await;
    let (idle_later, all_later) = cpu_time()?;
    Ok((idle_later - idle) / (all_later - all).max(1.0))
}

/// Ticks spent idle, and all ticks. **Source:** proc(5), `/proc/stat`: idle is the fourth number, iowait the fifth.
fn cpu_time() -> anyhow::Result<(f64, f64)> {
    let text = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|tick| tick.parse().ok())
        .collect();
    let idle = ticks.iter().skip(3).take(2).sum();
    Ok((idle, ticks.iter().sum()))
}

/// Ticks in a second of CPU time. **Source:** time(7), `USER_HZ`: 100 on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time a process has used, in seconds. `None` when it has ended.
pub(crate) fn cpu_of(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // **Source:** proc(5), `/proc/pid/stat`: utime and stime are the 14th and 15th field.
    cpu_fields(&stat, 11)
}

/// CPU time that children have used which have ended, in seconds.
pub(crate) fn cpu_of_children() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    // **Source:** proc(5): cutime and cstime are the 16th and 17th field.
    cpu_fields(&stat, 13).context("reading /proc/self/stat")
}

/// The sum of two fields, counted from the third, which follows the program's name in brackets.
fn cpu_fields(stat: &str, first: usize) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields.split_whitespace().skip(first).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|tick| tick.parse().ok()).collect();
    (ticks.len() == 2).then(|| ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_a_name_with_spaces_and_brackets() {
        let stat = "1 (a) b) S 4 5 6 7 8 9 10 11 12 13 150 50 300 100 20 0";

        assert_eq!(cpu_fields(stat, 11), Some(2.0));
        assert_eq!(cpu_fields(stat, 13), Some(4.0));
        assert_eq!(cpu_fields("1 (a) S 3", 11), None);
    }
}
