//! Entry point: environment in, clients open, runs served. The work is in `lib.rs`.

// The future of a run is a deep nest of futures, and the compiler lays it out in one go.
#![recursion_limit = "256"]

use demographic_backfill::{Clients, handle};
use shared::{config, domain::JobType, runtime};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = runtime::aws().await;
    let mut env = runtime::environment(&aws).await?;
    let core = config::Core::read(&mut env);
    let meta = config::Meta::read(&mut env);
    let telemetry = config::Telemetry::read(&mut env);
    env.finish()?;
    let traces = runtime::tell(JobType::DemographicBackfill.name(), &telemetry)?;
    let db = runtime::connect(&core).await?;
    let clients = Clients::open(meta);
    let place = (&db, &aws);
    let serving = runtime::serve(
        JobType::DemographicBackfill,
        &core,
        place,
        &traces,
        async |run| handle(&clients, run).await,
    );
    Box::pin(serving).await
}
