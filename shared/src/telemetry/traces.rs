//! Traces of runs, for whoever collects them: OTLP over HTTP.
//!
//! A run is one trace, whose id is the run's: its segments meet in it, whichever processes work on
//! them. Lambda freezes a process between two invocations, so spans wait in memory and leave at the
//! end of each one ([`Traces::flush`]).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::{
    Context,
    trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
    },
};
pub use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor},
};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    registry::LookupSpan,
};
use uuid::Uuid;

/// The target of the spans that traces consist of. Those of libraries, with targets of their own, are
/// no part of a trace, and neither are events: what they say is in the log. All but the run's own are
/// of level debug, so that a line of the log names the run and not the step.
pub const TARGET: &str = "trace";

/// Spans of one invocation that are kept; the rest is dropped. At most some 2 MB.
const SPANS_MAX: usize = 2_048;

/// How long an invocation may wait for its collector at the end.
const FLUSH_TIME: Duration = Duration::from_secs(2);

/// The way to a collector, or none. Clones share it.
#[derive(Clone, Debug)]
pub struct Traces(Option<Arc<Sender>>);

#[derive(Debug)]
struct Sender {
    provider: SdkTracerProvider,
    exporter: SpanExporter,
    waiting: Waiting,
}

/// Spans that have ended and not left.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<Vec<SpanData>>>);

impl Traces {
    /// Traces that go nowhere.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Opens the way to the collector at `endpoint`, as in `http://localhost:4318`, which hears of
    /// spans of `service` with `headers`. Connects to nothing yet.
    ///
    /// # Errors
    /// When `endpoint` is no address, or TLS cannot be set up.
    pub fn open(
        service: &str,
        endpoint: &str,
        headers: HashMap<String, String>,
    ) -> Result<Self, ExporterBuildError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_protocol(Protocol::HttpBinary)
            .with_headers(headers)
            .with_timeout(FLUSH_TIME)
            .build()?;
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .build();
        exporter.set_resource(&resource);
        let waiting = Waiting::default();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(waiting.clone())
            .build();
        Ok(Self(Some(Arc::new(Sender {
            provider,
            exporter,
            waiting,
        }))))
    }

    /// The part of a subscriber that gathers spans.
    #[must_use]
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let sender = self.0.as_ref()?;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(sender.provider.tracer("sundial"))
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        let ours = filter_fn(|it| it.is_span() && it.target() == TARGET);
        Some(layer.with_filter(ours.with_max_level_hint(LevelFilter::DEBUG)))
    }

    /// Sends what has ended, and waits at most two seconds for that. Spans that do not arrive are lost,
    /// and the log says so: a collector that is down stops no run.
    pub async fn flush(&self) {
        let Some(sender) = self.0.as_ref() else {
            return;
        };
        let spans = sender.waiting.take();
        if spans.is_empty() {
            return;
        }
        let count = spans.len();
        match tokio::time::timeout(FLUSH_TIME, sender.exporter.export(spans)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, count, "spans not sent"),
            Err(_) => tracing::warn!(count, "spans not sent: the collector does not answer"),
        }
    }
}

impl Waiting {
    fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SpanProcessor for Waiting {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < SPANS_MAX {
            waiting.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Makes `span` a part of the trace of `run`. All parts are children of one span that nobody sends,
/// as none of the processes sees the whole run.
pub fn join(span: &tracing::Span, run: Uuid) {
    let (trace, root) = (TraceId::from(run.as_u128()), run.as_u64_pair().1);
    let root = SpanContext::new(
        trace,
        SpanId::from(root),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    // Without a collector nobody listens.
    let _is_traced = span.set_parent(Context::new().with_remote_span_context(root));
}
