//! The main job, end to end, as `make demo` shows it.
//!
//! A brand with ads is written, a job scheduled for the next minute by its row, the reconciler
//! makes the rule, the clock fires it, the function downloads the media; then ads are added and the
//! same job is run on demand over HTTP. At the end every stored object is compared with the
//! origin's bytes. The demo succeeds only when everything is as promised.

mod ledger;
mod progress;
mod seed;
mod table;
mod verdict;
mod verify;

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, DurationRound as _, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    clock::Clock,
    meta::catalogue::SampleAd,
    stack::{BUS, Stack},
};
use ledger::Run;
use progress::Progress;
use table::Row;
use verdict::{Rule, conclude};

/// The reconciler needs a moment before the clock fires; with less time left the demo takes the
/// minute after the next.
const HEAD_START: TimeDelta = TimeDelta::seconds(5);

/// How long the reconciler may take from the change of a row to the rule. It takes 0.1 s.
const RULE_WAIT: Duration = Duration::from_secs(15);

/// How often is looked whether the rule is there.
const RULE_POLL: Duration = Duration::from_millis(100);

/// Of the ads, every third is added only before the run on demand, so that it has work to do.
const LATER: usize = 3;

/// Shows the main job on a running stack with the stand-in for Meta.
///
/// # Errors
/// When something needed is missing; unkept promises are no errors but `false`.
pub async fn run(stack: &Stack) -> anyhow::Result<bool> {
    let mut demo = Demo {
        stack,
        db: PgConnection::connect(stack.postgres.url()).await?,
        clock: Clock::system(),
        progress: Progress::new(),
    };
    demo.run().await
}

struct Demo<'a> {
    stack: &'a Stack,
    db: PgConnection,
    clock: Clock,
    progress: Progress,
}

impl Demo<'_> {
    async fn run(&mut self) -> anyhow::Result<bool> {
        for line in self.stack.lines().await {
            self.progress.done(&line.to_string())?;
        }
        self.stack.ready().await?;
        let stack = self.stack;
        let meta = stack
            .meta
            .as_ref()
            .context("the demo needs the stand-in for Meta")?;
        let (now, later) = in_two(meta.samples());
        seed::brand(&mut self.db).await?;
        self.write_ads(&now).await?;
        let (job, fire) = self.schedule().await?;
        let rule = self.rule_of(job).await?;
        let scheduled = self.scheduled_run(job, fire).await?;
        self.write_ads(&later).await?;
        let (asked, on_demand) = self.run_now(job).await?;
        seed::archive(&mut self.db, job).await?;

        self.progress
            .show("comparing every object with its origin")?;
        let findings = verify::all(&mut self.db, &stack.objects, meta).await?;
        self.progress.done("done\n")?;
        let rows = [
            Row {
                how: "scheduled",
                due: fire,
                run: &scheduled,
            },
            Row {
                how: "on demand",
                due: asked,
                run: &on_demand,
            },
        ];
        conclude(&rule, &rows, &findings)
    }

    /// Writes what a sync would have found about these ads.
    async fn write_ads(&mut self, ads: &[SampleAd]) -> anyhow::Result<()> {
        let today = self.clock.now().date_naive();
        seed::ads(&mut self.db, ads, today).await?;
        self.progress
            .done(&format!("{} ads of the brand are written", ads.len()))?;
        Ok(())
    }

    /// Writes the job's row and says so on the bus, as the dispatcher does.
    async fn schedule(&mut self) -> anyhow::Result<(Uuid, DateTime<Utc>)> {
        let fire = next_minute(self.clock.now() + HEAD_START)?;
        let cron = format!("{} {} * * *", fire.minute(), fire.hour());
        let job = seed::job(&mut self.db, &cron, fire).await?;
        let text = format!("asset_download is scheduled: {cron} (UTC), job {job}");
        self.progress.done(&text)?;
        let detail = json!({ "job_id": job }).to_string();
        let entry = json!({"Source": shared::clients::bus::SOURCE, "DetailType": "ScheduleChanged",
            "Detail": detail, "EventBusName": BUS});
        let events = &self.stack.events;
        events
            .call("PutEvents", &json!({ "Entries": [entry] }))
            .await?;
        Ok((job, fire))
    }

    /// Waits until the reconciler has made the job's rule.
    async fn rule_of(&mut self, job: Uuid) -> anyhow::Result<Rule> {
        let give_up = Instant::now() + RULE_WAIT;
        // The rule's name has room for a part of the job's id only; its description has all of it.
        let id = job.to_string();
        loop {
            let answer = self.stack.events.call("ListRules", &json!({})).await?;
            let rules = answer.get("Rules").and_then(Value::as_array);
            let mut rules = rules.into_iter().flatten();
            let rule = rules.find(|rule| text(rule, "Description").contains(&id));
            if let Some(rule) = rule {
                let rule = Rule {
                    name: text(rule, "Name").to_owned(),
                    expression: text(rule, "ScheduleExpression").to_owned(),
                    state: text(rule, "State").to_owned(),
                };
                let text = format!(
                    "the reconciler has made rule {} {}",
                    rule.name, rule.expression
                );
                self.progress.done(&text)?;
                return Ok(rule);
            }
            anyhow::ensure!(
                Instant::now() < give_up,
                "the reconciler has made no rule within {} s; see logs/reconciler.log in {}",
                RULE_WAIT.as_secs(),
                self.stack.data().display()
            );
            self.progress
                .show("waiting for the reconciler to make the rule")?;
            tokio::time::sleep(RULE_POLL).await;
        }
    }

    async fn scheduled_run(&mut self, job: Uuid, fire: DateTime<Utc>) -> anyhow::Result<Run> {
        let clock = self.clock.clone();
        let run =
            ledger::fired(&mut self.db, job, fire, || clock.now(), &mut self.progress).await?;
        self.progress
            .done(&format!("the clock has fired, run {}", run.id))?;
        let run = ledger::ended(&mut self.db, run.id, &mut self.progress).await?;
        self.progress
            .done(&format!("the scheduled run is {}", run.status))?;
        Ok(run)
    }

    /// Asks the dispatcher to run the job now.
    async fn run_now(&mut self, job: Uuid) -> anyhow::Result<(DateTime<Utc>, Run)> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let api = self.stack.api_url();
        // Opens the connection and the function, which is not what is measured.
        http.get(format!("{api}/healthz")).send().await?;
        let asked = self.clock.now();
        let response = http
            .post(format!("{api}/api/jobs/{job}/run"))
            .bearer_auth(&self.stack.api_token)
            .send()
            .await
            .context("asking for a run over HTTP")?;
        let status = response.status();
        let location = response.headers().get("location").cloned();
        let body = response.text().await?;
        anyhow::ensure!(status == 202, "asking for a run over HTTP: {status} {body}");
        let location = location.context("the answer has no Location")?;
        let path = location.to_str()?;
        let id = path.rsplit('/').next().unwrap_or_default();
        let id = id
            .parse()
            .with_context(|| format!("reading Location {path}"))?;
        self.progress
            .done(&format!("POST /api/jobs/{job}/run: {status}, {path}"))?;
        let run = ledger::ended(&mut self.db, id, &mut self.progress).await?;
        self.progress
            .done(&format!("the run on demand is {}", run.status))?;
        Ok((asked, run))
    }
}

fn next_minute(after: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    let minute = TimeDelta::minutes(1);
    Ok(after.duration_trunc(minute)? + minute)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The ads there are at once, and those that come later.
fn in_two(ads: &[SampleAd]) -> (Vec<SampleAd>, Vec<SampleAd>) {
    let mut later = Vec::new();
    let mut now = Vec::new();
    for (place, ad) in ads.iter().enumerate() {
        let part = match (place + 1) % LATER {
            0 => &mut later,
            _ => &mut now,
        };
        part.push(ad.clone());
    }
    (now, later)
}
