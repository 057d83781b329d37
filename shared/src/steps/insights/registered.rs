//! Which ads are taken in already, so that their next days need not ask for each of them again.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// More are not kept in mind: their days ask.
const ADS_MAX: usize = 100_000;

/// The ads whose pages an invocation has stored.
#[derive(Debug, Default)]
pub(super) struct Registered(Mutex<HashSet<String>>);

impl Registered {
    /// Those of `ads` of which nothing is known yet.
    pub(super) fn new_of<'a>(&self, ads: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let registered = self.lock();
        ads.filter(|ad| !registered.contains(*ad)).collect()
    }

    /// Notes ads, once the transaction that took them in is committed.
    pub(super) fn add(&self, ads: &[&str]) {
        let mut registered = self.lock();
        let room = ADS_MAX.saturating_sub(registered.len());
        registered.extend(ads.iter().take(room).map(|ad| (*ad).to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
