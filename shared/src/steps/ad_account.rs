//! An ad account at work: the way to it, and what is noted when Meta shuts it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::{
    clients::{
        http::Http,
        meta::{Advice, Class, Meta, MetaError},
    },
    config,
    domain::{BrandId, JobError},
    runtime::Run,
    store::{
        Database,
        ad_accounts::{self, AdAccount, Connection, Facts},
        ads::Owner,
        logs::Level,
        tokens,
    },
};

/// Shortest pause: anything less is asked for again before Meta has forgotten.
const PAUSE_MIN: Duration = Duration::from_secs(60);

/// The way to one ad account. One value per account and run; nothing is shared between tenants.
#[derive(Debug)]
pub struct Reach {
    /// The Graph API, with the account's token.
    pub meta: Arc<Meta>,
    /// The account's row.
    pub account: AdAccount,
    /// Whose rows are written.
    pub owner: Owner,
    db: Database,
    is_shut: AtomicBool,
}

impl Reach {
    /// Opens the account that a brand's jobs work on.
    ///
    /// # Errors
    /// `GiveUp` when the brand has none or its token is not good, `Snooze` while the account is paused,
    /// `Retry` when the database does not answer.
    pub async fn primary<P>(
        (config, http): (&config::Meta, &Http),
        run: &Run<P>,
    ) -> Result<Self, JobError> {
        const DOING: &str = "reading the ad account";
        let brand = run
            .brand_id
            .ok_or_else(|| JobError::give_up("this job needs a brand"))?;
        let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
        let account = ad_accounts::primary(&mut tx, brand).await;
        let account = account.map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))?;
        let account = account.ok_or_else(|| no_account(brand))?;
        Self::open((config, http), run, account)
    }

    /// Opens an account.
    ///
    /// # Errors
    /// `GiveUp` when its token is not good, `Snooze` while it is paused.
    pub fn open<P>(
        (config, http): (&config::Meta, &Http),
        run: &Run<P>,
        account: AdAccount,
    ) -> Result<Self, JobError> {
        let pause = account.paused_until.filter(|until| *until > run.now());
        if let Some(delay) = pause.and_then(|until| (until - run.now()).to_std().ok()) {
            return Err(JobError::Snooze { by: "Meta", delay });
        }
        let token = tokens::token_of(&account, config);
        let token =
            token.map_err(|error| JobError::give_up(format!("{}: {error}", account.account)))?;
        let meta = Arc::new(Meta::open(config, &token, http));
        run.watch(meta.throttles());
        let owner = Owner {
            organization_id: account.organization_id,
            brand_id: account.brand_id,
            account: account.account.clone(),
        };
        Ok(Self {
            meta,
            account,
            owner,
            db: run.db().clone(),
            is_shut: AtomicBool::new(false),
        })
    }

    /// Asks the account about itself, notes the answer, and returns its time zone.
    ///
    /// # Errors
    /// As [`Self::stop`].
    pub async fn look<P>(&mut self, run: &Run<P>) -> Result<Tz, JobError> {
        let found = match self.meta.account(&self.owner.account).await {
            Ok(found) => found,
            Err(error) => return Err(self.stop(run, error).await),
        };
        if let Some(trouble) = found.trouble() {
            let account = &self.owner.account;
            run.log(
                Level::Warn,
                format!("The ad account {account} is {trouble}: nothing new runs in it"),
            );
        }
        let facts = Facts {
            name: found.name.clone(),
            currency: found.currency.clone(),
            timezone_name: found.timezone_name.clone(),
            account_status: found.status(),
        };
        self.note(async |tx, account| {
            ad_accounts::record_facts(tx, &account.account, &facts, run.now()).await?;
            Ok(())
        })
        .await?;
        self.works().await?;
        self.account.currency = found.currency.or_else(|| self.account.currency.take());
        let zone = found
            .timezone_name
            .or_else(|| self.account.timezone_name.clone());
        let zone =
            zone.ok_or_else(|| JobError::give_up("Meta does not tell the ad account's time zone"))?;
        let unknown = || {
            JobError::give_up(format!(
                "{zone} is no time zone that is known here: update Sundial"
            ))
        };
        zone.parse().map_err(|_| unknown())
    }

    /// Notes that the account could be read, in case nobody thought so.
    ///
    /// # Errors
    /// `Retry` when the database does not answer.
    pub async fn works(&self) -> Result<(), JobError> {
        if self.account.connection == Connection::Connected {
            return Ok(());
        }
        self.note(async |tx, account| ad_accounts::connected(tx, account).await.map(drop))
            .await
    }

    /// Notes, for every job, what an error says about the account, and turns it into what happens next.
    pub async fn stop<P>(&self, run: &Run<P>, error: MetaError) -> JobError {
        let class = error.class();
        let noted = match class {
            Class::Auth => {
                let why = error.to_string();
                self.note(async |tx, account| {
                    ad_accounts::needs_reconnect(tx, account, &why)
                        .await
                        .map(drop)
                })
                .await
            }
            Class::Throttled => {
                let delay = error.pause();
                return match self.pause(run, delay, &error.to_string()).await {
                    Ok(delay) => JobError::Snooze { by: "Meta", delay },
                    Err(unsaved) => unsaved,
                };
            }
            _ => Ok(()),
        };
        if matches!(class, Class::Auth | Class::Config | Class::Blocked) {
            self.is_shut.store(true, Ordering::Relaxed);
        }
        noted.err().unwrap_or_else(|| because_of(error))
    }

    /// True once an error has shown that nothing more can be read of the account in this run. A right that is missing
    /// for one kind of object is no such error.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.is_shut.load(Ordering::Relaxed)
    }

    /// What the headers of the latest answer ask of us; a pause is noted for every job and returned.
    ///
    /// # Errors
    /// `Retry` when the database does not answer.
    pub async fn heed<P>(&self, run: &Run<P>) -> Result<Option<Duration>, JobError> {
        let (delay, why) = match self.meta.advice() {
            Advice::Go | Advice::SlowDown => return Ok(None),
            Advice::Stop => (PAUSE_MIN, "nine tenths of a quota are used"),
            Advice::Park(delay) => (delay, "a quota is used up"),
        };
        // Nothing was refused yet, and nothing shall be.
        self.meta.throttles().count();
        self.pause(run, delay, why).await.map(Some)
    }

    async fn pause<P>(
        &self,
        run: &Run<P>,
        delay: Duration,
        why: &str,
    ) -> Result<Duration, JobError> {
        let delay = delay.max(PAUSE_MIN);
        let until = run.now() + TimeDelta::from_std(delay).unwrap_or(TimeDelta::hours(1));
        self.note(async |tx, account| {
            ad_accounts::pause(tx, &account.account, until, why)
                .await
                .map(drop)
        })
        .await?;
        Ok(delay)
    }

    async fn note(
        &self,
        write: impl AsyncFnOnce(&mut crate::store::Tx, &AdAccount) -> sqlx::Result<()>,
    ) -> Result<(), JobError> {
        const DOING: &str = "noting what Meta said of an ad account";
        let mut tx = self.db.begin().await.map_err(JobError::retry(DOING))?;
        write(&mut tx, &self.account)
            .await
            .map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))
    }
}

fn no_account(brand: BrandId) -> JobError {
    JobError::give_up(format!("brand {brand} has no primary ad account: link one"))
}

/// Turns an error that stops a run into what happens next.
#[must_use]
pub fn because_of(error: MetaError) -> JobError {
    match error.class() {
        Class::Throttled => JobError::Snooze {
            by: "Meta",
            delay: error.pause(),
        },
        Class::Auth => JobError::give_up(format!(
            "Meta's access token is no longer good; reconnect the ad account ({error})"
        )),
        Class::Config => JobError::give_up(format!(
            "Meta refuses the settings; check META_GRAPH_URL, META_API_VERSION and META_APP_SECRET ({error})"
        )),
        Class::Blocked => {
            JobError::give_up(format!("Meta has blocked the account for policy ({error})"))
        }
        Class::Permission => JobError::give_up(format!(
            "Meta's access token may not read the account; it needs ads_read ({error})"
        )),
        Class::MissingObject => JobError::give_up(format!(
            "Meta does not know the ad account, or its token may not see it ({error})"
        )),
        _ => JobError::retry("reading from Meta")(error),
    }
}
