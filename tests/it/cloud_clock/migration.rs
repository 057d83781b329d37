//! From one clock to the other and back.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use reconciler::{
    cli::{self, CliError, MigrateArgs},
    rules::Schedules,
};
use serde_json::Value;
use shared::{
    clients::cloud_clock::{CloudClock, CloudClockError, ListedRule, Rule},
    config::ClockBackend,
};
use sqlx::PgPool;

use super::{
    place::Place,
    suite::{Site, plan_of},
};

async fn migrate(
    to: &Schedules,
    old: &dyn CloudClock,
    dry_run: bool,
) -> (Value, Result<(), CliError>) {
    let args = MigrateArgs {
        dry_run,
        json: true,
    };
    let mut out = Vec::new();
    let ending = cli::migrate_clock(to, old, &args, &mut out).await;
    (serde_json::from_slice(&out).unwrap_or_default(), ending)
}

async fn names(clock: &dyn CloudClock) -> Vec<String> {
    let rules = clock.list("").await.unwrap();
    rules.into_iter().map(|rule| rule.name).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_rule_moves_and_strangers_stay(pool: PgPool) {
    let place = Place::local().await;
    let mut site = Site::open(pool, &place, ClockBackend::Rules).await;
    for clock in [ClockBackend::Rules, ClockBackend::Scheduler] {
        place.make_stranger(clock, "sundial-by-hand").await;
    }
    for cron in ["0 6 * * *", "30 2 * * *", "@hourly"] {
        site.job(Some(cron), "America/New_York").await;
    }
    site.apply().await;

    for _ in 0..2 {
        let (old, new) = (site.schedules.cloud.clone(), site.with_other_clock());
        let before = names(old.as_ref()).await;

        let (told, ending) = migrate(&new, old.as_ref(), true).await;
        ending.expect("a dry run");
        assert_eq!(
            (&told["applied"]["created"], &told["found"]),
            (&3.into(), &3.into())
        );
        assert_eq!(names(old.as_ref()).await, before, "nothing was done");
        assert_eq!(names(new.cloud.as_ref()).await, ["sundial-by-hand"]);

        let (told, ending) = migrate(&new, old.as_ref(), false).await;
        ending.expect("migrated");
        assert_eq!(told["removed"], 3, "{told}");
        assert_eq!(names(old.as_ref()).await, ["sundial-by-hand"]);
        assert_eq!(plan_of(&new).await.unchanged, 3);
        let (told, ending) = migrate(&new, old.as_ref(), false).await;
        ending.expect("nothing to do");
        assert_eq!(
            (&told["found"], &told["applied"]["unchanged"]),
            (&0.into(), &3.into())
        );
        site.schedules = new;
    }
}

/// A clock that takes nothing new, or says so and does not keep it.
#[derive(Debug)]
struct Broken {
    clock: Arc<dyn CloudClock>,
    is_honest: bool,
}

#[async_trait]
impl CloudClock for Broken {
    fn backend(&self) -> ClockBackend {
        self.clock.backend()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, CloudClockError> {
        self.clock.list(prefix).await
    }

    async fn describe(&self, rule: ListedRule) -> Result<ListedRule, CloudClockError> {
        self.clock.describe(rule).await
    }

    async fn names_by_target(
        &self,
        arn: &str,
    ) -> Result<Option<BTreeSet<String>>, CloudClockError> {
        self.clock.names_by_target(arn).await
    }

    async fn create(&self, rule: &Rule) -> Result<(), CloudClockError> {
        match self.is_honest {
            true => Err(CloudClockError::Endless {
                doing: "creating",
                name: rule.name.clone(),
                pages: 0,
            }),
            false => Ok(()),
        }
    }

    async fn replace(&self, rule: &Rule, was: &str) -> Result<(), CloudClockError> {
        self.clock.replace(rule, was).await
    }

    async fn delete(&self, name: &str) -> Result<(), CloudClockError> {
        self.clock.delete(name).await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_is_removed_before_the_new_clock_shows_everything(pool: PgPool) {
    let place = Place::local().await;
    let site = Site::open(pool, &place, ClockBackend::Rules).await;
    site.job(Some("0 6 * * *"), "UTC").await;
    site.apply().await;
    let old = site.schedules.cloud.clone();
    let before = names(old.as_ref()).await;

    for (is_honest, complaint) in [
        (true, "creating sundial-asset_download-"),
        (false, "run it again"),
    ] {
        let mut new = site.with_other_clock();
        let clock = new.cloud.clone();
        new.cloud = Arc::new(Broken { clock, is_honest });

        let (_, ending) = migrate(&new, old.as_ref(), false).await;

        let said = ending.expect_err("a complaint").to_string();
        assert!(said.contains(complaint), "{said}");
        assert_eq!(names(old.as_ref()).await, before);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_cannot_be_read_keeps_everything_where_it_is(pool: PgPool) {
    let place = Place::local().await;
    let site = Site::open(pool, &place, ClockBackend::Scheduler).await;
    let job = site.job(Some("0 6 * * *"), "UTC").await;
    site.apply().await;
    let (old, new) = (site.schedules.cloud.clone(), site.with_other_clock());
    site.edit(job, "set timezone = 'Mars/Olympus'").await;

    let (_, ending) = migrate(&new, old.as_ref(), false).await;

    let said = ending.expect_err("a complaint").to_string();
    assert!(said.contains(&job.to_string()), "{said}");
    assert_eq!(names(old.as_ref()).await.len(), 1);
}
