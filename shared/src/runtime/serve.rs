//! The Lambda side: receive an event, know the deadline, answer.

use std::sync::Arc;

use anyhow::Context;
use aws_config::{BehaviorVersion, SdkConfig};
use chrono::{DateTime, Utc};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    deliver::{Worker, deliver},
    event::Event,
    run::Run,
};
use crate::{
    clients::{bus::Bus, parameters::Parameters},
    config::{Core, Environment, Telemetry},
    domain::{
        Clock, JobError, JobType, Outcome,
        price::{Architecture, invocation_nanodollars},
    },
    store::Database,
    telemetry::{
        self,
        metrics::{self, Place},
        traces::Traces,
    },
};

/// Opens the database and makes sure it answers, so that a function that cannot work ends at its
/// start and says why.
///
/// # Errors
/// When `DATABASE_URL` is no PostgreSQL URL or the database does not answer.
pub async fn connect(core: &Core) -> anyhow::Result<Database> {
    let db = Database::open(&core.database_url, core.pooling).context("reading DATABASE_URL")?;
    let tx = db
        .begin()
        .await
        .context("reaching the database at DATABASE_URL")?;
    tx.commit()
        .await
        .context("reaching the database at DATABASE_URL")?;
    Ok(db)
}

/// Region, credentials and endpoints, as every AWS client takes them from the environment.
pub async fn aws() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).load().await
}

/// The process's environment, with the values of the parameters that it names.
///
/// # Errors
/// When Parameter Store refuses or does not answer.
pub async fn environment(aws: &SdkConfig) -> anyhow::Result<Environment> {
    let env = Environment::of_process();
    let names = env.parameters();
    if names.is_empty() {
        return Ok(env);
    }
    let values = Parameters::new(aws).read(&names).await?;
    Ok(env.with_values(values))
}

/// Starts telling about the work of `service`: lines of the log, and traces of runs.
///
/// # Errors
/// When the way to the collector of traces cannot be opened.
pub fn tell(service: &str, telemetry: &Telemetry) -> anyhow::Result<Traces> {
    let traces = match &telemetry.collector {
        None => Traces::none(),
        Some(it) => {
            let headers = it.headers.iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.expose().to_owned()));
            Traces::open(service, &it.endpoint, headers.collect())
                .context("opening OTEL_EXPORTER_OTLP_ENDPOINT")?
        }
    };
    telemetry::start(&telemetry.filter, &traces);
    Ok(traces)
}

/// Serves runs of one job type until Lambda ends the process.
///
/// # Errors
/// When Lambda's Runtime API goes away, or the database refuses the login.
pub async fn serve<P, H>(
    job_type: JobType,
    core: &Core,
    (db, aws): (&Database, &SdkConfig),
    traces: &Traces,
    handler: H,
) -> anyhow::Result<()>
where
    P: DeserializeOwned,
    H: AsyncFn(&Run<P>) -> Result<Outcome, JobError>,
{
    let worker = Worker {
        job_type,
        db: db.clone(),
        bus: Bus::new(aws, core.bus.as_str()),
        clock: Clock::system(),
    };
    let handler = &handler;
    let worker = &worker;
    let serving = serve_events(async |event: Event, deadline| {
        let began = Instant::now();
        // Boxed, or the nested futures are too deep a type for the compiler.
        let delivery = Box::pin(deliver(worker, event, deadline, handler)).await;
        traces.flush().await;
        let delivery = delivery?;
        if let Some(measured) = delivery.measured {
            let place = Place::of_type(&core.bus, job_type.name());
            let cost = core.memory_mb.map(|memory_mb| {
                invocation_nanodollars(Architecture::own(), memory_mb, began.elapsed())
            });
            let figures = measured.figures(cost);
            if let Err(error) = metrics::publish(place, worker.clock.now(), &figures) {
                tracing::warn!(%error, "figures not logged");
            }
        }
        Ok(delivery)
    });
    until_refused(db, serving).await
}

/// Serves events of one kind until Lambda ends the process. The handler learns the invocation's
/// deadline and answers with something that is written as JSON.
///
/// # Errors
/// When Lambda's Runtime API goes away.
pub async fn serve_events<E, T, H>(handle: H) -> anyhow::Result<()>
where
    E: DeserializeOwned,
    T: Serialize,
    H: AsyncFn(E, DateTime<Utc>) -> anyhow::Result<T>,
{
    let handle = Arc::new(handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let handle = Arc::clone(&handle);
        async move {
            let deadline = DateTime::<Utc>::from(event.context.deadline());
            let result = match serde_json::from_value(event.payload) {
                Ok(event) => handle(event, deadline).await,
                Err(error) => Err(anyhow::Error::new(error).context("reading the event")),
            };
            result
                .and_then(|answer| Ok(serde_json::to_value(answer)?))
                .map_err(diagnose)
        }
    }))
    .await
    .map_err(|error| anyhow::anyhow!(error))
}

/// Serves until the database refuses the login. The process that Lambda starts next reads the
/// secret anew.
///
/// # Errors
/// When the login was refused, and those of `serving`.
pub async fn until_refused(
    db: &Database,
    serving: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        served = serving => served,
        () = db.login_refused() => {
            anyhow::bail!("the database refused the login: starting anew, with the secret as it is now")
        }
    }
}

/// The invocation fails; Lambda counts it and the alarm on function errors looks at it.
fn diagnose(error: anyhow::Error) -> Diagnostic {
    let error_message = crate::telemetry::redact(&format!("{error:#}"));
    tracing::error!(error = error_message, "invocation failed");
    Diagnostic {
        error_type: "Sundial.InvocationFailed".to_owned(),
        error_message,
    }
}
