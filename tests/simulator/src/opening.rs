//! The beginning of a simulation: an empty database, and every part in its place.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use axum::Router;
use chrono::{DateTime, Utc};
use dispatcher::{Graph, Tokens};
use reconciler::Reconciler;
use sha2::{Digest, Sha256};
use shared::{
    clients::bus::Bus,
    config::{self, ClockBackend},
    domain::{Clock, ids},
};
use sqlx::{PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::{
    chance::Chance,
    cloud::Cloud,
    moves::Moving,
    office::Office,
    report::Tally,
    world::{Caps, TOKEN, World},
};

/// Starts whose sixty days hold changes of daylight saving, north and south, and a year's end.
const STARTS: [&str; 4] = [
    "2026-02-15T00:00:00Z",
    "2026-03-20T00:00:00Z",
    "2026-09-20T00:00:00Z",
    "2026-12-01T00:00:00Z",
];

/// Either of the cloud's clocks is in use at first.
const CLOCKS: [ClockBackend; 2] = [ClockBackend::Rules, ClockBackend::Scheduler];

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) async fn new(
        server: &PgConnectOptions,
        ledger: &PgPool,
        seed: u64,
        is_told: bool,
    ) -> anyhow::Result<Self> {
        ids::seeded::begin(seed);
        let mut chance = Chance::new(seed);
        let now: DateTime<Utc> = chance.pick(&STARTS, "2026-02-15T00:00:00Z").parse()?;
        let caps = Caps::draw(&mut chance);
        let brands = vec![Uuid::from_u128(1), Uuid::from_u128(2)];
        empty(ledger, &brands, caps).await?;
        let (workers, sweepers) = (Office::open(server).await?, Office::open(server).await?);
        let desk = Office::open(server).await?;
        let cloud = Cloud::start().await;
        let moving = Moving::begin(chance.pick(&CLOCKS, CLOCKS[0]), now);
        let (bus, recorder) = Bus::recorder();
        let skewed = |chance: &mut Chance| (Clock::manual(now), chance.seconds(-2, 2));
        let (reconciler_clock, desk_clock) = (skewed(&mut chance), skewed(&mut chance));
        let reconciler = Reconciler::new(
            sweepers.db.clone(),
            bus.clone(),
            cloud.client(moving.settings.clock),
            moving.settings.clone(),
            reconciler_clock.0.clone(),
        );
        Ok(Self {
            router: router(&desk, &bus, &desk_clock.0),
            now,
            chance,
            queue: BTreeMap::new(),
            sequence: 0,
            sweep_at: None,
            rules_may_differ: false,
            is_calm: false,
            cloud,
            moving,
            judged: BTreeSet::new(),
            bus,
            recorder,
            is_bus_down: false,
            recorder_is_down: false,
            is_cloud_broken: false,
            is_database_down: false,
            ledger: ledger.clone(),
            workers,
            sweepers,
            desk,
            reconciler,
            reconciler_clock,
            stalled: None,
            desk_clock,
            is_answered: false,
            brands,
            caps,
            jobs: vec![],
            jobs_made: 0,
            parked: BTreeMap::new(),
            stopped: BTreeSet::new(),
            retried: BTreeSet::new(),
            told: BTreeSet::new(),
            tally: Tally::default(),
            is_told,
        })
    }
}

impl Caps {
    fn draw(chance: &mut Chance) -> Self {
        Self {
            of_type: chance.pick(&[Some(1), Some(2), Some(8), None], None),
            of_brand: chance.pick(&[Some(1), Some(2), None, None], None),
            of_both: chance.pick(&[Some(1), Some(2), None, None], None),
        }
    }
}

/// The dispatcher at its desk.
fn router(desk: &Office, bus: &Bus, clock: &Clock) -> Router {
    dispatcher::router(dispatcher::State {
        db: desk.db.clone(),
        bus: bus.clone(),
        clock: clock.clone(),
        tokens: Tokens::new(vec![Sha256::digest(TOKEN).into()]),
        graph: Graph::open(config::Meta::nowhere()),
        media: dispatcher::Media::none(),
        webhook_keys: config::WebhookKeys::default(),
        embed_origins: std::sync::Arc::default(),
    })
}

/// The vacuum comes when it likes; the plans of queries, and the order of equals, depend on it.
const NO_VACUUM: &str = "do $$ declare name regclass; begin
    for name in select oid::regclass from pg_class
                 where relkind = 'r' and relnamespace = 'public'::regnamespace loop
        execute format('alter table %s set (autovacuum_enabled = false)', name);
    end loop; end $$";

/// Empties the database and puts two brands and the caps there.
async fn empty(ledger: &PgPool, brands: &[Uuid], caps: Caps) -> anyhow::Result<()> {
    let reset = "truncate organizations, brands, scheduled_jobs, scheduled_job_runs,
                 dataset_status, notifications, run_logs, retry_batches cascade";
    sqlx::query(reset)
        .execute(ledger)
        .await
        .context("emptying the database")?;
    sqlx::query(NO_VACUUM)
        .execute(ledger)
        .await
        .context("switching the vacuum off")?;
    let number = |cap: Option<u32>| cap.map(i64::from);
    sqlx::query("update job_types set running_max = $1, running_per_brand_max = $2")
        .bind(number(caps.of_type))
        .bind(number(caps.of_both))
        .execute(ledger)
        .await?;
    let organization = "insert into organizations (id, name) values ($1, 'Northwind')";
    sqlx::query(organization)
        .bind(Uuid::from_u128(9))
        .execute(ledger)
        .await?;
    for brand in brands {
        let sql = "insert into brands (id, organization_id, name, running_max)
                   values ($1, $2, $1::text, $3)";
        sqlx::query(sql)
            .bind(brand)
            .bind(Uuid::from_u128(9))
            .bind(number(caps.of_brand))
            .execute(ledger)
            .await?;
    }
    Ok(())
}
