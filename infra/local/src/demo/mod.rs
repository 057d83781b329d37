//! The chain of jobs, end to end, as `make demo` shows it.
//!
//! A brand with a linked ad account is written, and a `meta_sync` scheduled for the next minute by its row. The
//! reconciler makes the rule, the clock fires it, the sync reads ads and numbers from the stand-in for Meta, and the
//! `asset_download` that follows by itself fetches their media. Then the same job is run on demand over HTTP: a
//! second sync, after which there is nothing new to download. At the end what is stored is compared with what the
//! stand-in serves: files byte for byte, numbers day by day. The demo succeeds only when everything is as promised.

mod chain;
mod facts;
mod ledger;
mod media;
mod numbers;
mod progress;
mod schedule;
mod seed;
mod table;
mod traffic;
mod verdict;

use anyhow::Context;
use sqlx::{Connection as _, PgConnection};

use crate::{clock::Clock, meta::Meta, stack::Stack};
use chain::Chain;
use progress::Progress;
use verdict::Outcome;

/// Shows the chain on a running stack with the stand-in for Meta.
///
/// # Errors
/// When something needed is missing; unkept promises are no errors but `false`.
pub async fn run(stack: &Stack) -> anyhow::Result<bool> {
    let meta = stack.meta.as_ref();
    let mut demo = Demo {
        stack,
        meta: meta.context("the demo needs the stand-in for Meta")?,
        db: PgConnection::connect(stack.postgres.url()).await?,
        clock: Clock::system(),
        progress: Progress::new(),
    };
    demo.run().await
}

struct Demo<'a> {
    stack: &'a Stack,
    meta: &'a Meta,
    db: PgConnection,
    clock: Clock,
    progress: Progress,
}

impl Demo<'_> {
    async fn run(&mut self) -> anyhow::Result<bool> {
        let ads = self.meta.samples();
        for mut line in self.stack.lines().await {
            if line.name == "Meta" {
                let count = ads.len();
                line.state = format!("ready, A STAND-IN with {count} made-up ads and real files");
            }
            self.progress.done(&line.to_string())?;
        }
        self.stack.ready().await?;
        seed::fits(ads)?;
        seed::brand(&mut self.db).await?;
        self.progress
            .done("a brand is written, with its ad account and without ads")?;

        let (job, fire) = self.schedule().await?;
        let rule = self.rule_of(job).await?;
        let scheduled = self.scheduled(job, fire).await?;
        let on_demand = self.on_demand(job).await?;
        seed::archive(&mut self.db, job).await?;
        let chains = [scheduled, on_demand];
        let outcome = self.compare(&chains).await?;
        verdict::conclude(&rule, &outcome)
    }

    /// Compares everything that is stored with what the stand-in serves.
    async fn compare<'b>(&mut self, chains: &'b [Chain; 2]) -> anyhow::Result<Outcome<'b>> {
        self.progress
            .show("comparing files and numbers with what the stand-in serves")?;
        let [first, second] = chains;
        // First of all: at midnight in the account's time zone the stand-in's numbers change.
        let (numbers, same_numbers) =
            numbers::compare(&mut self.db, self.meta, self.clock.now()).await?;
        let (stored, same_files) =
            media::compare(&mut self.db, &self.stack.objects, self.meta).await?;
        let mut promises = verdict::of_runs(chains);
        promises.extend([
            same_files,
            chain::downloads_once(first, second),
            same_numbers,
            facts::of_ads(&mut self.db, self.meta.samples().len()).await?,
            facts::fresh(&mut self.db, second.sync.started_at).await?,
            traffic::no_page_twice(chains),
            traffic::no_token_in_addresses(&self.meta.seen()),
            traffic::no_token_in_logs(&self.stack.data().join("logs"))?,
        ]);
        self.progress.done("compared\n")?;
        Ok(Outcome {
            chains,
            stored,
            numbers,
            promises,
        })
    }
}
