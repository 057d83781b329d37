//! Entry point: environment in, clients open, sweeps served. The work is in `lib.rs`.

use reconciler::{Event, Reconciler};
use shared::{
    clients::{bus::Bus, clock_rules::ClockRules},
    config::{Core, Environment, Rules},
    domain::Clock,
    runtime, telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::start("info");
    let mut env = Environment::of_process();
    let (core, rules) = (Core::read(&mut env), Rules::read(&mut env));
    env.finish()?;
    let db = runtime::connect(&core).await?;
    let aws = runtime::aws().await;
    let bus = Bus::new(&aws, core.bus.as_str());
    let cloud = ClockRules::new(&aws, reconciler::rules::pace(&rules));
    let reconciler = &Reconciler::new(db, bus, cloud, rules, Clock::system());
    runtime::serve_events(async |event: Event, deadline| {
        Ok(reconciler.handle(event, deadline).await?)
    })
    .await
}
