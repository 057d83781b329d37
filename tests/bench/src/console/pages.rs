//! Pages of the console, and lists of the API.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::server::Server;
use crate::report::{Sample, say};

/// Answers before counting starts: connections and statements are warm then.
const WARM_UP: u32 = 10;
/// What a page may take.
const PAGE_P50: Duration = Duration::from_millis(15);
const PAGE_P99: Duration = Duration::from_millis(60);
/// What a list of the API may take.
const LIST_P99: Duration = Duration::from_millis(30);
/// What a page may weigh, compressed.
const PAGE_BYTES_MAX: usize = 60_000;

/// What the addresses name.
struct Names {
    job: Uuid,
    run: Uuid,
    failed: Uuid,
    brand: Uuid,
}

/// Prints a line for each address.
pub(crate) async fn measure(server: &Server, pool: &PgPool, runs: u32) -> anyhow::Result<()> {
    let names = names(pool).await?;
    for path in pages(&names).iter().chain(&lists(&names)) {
        let mut took = Vec::new();
        let mut bytes = 0;
        for number in 0..WARM_UP + runs {
            let answer = server.get(path).await?;
            bytes = bytes.max(answer.body.len());
            if number >= WARM_UP {
                took.push(answer.took);
            }
        }
        say([line(path, &Sample::new(took), bytes)])?;
    }
    Ok(())
}

async fn names(pool: &PgPool) -> anyhow::Result<Names> {
    let (job, run, brand) = sqlx::query_as(
        "select j.id, r.id, j.brand_id
           from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id
          where r.status = 'completed' order by r.created_at desc limit 1",
    )
    .fetch_one(pool)
    .await?;
    let failed = "select id from scheduled_job_runs where status = 'failed' order by created_at desc limit 1";
    let failed = sqlx::query_scalar(failed).fetch_one(pool).await?;
    Ok(Names {
        job,
        run,
        failed,
        brand,
    })
}

fn pages(names: &Names) -> Vec<String> {
    let Names {
        job,
        run,
        failed,
        brand,
    } = names;
    [
        "".to_owned(),
        "/live".to_owned(),
        "/jobs".to_owned(),
        "/jobs?status=paused".to_owned(),
        format!("/jobs?brand={brand}"),
        "/jobs?text=777".to_owned(),
        format!("/jobs/{job}"),
        format!("/jobs/{job}/edit"),
        format!("/jobs/{job}/run"),
        "/jobs/new".to_owned(),
        "/runs".to_owned(),
        "/runs?status=failed".to_owned(),
        format!("/runs?brand={brand}"),
        format!("/runs?job={job}"),
        format!("/runs/{run}"),
        format!("/runs/{failed}"),
        "/dead-letters".to_owned(),
        format!("/dead-letters?brand={brand}"),
        "/freshness".to_owned(),
        "/notifications".to_owned(),
        "/tokens".to_owned(),
        "/organizations".to_owned(),
        "/members".to_owned(),
        format!("/strip?brand_id={brand}&job_type=meta_sync"),
        "/calendar".to_owned(),
        format!("/calendar?brand={brand}"),
    ]
    .map(|page| format!("/console{page}"))
    .into()
}

fn lists(names: &Names) -> Vec<String> {
    let Names {
        job, run, brand, ..
    } = names;
    [
        "jobs".to_owned(),
        "jobs?status=paused".to_owned(),
        format!("jobs?brand_id={brand}"),
        format!("jobs/{job}"),
        format!("jobs/{job}/changes"),
        "runs".to_owned(),
        "runs?status=failed".to_owned(),
        "runs?status=running".to_owned(),
        format!("runs?job_id={job}"),
        format!("runs?brand_id={brand}"),
        format!("runs/{run}"),
        format!("runs/{run}/logs"),
        "dead-letters".to_owned(),
        "dead-letters?group=fingerprint".to_owned(),
        "brands".to_owned(),
        "calendar".to_owned(),
        "members".to_owned(),
        "tokens".to_owned(),
        "notifications".to_owned(),
    ]
    .map(|list| format!("/api/{list}"))
    .into()
}

fn line(path: &str, sample: &Sample, bytes: usize) -> String {
    let (p50, p99) = (sample.percentile(50), sample.percentile(99));
    let is_page = path.starts_with("/console");
    let is_slow = if is_page {
        p50 > PAGE_P50 || p99 > PAGE_P99
    } else {
        p99 > LIST_P99
    };
    let is_large = is_page && bytes > PAGE_BYTES_MAX;
    let short: String = short(path);
    let slow = if is_slow { "  TOO SLOW" } else { "" };
    let large = if is_large { "  TOO LARGE" } else { "" };
    format!("{} {bytes:>7} bytes{slow}{large}", sample.row(&short))
}

/// An address without its ids.
fn short(path: &str) -> String {
    let is_id = |part: &&str| part.parse::<Uuid>().is_ok();
    let mut words = Vec::new();
    for word in path.split_inclusive(['/', '=', '?']) {
        let bare = word.trim_end_matches(['/', '=', '?']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        words.push(if is_id(&bare) { "…" } else { bare });
        words.push(rest);
    }
    words.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_is_too_slow_or_too_large() {
        let sample = |millis| Sample::new(vec![Duration::from_millis(millis); 10]);

        assert!(!line("/console", &sample(15), 60_000).contains("TOO"));
        assert!(line("/console", &sample(16), 1).ends_with("TOO SLOW"));
        assert!(line("/console", &sample(1), 60_001).ends_with("TOO LARGE"));
        assert!(!line("/api/jobs", &sample(30), 90_000).contains("TOO"));
        assert!(line("/api/jobs", &sample(31), 1).ends_with("TOO SLOW"));
    }

    #[test]
    fn an_address_is_told_without_its_ids() {
        let id = Uuid::nil();

        assert_eq!(
            short(&format!("/console/jobs/{id}/edit")),
            "/console/jobs/…/edit"
        );
        assert_eq!(
            short(&format!("/api/runs?job_id={id}")),
            "/api/runs?job_id=…"
        );
    }
}
