//! A sync and the download that follows it by itself, started by the clock or on demand.

use anyhow::Context;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Demo,
    ledger::{self, Run},
    traffic,
    verdict::Promise,
};
use crate::meta::Served;

/// A run of `meta_sync` and what came of it.
pub(super) struct Chain {
    /// What made the first run, for people.
    pub(super) how: &'static str,
    /// When it should have started.
    pub(super) due: DateTime<Utc>,
    /// The run of `meta_sync`.
    pub(super) sync: Run,
    /// The run of `asset_download` that the sync wished for; `None` when there is none.
    pub(super) download: Option<Run>,
    /// The pages of numbers that the sync was served.
    pub(super) pages: Vec<Served>,
    /// How often a file was asked for.
    pub(super) files_asked: usize,
}

impl Demo<'_> {
    /// Waits for the clock, and for the runs that come of it.
    pub(super) async fn scheduled(
        &mut self,
        job: Uuid,
        fire: DateTime<Utc>,
    ) -> anyhow::Result<Chain> {
        let before = self.mark();
        let clock = self.clock.clone();
        let run =
            ledger::fired(&mut self.db, job, fire, || clock.now(), &mut self.progress).await?;
        self.progress
            .done(&format!("the clock has fired, run {}", run.id))?;
        self.follow(("scheduled", fire), run.id, before).await
    }

    /// Asks the dispatcher to run the job now, and waits for the runs that come of it.
    pub(super) async fn on_demand(&mut self, job: Uuid) -> anyhow::Result<Chain> {
        let before = self.mark();
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
        self.follow(("on-demand", asked), id, before).await
    }

    /// How many pages and requests the stand-in has noted.
    fn mark(&self) -> (usize, usize) {
        (self.meta.served().len(), self.meta.seen().len())
    }

    /// Waits until a sync has ended, and the download after it.
    async fn follow(
        &mut self,
        (how, due): (&'static str, DateTime<Utc>),
        sync: Uuid,
        (pages, requests): (usize, usize),
    ) -> anyhow::Result<Chain> {
        let sync = ledger::ended(&mut self.db, sync, "meta_sync", &mut self.progress).await?;
        self.progress
            .done(&format!("the {how} meta_sync is {}", sync.status))?;
        let pages = self.meta.served().split_off(pages);
        let download = match ledger::follow_up(&mut self.db, sync.id, "asset_download").await? {
            Some(run) => Some(self.download(run.id).await?),
            None => None,
        };
        let seen = self.meta.seen();
        let files_asked = seen.iter().skip(requests).filter(|it| traffic::is_file(it));
        Ok(Chain {
            how,
            due,
            sync,
            download,
            pages,
            files_asked: files_asked.count(),
        })
    }

    async fn download(&mut self, id: Uuid) -> anyhow::Result<Run> {
        self.progress
            .done(&format!("asset_download follows by itself, run {id}"))?;
        let run = ledger::ended(&mut self.db, id, "asset_download", &mut self.progress).await?;
        self.progress
            .done(&format!("that asset_download is {}", run.status))?;
        Ok(run)
    }
}

/// What the first download has fetched, the second does not fetch again.
pub(super) fn downloads_once(first: &Chain, second: &Chain) -> Promise {
    let downloaded = |chain: &Chain| chain.download.as_ref().map(|run| run.count("downloaded"));
    let mut problems = Vec::new();
    if downloaded(first).is_none_or(|count| count == 0) {
        problems.push("the first download has stored nothing".to_owned());
    }
    match downloaded(second) {
        None => problems.push("there was no second download".to_owned()),
        Some(0) => {}
        Some(count) => problems.push(format!("the second download has stored {count} media")),
    }
    if second.files_asked > 0 {
        let count = second.files_asked;
        problems.push(format!(
            "{count} files were asked for after the second sync"
        ));
    }
    let count = downloaded(first).unwrap_or_default();
    let text = format!(
        "the first download stored {count} media; after the second sync no file was asked for"
    );
    Promise { text, problems }
}
