//! Run now, beside the least that it can be: a handler that inserts one row.

use std::time::Duration;

use axum::{Router, extract::State, http::StatusCode, routing::post};
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::server::Server as Serving;
use tokio::time::Instant;
use uuid::Uuid;

use super::server::Server;
use crate::report::{Sample, say};

/// Orders before counting starts.
const WARM_UP: u32 = 10;
/// From the request to the row, at most.
const P99: Duration = Duration::from_millis(20);
/// And at most so many times what the bare handler takes.
const TIMES_MAX: f64 = 2.0;

/// Prints both, taken in turns. A run's row is there when the answer is.
pub(crate) async fn measure(server: &Server, pool: &PgPool, runs: u32) -> anyhow::Result<()> {
    let bare = Bare::start(pool).await?;
    let jobs = "select id from scheduled_jobs where status = 'active' order by id limit $1";
    let jobs: Vec<Uuid> = sqlx::query_scalar(jobs)
        .bind(i64::from(WARM_UP + runs))
        .fetch_all(pool)
        .await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (number, job) in jobs.into_iter().enumerate() {
        let run = server.post(&format!("/api/jobs/{job}/run")).await?.took;
        let row = bare.insert(job).await?;
        if number >= usize::try_from(WARM_UP)? {
            ours.push(run);
            theirs.push(row);
        }
    }
    let (ours, theirs) = (Sample::new(ours), Sample::new(theirs));
    say([
        ours.row("POST /api/jobs/…/run"),
        theirs.row("a bare handler that inserts a row"),
        verdict(&ours, &theirs),
    ])?;
    bare.stop().await;
    Ok(())
}

fn verdict(ours: &Sample, theirs: &Sample) -> String {
    let times = |percent| {
        let bare = theirs.percentile(percent).as_secs_f64();
        ours.percentile(percent).as_secs_f64() / bare.max(f64::EPSILON)
    };
    let (half, most) = (times(50), times(99));
    let is_slow = ours.percentile(99) > P99 || half > TIMES_MAX || most > TIMES_MAX;
    let slow = if is_slow { "  TOO SLOW" } else { "" };
    format!("run now / bare: p50 {half:.2}, p99 {most:.2}{slow}")
}

/// The bare handler.
struct Bare {
    serving: Serving,
    url: String,
    client: reqwest::Client,
}

impl Bare {
    async fn start(pool: &PgPool) -> anyhow::Result<Self> {
        sqlx::query(
            "create table bench_runs (id uuid primary key default gen_random_uuid(), job uuid not null,
                                      created_at timestamptz not null default now())",
        )
        .execute(pool)
        .await?;
        let own = PgPoolOptions::new().max_connections(2);
        let own = own
            .connect_with(pool.connect_options().as_ref().clone())
            .await?;
        let router = Router::new().route("/", post(insert)).with_state(own);
        let serving = Serving::bind(0).await?.serve(router);
        Ok(Self {
            url: serving.url(),
            serving,
            client: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    async fn insert(&self, job: Uuid) -> anyhow::Result<Duration> {
        let asked = Instant::now();
        let answer = self
            .client
            .post(&self.url)
            .body(job.to_string())
            .send()
            .await?;
        answer.error_for_status()?.bytes().await?;
        Ok(asked.elapsed())
    }

    async fn stop(self) {
        self.serving.stop().await;
    }
}

async fn insert(State(pool): State<PgPool>, job: String) -> Result<String, StatusCode> {
    let job: Uuid = job.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let inserted =
        sqlx::query_scalar("insert into bench_runs (job) values ($1) returning id").bind(job);
    let id: Uuid = inserted
        .fetch_one(&pool)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_bare_handler_is_the_limit() {
        let sample = |millis| Sample::new(vec![Duration::from_millis(millis); 10]);

        assert!(!verdict(&sample(4), &sample(2)).contains("TOO SLOW"));
        assert!(verdict(&sample(5), &sample(2)).contains("TOO SLOW"));
        assert!(verdict(&sample(21), &sample(20)).contains("TOO SLOW"));
    }
}
