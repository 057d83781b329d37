//! The way to each ad account of a brand: one client per account, with the token that reads that account.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use shared::{
    clients::meta::{Class, Meta, MetaError},
    domain::{AssetDownloadParams, JobError},
    runtime::Run,
    store::{
        ad_accounts::{self, AdAccount, Connection},
        tokens,
    },
};

use crate::{Clients, stop};

/// How long an account is left alone when Meta refuses without saying for how long.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5 * 60);

/// The accounts of a run, opened when they are first asked for.
pub(crate) struct Accounts<'a> {
    clients: &'a Clients,
    run: &'a Run<AssetDownloadParams>,
    rows: Vec<AdAccount>,
    open: HashMap<String, Arc<Meta>>,
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(
        clients: &'a Clients,
        run: &'a Run<AssetDownloadParams>,
        rows: Vec<AdAccount>,
    ) -> Self {
        Self {
            clients,
            run,
            rows,
            open: HashMap::new(),
        }
    }

    /// The way to an account.
    ///
    /// # Errors
    /// `Snooze` while the account is paused, `GiveUp` when it has no token that is any good.
    pub(crate) fn meta(&mut self, account: &str) -> Result<Arc<Meta>, JobError> {
        if let Some(meta) = self.open.get(account) {
            return Ok(Arc::clone(meta));
        }
        let row = self.row(account).ok_or_else(|| {
            JobError::give_up(format!("the ad account {account} is not linked any more"))
        })?;
        let pause = row.paused_until.map(|until| until - self.run.now());
        if let Some(delay) = pause.and_then(|pause| pause.to_std().ok()) {
            return Err(JobError::Snooze { by: "Meta", delay });
        }
        let token = tokens::token_of(row, &self.clients.meta);
        let token = token.map_err(|error| JobError::give_up(format!("{account}: {error}")))?;
        let meta = Meta::open(&self.clients.meta, &token, &self.clients.http);
        let meta = Arc::new(meta);
        self.run.watch(meta.throttles());
        self.open.insert(account.to_owned(), Arc::clone(&meta));
        Ok(meta)
    }

    /// Notes that an account could be read, in case nobody thought so.
    ///
    /// # Errors
    /// [`JobError::Retry`] when the database does not answer.
    pub(crate) async fn works(&self, account: &str) -> Result<(), JobError> {
        let row = self.row(account);
        let Some(row) = row.filter(|row| row.connection != Connection::Connected) else {
            return Ok(());
        };
        let noted = async {
            let mut tx = self.clients.db.begin().await?;
            ad_accounts::connected(&mut tx, row).await?;
            tx.commit().await
        };
        noted
            .await
            .map_err(JobError::retry("noting that an account works"))
    }

    /// Notes, for every job, what an error says about the account, and turns it into what happens next.
    pub(crate) async fn stop(&self, account: &str, error: MetaError) -> JobError {
        match self.note(account, &error).await {
            Ok(()) => stop::because_of(error),
            Err(unsaved) => JobError::retry("noting what Meta said of an account")(unsaved),
        }
    }

    async fn note(&self, account: &str, error: &MetaError) -> sqlx::Result<()> {
        let Some(row) = self.row(account) else {
            return Ok(());
        };
        let class = error.class();
        if !matches!(class, Class::Auth | Class::Throttled) {
            return Ok(());
        }
        let mut tx = self.clients.db.begin().await?;
        if class == Class::Auth {
            ad_accounts::needs_reconnect(&mut tx, row, &error.to_string()).await?;
        } else {
            let wait = error.pause().unwrap_or(PAUSE_DEFAULT);
            let wait = TimeDelta::from_std(wait).unwrap_or_default();
            let until = self.run.now() + wait;
            ad_accounts::pause(&mut tx, account, until, &error.to_string()).await?;
        }
        tx.commit().await
    }

    fn row(&self, account: &str) -> Option<&AdAccount> {
        self.rows.iter().find(|row| row.account == account)
    }
}
