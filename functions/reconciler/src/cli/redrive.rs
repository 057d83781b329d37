//! `schedules redrive`: events that were given up, once their cause is mended.

use std::{error::Error, fmt, io::Write, time::Duration};

use clap::Args;
use serde::{Deserialize, Serialize};
use shared::{
    clients::{
        bus::{Bus, BusEvent},
        undelivered::{Undelivered, UndeliveredEvent},
    },
    domain::{Clock, JobId, RunId, RunStatus},
    runtime,
    store::{
        Database,
        runs::{DueRun, read},
    },
};

use super::{CliError, answer};
use crate::error::Failure;

/// For how long an event that is looked at is hidden from others: what one call's worth of them takes.
const HIDDEN: Duration = Duration::from_secs(60);

/// Calls to one queue: 10,000 events.
const CALLS_MAX: usize = 1_000;

/// What to do about the events.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RedriveArgs {
    /// Tell what would be done, and leave the events where they are. They are hidden for a minute.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Where the events are, and where they go again.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// The ledger.
    pub db: Database,
    /// The bus.
    pub bus: Bus,
    /// The queues.
    pub queues: Undelivered,
    /// What the names of our queues begin with.
    pub prefix: String,
    /// The time.
    pub clock: Clock,
}

/// What became of every event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// Whether nothing was done.
    pub is_dry_run: bool,
    /// The events, queue by queue.
    pub events: Vec<Told>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The name of the queue it was in.
    pub queue: String,
    /// What it was.
    pub event: String,
    /// What is done about it.
    pub outcome: &'static str,
    /// Whether it stays in the queue, as nobody knows what it is.
    pub is_kept: bool,
}

/// What an event was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    Run(RunId),
    Changed(JobId),
    /// The ledger accounts for it without any event.
    Swept(String),
    Unknown(String),
}

/// Sends again what still has something to do, and empties the queues.
///
/// # Errors
/// [`CliError`] when a queue, the bus or the database does not answer, or an event is not known.
/// What was not deleted comes again.
pub async fn run(
    redrive: &Redrive,
    args: &RedriveArgs,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let mut redriven = Redriven {
        is_dry_run: args.dry_run,
        ..Redriven::default()
    };
    let queues = redrive.queues.queues(&redrive.prefix).await;
    let mut failure = None;
    for queue in queues.map_err(Failure::while_doing("looking for queues"))? {
        let emptied = redrive.empty(&queue, &mut redriven).await;
        failure = failure.or(emptied.err());
    }
    answer(out, args.json, &redriven)?;
    let kept = redriven.events.iter().filter(|it| it.is_kept).count();
    match failure {
        Some(failure) => Err(failure.into()),
        None if kept > 0 => Err(CliError::Found(format!(
            "{kept} events are not known and stay in their queue"
        ))),
        None => Ok(()),
    }
}

impl Redrive {
    async fn empty(&self, queue: &str, redriven: &mut Redriven) -> Result<(), Failure> {
        for _ in 0..CALLS_MAX {
            let events = self.queues.receive(queue, HIDDEN).await;
            let events = events.map_err(Failure::while_doing("reading a queue"))?;
            if events.is_empty() {
                break;
            }
            for event in events {
                let told = self.again(&event, redriven.is_dry_run).await?;
                if !told.is_kept && !redriven.is_dry_run {
                    let deleted = self.queues.delete(&event).await;
                    deleted.map_err(Failure::while_doing("emptying a queue"))?;
                }
                redriven.events.push(told);
            }
        }
        Ok(())
    }

    async fn again(&self, event: &UndeliveredEvent, is_dry_run: bool) -> Result<Told, Failure> {
        let meant = meant(event);
        let (text, outcome) = match &meant {
            Meant::Run(run_id) => {
                let outcome = self.request(*run_id, is_dry_run).await?;
                (format!("run {run_id} was to start"), outcome)
            }
            Meant::Changed(job_id) => {
                let changed = BusEvent::ScheduleChanged { job_id: *job_id };
                if !is_dry_run {
                    self.publish(changed).await?;
                }
                (format!("job {job_id} had changed"), "sent again")
            }
            Meant::Swept(what) => (what.clone(), "accounted for by the ledger"),
            Meant::Unknown(what) => (what.clone(), "not known, left in the queue"),
        };
        Ok(Told {
            queue: event
                .queue
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            event: text,
            outcome,
            is_kept: matches!(meant, Meant::Unknown(_)),
        })
    }

    /// Asks for a run again that still waits.
    async fn request(&self, run_id: RunId, is_dry_run: bool) -> Result<&'static str, Failure> {
        let doing = "sending a run again";
        let found = async {
            let mut tx = self.db.begin().await?;
            let run = read::get(&mut tx, run_id).await?;
            tx.commit().await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(run)
        };
        let Some(run) = found.await.map_err(Failure::while_doing(doing))? else {
            return Ok("gone: its run was deleted");
        };
        if run.status != RunStatus::Pending {
            return Ok("over: its run has started or ended since");
        }
        if !is_dry_run {
            let due = [DueRun {
                id: run_id,
                job_id: run.job_id,
                job_type: run.job_type,
            }];
            let announced =
                runtime::announce(&self.db, &self.bus, &[], &due, self.clock.now()).await;
            announced.map_err(Failure::while_doing(doing))?;
        }
        Ok("sent again")
    }

    async fn publish(&self, event: BusEvent) -> Result<(), Failure> {
        let doing = "sending an event again";
        let refused = self.bus.publish(&[event]).await;
        match refused.map_err(Failure::while_doing(doing))?.is_empty() {
            true => Ok(()),
            false => Err(Failure::new(doing, "the bus refused it")),
        }
    }
}

/// What Lambda keeps of an invocation, or EventBridge of an event. Scheduler keeps a [`Payload`].
/// **Source:** EventBridge Scheduler user guide, "Configuring a dead-letter queue"; Lambda developer guide, "Capturing records of asynchronous invocations"; EventBridge user
/// guide, "Using dead-letter queues to process undelivered events".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(rename = "requestPayload")]
    invoked_with: Option<Payload>,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Payload,
    time: String,
}

/// The input of a function, or the detail of an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    kind: String,
    run_id: Option<RunId>,
    job_id: Option<JobId>,
    time: String,
}

fn meant(event: &UndeliveredEvent) -> Meant {
    let kept: Kept = serde_json::from_str(&event.body).unwrap_or_default();
    // Scheduler keeps nothing around the input.
    let bare: Payload = serde_json::from_str(&event.body).unwrap_or_default();
    let (kind, payload) = match &kept.invoked_with {
        Some(payload) => (payload.kind.as_str(), payload),
        None if !bare.kind.is_empty() => (bare.kind.as_str(), &bare),
        None => (kept.detail_type.as_str(), &kept.detail),
    };
    let known = match kind {
        "run" | "RunRequested" => payload.run_id.map(Meant::Run),
        "schedule_changed" | "ScheduleChanged" => payload.job_id.map(Meant::Changed),
        "tick" => payload
            .job_id
            .map(|id| Meant::Swept(format!("a tick of job {id} at {}", payload.time))),
        "sweep" => Some(Meant::Swept("a sweep".to_owned())),
        "Scheduled Event" => event.rule_arn.as_deref().map(|arn| {
            let rule = arn.rsplit('/').next().unwrap_or_default();
            Meant::Swept(format!("a tick of rule {rule} at {}", kept.time))
        }),
        _ => None,
    };
    known.unwrap_or_else(|| Meant::Unknown(format!("message {}", event.id)))
}

impl fmt::Display for Redriven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for told in &self.events {
            writeln!(f, "{}: {}: {}", told.queue, told.event, told.outcome)?;
        }
        let count = self.events.len();
        match self.is_dry_run {
            true => writeln!(f, "{count} events; nothing was done"),
            false => writeln!(f, "{count} events"),
        }
    }
}
