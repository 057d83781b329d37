//! An EventBridge that fires: rules, targets and buses by AWS's own protocol, schedules on time.
//!
//! Keeps its books in memory and, when given a folder, in `eventbridge.json` there, at most 50 ms behind.
//! Fires cron rules at the beginning of the minute, rates by the second; a time that passed while nobody ran
//! is not made up for. Every event is delivered once, to functions hosted by [`Host`] only.
//!
//! Not imitated: signatures and permissions, resource policies, targets other than Lambda functions (accepted,
//! never delivered to), retry policies and dead-letter queues of targets, throttling, archives and replays,
//! partner sources, connections and API destinations, schemas, pipes, the delay before a change takes effect.

mod api;
mod books;
mod buses;
mod checks;
pub mod cron;
mod error;
mod firing;
mod given_target;
mod input;
mod pattern;
mod put_events;
mod rules;
mod schedule;
mod tags;
mod targets;
mod trial;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;
use tokio::sync::Notify;

use self::books::{Books, DEFAULT_BUS};
use self::error::ApiError;
use crate::clock::Clock;
use crate::lambda::Host;

/// File of the books inside the data folder.
const BOOKS_FILE: &str = "eventbridge.json";

/// Where EventBridge pretends to be, and where it keeps its books.
#[derive(Clone, Debug)]
pub struct EventBridgeOptions {
    /// Region in ARNs and events.
    pub region: String,
    /// Account number in ARNs and events.
    pub account: String,
    /// Buses that exist from the start, besides `default`.
    pub buses: Vec<String>,
    /// Folder of the books; it must exist. `None` forgets everything at the end.
    pub data_dir: Option<PathBuf>,
    /// The time by which rules fire.
    pub clock: Clock,
}

/// A local EventBridge. Clones are handles of the same one.
#[derive(Clone)]
pub struct EventBridge(Arc<Inner>);

struct Inner {
    options: EventBridgeOptions,
    host: Host,
    books: Mutex<Books>,
    /// A schedule was changed: the wait for the next fire time starts afresh.
    rescheduled: Notify,
    /// The books differ from their file.
    unsaved: Notify,
    /// How often each operation was asked for.
    calls: Mutex<BTreeMap<String, u64>>,
    /// Most rules of a bus.
    rules_max: AtomicUsize,
}

impl EventBridge {
    /// Opens the books.
    ///
    /// # Errors
    /// When the file of the books cannot be read or holds something else.
    pub fn new(options: EventBridgeOptions, host: Host) -> anyhow::Result<Self> {
        let now = options.clock.now();
        let books = match &options.data_dir {
            Some(dir) => Books::open(&dir.join(BOOKS_FILE), &options.buses, now)
                .context("opening the books of EventBridge")?,
            None => Books::new(&options.buses, now),
        };
        Ok(Self(Arc::new(Inner {
            options,
            host,
            books: Mutex::new(books),
            rescheduled: Notify::new(),
            unsaved: Notify::new(),
            calls: Mutex::default(),
            rules_max: AtomicUsize::new(rules::RULES_MAX),
        })))
    }

    /// Serves `POST /` with `x-amz-target: AWSEvents.<Operation>`, AWS JSON 1.1.
    pub fn router(&self) -> axum::Router {
        api::router(self.clone())
    }

    /// Lets a bus hold more rules than the 300 of a new account, as AWS does on request.
    pub fn grant_rules(&self, rules_max: usize) {
        self.0.rules_max.store(rules_max, Ordering::Relaxed);
    }

    /// How often each operation was performed, by its name, refusals included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let calls = self.0.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fires rules on time and keeps the books saved until `shutdown` completes.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.fire_on_time() => {}
            () = self.keep_saved() => {}
        }
        self.save().await;
    }

    fn read<T>(&self, look: impl FnOnce(&Books) -> Result<T, ApiError>) -> Result<T, ApiError> {
        look(&self.0.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Books) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let result = change(&mut self.0.books.lock().unwrap_or_else(PoisonError::into_inner));
        if result.is_ok() {
            self.0.unsaved.notify_one();
            self.0.rescheduled.notify_one();
        }
        result
    }

    fn rule_arn(&self, bus: &str, rule: &str) -> String {
        let Inner {
            options: EventBridgeOptions {
                region, account, ..
            },
            ..
        } = &*self.0;
        match bus {
            DEFAULT_BUS => format!("arn:aws:events:{region}:{account}:rule/{rule}"),
            bus => format!("arn:aws:events:{region}:{account}:rule/{bus}/{rule}"),
        }
    }

    fn bus_arn(&self, bus: &str) -> String {
        let Inner {
            options: EventBridgeOptions {
                region, account, ..
            },
            ..
        } = &*self.0;
        format!("arn:aws:events:{region}:{account}:event-bus/{bus}")
    }
}

/// A bus is called by its name or its ARN; without either the default bus is meant.
fn bus_name(given: Option<&str>) -> &str {
    let given = given.unwrap_or(DEFAULT_BUS);
    match given.starts_with("arn:") {
        true => given
            .split_once(":event-bus/")
            .map_or(given, |(_, name)| name),
        false => given,
    }
}
