//! What every clock must do, told through the reconciler's own plan and changes.

use chrono::TimeDelta;
use reconciler::{
    budget::Budget,
    cli, names,
    plan::Plan,
    rules::{Applied, Look, Schedules},
};
use serde_json::Value;
use shared::{
    clients::cloud_clock::{self, ListedRule},
    config::{ClockBackend, Rules, RulesOwner, Scheduler},
    domain::{Clock, JobId},
    store::Database,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::place::{GROUP, Place};
use crate::world::at;

/// More jobs than one page of a listing holds.
const MANY: usize = 101;

/// Somebody else's rule or schedule, whose name begins like ours.
const STRANGER: &str = "sundial-by-hand";

/// Rows, and a clock of the cloud.
pub(super) struct Site<'a> {
    pub(super) pool: PgPool,
    pub(super) place: &'a Place,
    pub(super) schedules: Schedules,
    brand: Uuid,
}

impl<'a> Site<'a> {
    pub(super) async fn open(pool: PgPool, place: &'a Place, clock: ClockBackend) -> Self {
        let brand = Uuid::now_v7();
        sqlx::query(
            "with organization as (insert into organizations (id, name) values ($1, 'Northwind') returning id)
             insert into brands (id, organization_id, name) select $1, id, 'Tea' from organization",
        )
        .bind(brand)
        .execute(&pool)
        .await
        .unwrap();
        let schedules = schedules(&pool, place, clock);
        Self {
            pool,
            place,
            schedules,
            brand,
        }
    }

    /// The same rows with the other clock.
    pub(super) fn with_other_clock(&self) -> Schedules {
        let other = self.schedules.settings.clock.other();
        schedules(&self.pool, self.place, other)
    }

    /// A job at `cron` in `zone`, or once at a time.
    pub(super) async fn job(&self, cron: Option<&str>, zone: &str) -> JobId {
        let id = JobId::new();
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type,
                    cron_expression, timezone, scheduled_at, next_run_at, parameters)
             select $1::uuid, organization_id, id, 'asset_download', 'Assets',
                    case when $3::text is null then 'one_time' else 'recurring' end, $3, $4,
                    case when $3 is null then $5::timestamptz end, $5, jsonb_build_object('note', $1::text)
               from brands where id = $2",
        )
        .bind(id.0)
        .bind(self.brand)
        .bind(cron)
        .bind(zone)
        .bind(self.schedules.clock.now() + TimeDelta::days(1))
        .execute(&self.pool)
        .await
        .unwrap();
        id
    }

    pub(super) async fn edit(&self, job: JobId, change: &str) {
        let query = format!("update scheduled_jobs {change} where id = $1");
        let query = sqlx::query(&query).bind(job.0);
        query.execute(&self.pool).await.unwrap();
    }

    pub(super) async fn plan(&self) -> Plan {
        plan_of(&self.schedules).await
    }

    /// Does what is planned, and looks again: there is nothing more to do.
    pub(super) async fn apply(&self) -> Applied {
        let budget = Budget::unlimited(&self.schedules.clock);
        let (applied, failures) = self.schedules.apply(&self.plan().await, &budget).await;
        assert!(failures.is_empty(), "{failures:?}");
        assert_eq!(self.plan().await.changes, [], "after it was applied");
        Applied {
            unchanged: 0,
            ..applied
        }
    }

    /// A job's rules.
    async fn rules(&self, job: JobId) -> Vec<ListedRule> {
        let tail = names::tail(job);
        let mut rules = self.schedules.cloud.list("sundial-").await.unwrap();
        rules.retain(|rule| rule.name.contains(&tail));
        rules
    }

    async fn only_rule(&self, job: JobId) -> ListedRule {
        let rules = self.rules(job).await;
        let [rule] = &rules[..] else {
            panic!("one rule, not {rules:?}");
        };
        rule.clone()
    }

    async fn only_name(&self, job: JobId) -> String {
        self.only_rule(job).await.name
    }

    fn is_scheduler(&self) -> bool {
        self.schedules.settings.clock == ClockBackend::Scheduler
    }
}

pub(super) async fn plan_of(schedules: &Schedules) -> Plan {
    let (plan, failures) = schedules.plan(Look::Targets).await.unwrap();
    assert!(failures.is_empty(), "{failures:?}");
    plan
}

fn schedules(pool: &PgPool, place: &Place, clock: ClockBackend) -> Schedules {
    let settings = Rules {
        prefix: "sundial".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:123456789012:function:{function}".to_owned(),
        calls_per_second: 1_000,
        owner: RulesOwner::Reconciler,
        clock,
        scheduler: Scheduler {
            group: GROUP.to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/sundial-test-scheduler".to_owned(),
            queue_arn: "arn:aws:sqs:us-east-1:123456789012:{function}-dead-letters".to_owned(),
        },
    };
    Schedules {
        db: Database::from_pool(pool.clone()),
        cloud: cloud_clock::open(place.aws(), &settings),
        settings,
        clock: Clock::manual(at("2027-01-20T05:55:00Z")),
    }
}

pub(super) async fn conforms(pool: PgPool, place: &Place, clock: ClockBackend) {
    let site = Site::open(pool, place, clock).await;
    place.make_stranger(clock, STRANGER).await;
    rows_become_rules(&site).await;
    edits_and_pauses_follow(&site).await;
    meddling_is_mended(&site).await;
    what_was_interrupted_is_completed(&site).await;
    many_are_read_across_pages(&site).await;
    let plan = site.plan().await;
    assert_eq!(plan.strangers, [STRANGER], "left alone to the end");
}

async fn rows_become_rules(site: &Site<'_>) {
    let clock = site.schedules.settings.clock;
    let plain = site.job(Some("0 6 * * *"), "America/New_York").await;
    let skipped = site.job(Some("30 2 * * *"), "America/New_York").await;
    let once = site.job(None, "UTC").await;

    let applied = site.apply().await;

    assert_eq!((applied.created, applied.left), (3, 0));
    let says = async |job| site.place.says(clock, &site.only_name(job).await).await;
    let wanted = match clock {
        ClockBackend::Rules => [
            ("cron(0 10,11 * * ? *)", "UTC"),
            ("cron(0,30 6,7 * * ? *)", "UTC"),
            ("cron(55 5 21 1 ? 2027)", "UTC"),
        ],
        ClockBackend::Scheduler => [
            ("cron(0 6 * * ? *)", "America/New_York"),
            ("cron(0,30 6,7 * * ? *)", "UTC"),
            ("at(2027-01-21T05:55:00)", "UTC"),
        ],
    };
    for (job, (expression, zone)) in [plain, skipped, once].into_iter().zip(wanted) {
        assert_eq!(says(job).await, (expression.to_owned(), zone.to_owned()));
    }
    let described = site.schedules.cloud.describe(site.only_rule(once).await);
    let described = described.await.unwrap();
    let words = described.description.expect("a description");
    assert!(words.starts_with("Assets: Once, at 2027-01-21"), "{words}");
}

async fn edits_and_pauses_follow(site: &Site<'_>) {
    let job = site.job(Some("0 7 * * *"), "UTC").await;
    site.apply().await;

    site.edit(job, "set cron_expression = '0 8 * * *'").await;
    assert_eq!(site.apply().await.updated, 1);
    let name = site.only_name(job).await;
    let clock = site.schedules.settings.clock;
    assert_eq!(site.place.says(clock, &name).await.0, "cron(0 8 * * ? *)");

    site.edit(job, "set status = 'paused'").await;
    assert_eq!(site.apply().await.disabled, 1);
    assert!(!site.only_rule(job).await.is_enabled);

    site.edit(job, "set status = 'active'").await;
    assert_eq!(site.apply().await.enabled, 1);
    assert!(site.only_rule(job).await.is_enabled);

    site.edit(job, "set status = 'archived', next_run_at = null")
        .await;
    assert_eq!(
        fires_lost(site).await,
        7,
        "as long as the plan can tell what was"
    );
    assert_eq!(site.apply().await.deleted, 1);
    assert_eq!(site.rules(job).await, []);
    site.schedules
        .cloud
        .delete(&name)
        .await
        .expect("gone already, no error");
}

/// Fires of seven days that the plan takes away, as it is shown to people.
async fn fires_lost(site: &Site<'_>) -> u64 {
    let mut out = Vec::new();
    cli::plan(&site.schedules, true, &mut out).await.unwrap();
    let shown: Value = serde_json::from_slice(&out).unwrap();
    let changes = shown["changes"].as_array().unwrap().iter();
    changes
        .filter_map(|it| it["vanish"]["count"].as_u64())
        .sum()
}

async fn meddling_is_mended(site: &Site<'_>) {
    let job = site.job(Some("0 9 * * *"), "UTC").await;
    site.apply().await;
    let (clock, name) = (site.schedules.settings.clock, site.only_name(job).await);

    site.place.meddle(clock, &name).await;

    assert_eq!(site.apply().await.updated, 1);
    let mended = site.only_name(job).await;
    assert_eq!(site.place.says(clock, &mended).await.0, "cron(0 9 * * ? *)");
}

async fn what_was_interrupted_is_completed(site: &Site<'_>) {
    let job = site.job(Some("0 10 * * *"), "UTC").await;
    let plan = site.plan().await;
    let desired = plan.changes[0].desired().expect("a new rule");
    let mut half = desired.rule.clone();
    if site.is_scheduler() {
        // The new one is there, and the old one not yet gone.
        half.name = names::name(ClockBackend::Scheduler, &desired.stem, "0123456789ab");
        site.schedules.cloud.create(&desired.rule).await.unwrap();
        site.schedules.cloud.create(&half).await.unwrap();
        site.schedules
            .cloud
            .create(&desired.rule)
            .await
            .expect("twice is once");
        assert_eq!(site.apply().await.deleted, 1);
    } else {
        // A draft is there.
        half.description = half.draft.clone();
        half.is_enabled = false;
        site.schedules.cloud.create(&half).await.unwrap();
        assert_eq!(site.apply().await.updated, 1);
    }
    assert_eq!(site.only_name(job).await, desired.rule.name);
}

async fn many_are_read_across_pages(site: &Site<'_>) {
    let mut jobs = vec![];
    for _ in 0..MANY {
        jobs.push(site.job(Some("0 11 * * *"), "UTC").await);
    }
    assert_eq!(site.apply().await.created, MANY);
    sqlx::query(
        "update scheduled_jobs set status = 'archived', next_run_at = null where id = any($1)",
    )
    .bind(jobs.iter().map(|job| job.0).collect::<Vec<_>>())
    .execute(&site.pool)
    .await
    .unwrap();
    assert_eq!(site.apply().await.deleted, MANY);
}
