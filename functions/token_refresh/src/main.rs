//! Entry point: environment in, clients open, runs served. The work is in `lib.rs`.

use shared::{config, domain::JobType, runtime};
use token_refresh::{Clients, handle};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = runtime::aws().await;
    let mut env = runtime::environment(&aws).await?;
    let core = config::Core::read(&mut env);
    let meta = config::Meta::read(&mut env);
    let telemetry = config::Telemetry::read(&mut env);
    env.finish()?;
    let traces = runtime::tell(JobType::TokenRefresh.name(), &telemetry)?;
    let db = runtime::connect(&core).await?;
    let clients = Clients::open(meta);
    let place = (&db, &aws);
    let serving = runtime::serve(JobType::TokenRefresh, &core, place, &traces, async |run| {
        handle(&clients, run).await
    });
    Box::pin(serving).await
}
