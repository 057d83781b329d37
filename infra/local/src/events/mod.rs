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
pub mod cron;
mod error;
mod firing;
mod given_target;
mod input;
mod pattern;
mod put_events;
mod rules;
pub(crate) mod schedule;
mod tags;
mod targets;
mod trial;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;

use self::books::{Books, DEFAULT_BUS};
use crate::aws::calls::Calls;
use crate::aws::error::ApiError;
use crate::aws::kept::Kept;
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
    books: Kept<Books>,
    calls: Calls,
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
        let file = options.data_dir.as_ref().map(|dir| dir.join(BOOKS_FILE));
        let books = match &file {
            Some(file) => Books::open(file, &options.buses, now)
                .context("opening the books of EventBridge")?,
            None => Books::new(&options.buses, now),
        };
        Ok(Self(Arc::new(Inner {
            options,
            host,
            books: Kept::new("the rules of EventBridge", file, books),
            calls: Calls::default(),
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
        self.0.calls.all()
    }

    /// Fires rules on time and keeps the books saved until `shutdown` completes.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let books = &self.0.books;
        let firing =
            books.fire_on_time(&self.0.options.clock, Books::next_fire, || self.fire_due());
        tokio::select! {
            () = shutdown => {}
            () = firing => {}
            () = books.keep_saved() => {}
        }
        books.save().await;
    }

    fn read<T>(&self, look: impl FnOnce(&Books) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.0.books.read(look)
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Books) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.0.books.change(change)
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
