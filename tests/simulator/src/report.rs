//! What simulations came to.

use std::{collections::BTreeMap, fmt};

/// A promise that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub invariant: &'static str,
    /// What was found instead.
    pub found: String,
}

/// Figures of one or many simulations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Simulations.
    pub seeds: u64,
    /// Simulated days.
    pub days: u64,
    /// Fire times that must have a verdict.
    pub expected: u64,
    /// Those that have it.
    pub accounted: u64,
    /// Those that have none.
    pub lost: u64,
    /// Those that have two.
    pub duplicated: u64,
    /// Rows of the ledger by status.
    pub rows: BTreeMap<String, u64>,
    /// Invocations of functions.
    pub invocations: u64,
    /// What was made to go wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// What people did, by kind.
    pub actions: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn fault(&mut self, kind: &'static str) {
        *self.faults.entry(kind).or_default() += 1;
    }

    pub(crate) fn action(&mut self, kind: &'static str) {
        *self.actions.entry(kind).or_default() += 1;
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.days += other.days;
        self.expected += other.expected;
        self.accounted += other.accounted;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.invocations += other.invocations;
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for (kind, count) in &other.actions {
            *self.actions.entry(kind).or_default() += count;
        }
        for (status, count) in &other.rows {
            *self.rows.entry(status.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seeds         {}", self.seeds)?;
        writeln!(f, "days          {}", self.days)?;
        writeln!(
            f,
            "ticks         {} expected, {} accounted for, {} lost, {} duplicated",
            self.expected, self.accounted, self.lost, self.duplicated
        )?;
        writeln!(f, "invocations   {}", self.invocations)?;
        writeln!(f, "ledger rows   {}", list(self.rows.iter()))?;
        writeln!(f, "actions       {}", list(self.actions.iter()))?;
        write!(f, "faults        {}", list(self.faults.iter()))
    }
}

fn list(counts: impl Iterator<Item = (impl fmt::Display, impl fmt::Display)>) -> String {
    let words: Vec<_> = counts
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    words.join(", ")
}
