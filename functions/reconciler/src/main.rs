//! Entry point: environment in, clients open, sweeps served. The work is in `lib.rs`.

use reconciler::{Reconciler, courier::Channels};
use shared::{
    config::{Core, Notify, Retention, Rules},
    runtime,
    telemetry::{self, traces::Traces},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let aws = runtime::aws().await;
    let mut env = runtime::environment(&aws).await?;
    let (core, rules) = (Core::read(&mut env), Rules::read(&mut env));
    let (notify, retention) = (Notify::read(&mut env), Retention::read(&mut env));
    let log = env.required("SUNDIAL_LOG");
    env.finish()?;
    telemetry::start(&log, &Traces::none());
    let db = runtime::connect(&core).await?;
    let it = Reconciler::open(db.clone(), &aws, &core, rules);
    let it = it.with_channels(Channels::open(&notify));
    let it = &it.keeping(retention.keep).publishing();

    let serving =
        runtime::serve_events(async |event, deadline| Ok(it.handle(event, deadline).await?));
    runtime::until_refused(&db, serving).await
}
