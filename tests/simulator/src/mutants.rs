//! Deliberate bugs, each of which the simulator must find: the proof of the prover.
//!
//! A mutant is a change of the product's text. Left out, because the schema or a lock makes them
//! harmless here: the comparison with `next_run_at` in the claim (the job is locked), and
//! `on conflict` in a tick's insert (the watermark never goes back).

mod clocks;
mod jobs;
mod runs;

use std::{fs, path::Path};

/// One deliberate bug.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What is wrong, as in "the retry is left out".
    pub bug: &'static str,
    /// The file and, for each change, the exact text and what replaces it.
    pub changes: &'static [(&'static str, &'static str, &'static str)],
}

impl Mutant {
    /// Whether each text it changes is in its file exactly once, below the workspace's `root`.
    ///
    /// # Errors
    /// When a file is gone, or says something else by now: then the list must be brought up to date.
    pub fn fits(&self, root: &Path) -> anyhow::Result<()> {
        for (file, original, _) in self.changes {
            let text = fs::read_to_string(root.join(file))?;
            let count = text.matches(original).count();
            anyhow::ensure!(
                count == 1,
                "{}: {file} has {count} times what should be changed once",
                self.bug
            );
        }
        Ok(())
    }
}

/// Every mutant.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    runs::ALL.iter().chain(jobs::ALL).chain(clocks::ALL)
}
