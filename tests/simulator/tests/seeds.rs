//! A few seeds of the simulator, and what makes the others worth something.

use std::path::Path;

use simulator::{
    mutants,
    report::Tally,
    world::{Ended, simulate},
};
use sqlx::{PgPool, postgres::PgConnectOptions, postgres::PgPoolOptions};

const DAYS: u32 = 4;

/// What strikes so often that it must be among a few days.
const FAULTS: [&str; 7] = [
    "bus down",
    "cloud refuses rules",
    "connections cut",
    "events doubled",
    "events dropped",
    "events late",
    "reconcilers stalled",
];

/// What people do so often that they must do it in a few days.
const ACTIONS: [&str; 2] = ["clock migrated", "clock moved"];

async fn run(connect: &PgConnectOptions, pool: &PgPool, seed: u64) -> anyhow::Result<Ended> {
    simulate(connect, pool, seed, DAYS, false).await
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn days_in_which_everything_goes_wrong_break_no_promise(
    options: PgPoolOptions,
    connect: PgConnectOptions,
) -> anyhow::Result<()> {
    let pool = options.connect_with(connect.clone()).await?;
    let mut total = Tally::default();
    for seed in 1..=3 {
        let ended = run(&connect, &pool, seed).await?;

        assert_eq!(
            ended.violation, None,
            "make simulate SEED={seed} DAYS={DAYS}"
        );
        assert!(ended.tally.expected > 0, "seed {seed} expects something");
        assert_eq!(ended.tally.accounted, ended.tally.expected);
        total.add(&ended.tally);
    }
    // A fault that no longer strikes would let every seed pass.
    for fault in FAULTS {
        assert!(total.faults.contains_key(fault), "{fault}: {total}");
    }
    for action in ACTIONS {
        assert!(total.actions.contains_key(action), "{action}: {total}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_seed_is_the_whole_story(
    options: PgPoolOptions,
    connect: PgConnectOptions,
) -> anyhow::Result<()> {
    let pool = options.connect_with(connect.clone()).await?;

    let first = run(&connect, &pool, 5).await?;
    let again = run(&connect, &pool, 5).await?;
    let other = run(&connect, &pool, 6).await?;

    assert_eq!(first.tally, again.tally);
    assert_ne!(first.tally, other.tally);
    Ok(())
}

#[test]
fn every_mutant_still_fits_the_source() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let misfits: Vec<_> = mutants::all()
        .filter_map(|mutant| mutant.fits(&root).err())
        .map(|misfit| misfit.to_string())
        .collect();
    assert!(misfits.is_empty(), "{}", misfits.join("\n"));
    Ok(())
}
