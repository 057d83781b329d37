//! The ad accounts of a run's ads, each opened when it is first asked for.

use std::{collections::HashMap, sync::Arc};

use shared::{
    domain::{AssetDownloadParams, JobError},
    runtime::Run,
    steps::ad_account::Reach,
    store::ad_accounts::AdAccount,
};

use crate::Clients;

/// The accounts of a run.
pub(crate) struct Accounts<'a> {
    clients: &'a Clients,
    run: &'a Run<AssetDownloadParams>,
    rows: Vec<AdAccount>,
    open: HashMap<String, Arc<Reach>>,
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
    pub(crate) fn reach(&mut self, account: &str) -> Result<Arc<Reach>, JobError> {
        if let Some(reach) = self.open.get(account) {
            return Ok(Arc::clone(reach));
        }
        let row = self.rows.iter().find(|row| row.account == account);
        let row = row.ok_or_else(|| {
            JobError::give_up(format!("the ad account {account} is not linked any more"))
        })?;
        let Clients { meta, http, .. } = self.clients;
        let reach = Arc::new(Reach::open((meta, http), self.run, row.clone())?);
        self.open.insert(account.to_owned(), Arc::clone(&reach));
        Ok(reach)
    }
}
