//! An EventBridge Scheduler that fires: schedules, groups and their tags by AWS's own protocol, on time.
//!
//! Keeps its books in memory and, when given a folder, in `scheduler.json` there, at most 50 ms behind. Fires
//! cron at the beginning of the minute, `at` and rates by the second; a rate without a start begins at once. A
//! time that passed while nobody ran is not made up for. What is due is delivered once, to functions hosted by
//! [`Host`] only.
//!
//! Not imitated: signatures, permissions of the target's role, flexible time windows (what has one fires at its
//! beginning), targets other than Lambda functions, templated and universal ones included (accepted, never
//! delivered to), retry policies and dead-letter queues, encryption by a key, throttling, a group that is
//! being deleted for a while, the token of a request other than those that create, what AWS does with an `at`
//! in the past (here it never fires), the delay before a change takes effect.

mod api;
mod books;
mod definition;
mod error;
mod expression;
mod firing;
mod given;
mod groups;
mod schedules;
mod tags;
mod timetable;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub use self::expression::Expression;

use self::books::Books;
use crate::aws::calls::Calls;
use crate::aws::kept::Kept;
use crate::clock::Clock;
use crate::lambda::Host;

/// File of the books inside the data folder.
const BOOKS_FILE: &str = "scheduler.json";

/// Where Scheduler pretends to be, and where it keeps its books.
#[derive(Clone, Debug)]
pub struct SchedulerOptions {
    /// Region in ARNs.
    pub region: String,
    /// Account number in ARNs.
    pub account: String,
    /// Groups that exist from the start, besides `default`.
    pub groups: Vec<String>,
    /// Folder of the books; it must exist. `None` forgets everything at the end.
    pub data_dir: Option<PathBuf>,
    /// The time by which schedules fire.
    pub clock: Clock,
}

/// A local Scheduler. Clones are handles of the same one.
#[derive(Clone)]
pub struct Scheduler(Arc<Inner>);

struct Inner {
    options: SchedulerOptions,
    host: Host,
    books: Kept<Books>,
    calls: Calls,
    /// Most schedules of all groups together.
    schedules_max: AtomicUsize,
}

impl Scheduler {
    /// Opens the books.
    ///
    /// # Errors
    /// When the file of the books cannot be read or holds something else.
    pub fn new(options: SchedulerOptions, host: Host) -> anyhow::Result<Self> {
        let now = options.clock.now();
        let file = options.data_dir.as_ref().map(|dir| dir.join(BOOKS_FILE));
        let books = match &file {
            Some(file) => {
                Books::open(file, &options.groups, now).context("opening the books of Scheduler")?
            }
            None => Books::new(&options.groups, now),
        };
        Ok(Self(Arc::new(Inner {
            options,
            host,
            books: Kept::new("the schedules of Scheduler", file, books),
            calls: Calls::default(),
            schedules_max: AtomicUsize::new(schedules::SCHEDULES_MAX),
        })))
    }

    /// Serves `/schedules`, `/schedule-groups` and `/tags`, REST with JSON.
    pub fn router(&self) -> axum::Router {
        api::router(self.clone())
    }

    /// Lets the account hold so many schedules instead of the 10 million of a new one.
    pub fn grant_schedules(&self, schedules_max: usize) {
        self.0.schedules_max.store(schedules_max, Ordering::Relaxed);
    }

    /// How often each operation was performed, by its name, refusals included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.0.calls.all()
    }

    /// Fires schedules on time and keeps the books saved until `shutdown` completes.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let books = &self.0.books;
        let clock = &self.0.options.clock;
        let firing = books.fire_on_time(clock, Books::next_fire, || self.fire_due());
        tokio::select! {
            () = shutdown => {}
            () = firing => {}
            () = books.keep_saved() => {}
        }
        books.save().await;
    }

    fn schedule_arn(&self, group: &str, name: &str) -> String {
        let SchedulerOptions {
            region, account, ..
        } = &self.0.options;
        format!("arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}")
    }

    fn group_arn(&self, name: &str) -> String {
        let SchedulerOptions {
            region, account, ..
        } = &self.0.options;
        format!("arn:aws:scheduler:{region}:{account}:schedule-group/{name}")
    }
}

/// When a schedule of this expression in `zone` fires first after `after`, by AWS's rules; `None` when never
/// again, or when AWS would refuse the expression. A rate counts from the second of `after`.
#[must_use]
pub fn next_fire(expression: &str, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Expression::parse(expression)?.next_after(zone, after)
}
