//! People who look after runs: they cancel those that wait or work, and retry or acknowledge those
//! that failed, one by one or many at once.

use axum::http::Method;
use serde_json::json;
use shared::domain::{JobId, RunId};
use uuid::Uuid;

use crate::world::{Step, World};

impl World {
    /// Cancels a run that waits or works, of this job or of any.
    pub(crate) async fn cancel(&mut self, job: Option<JobId>) -> Step {
        self.tally.action("cancel");
        let sql = "select id from scheduled_job_runs
                    where status in ('pending', 'running')
                      and ($1::uuid is null or scheduled_job_id = $1)
                    order by scheduled_for, attempt_number, scheduled_job_id";
        let Some(run) = self.some_run(sql, job).await? else {
            return Ok(Ok(()));
        };
        let outcome = self
            .call(Method::POST, format!("/api/runs/{run}/cancel"), None)
            .await?;
        let sql = "select cancel_requested_at is not null from scheduled_job_runs where id = $1";
        if self.holds(sql, run).await? {
            self.stopped.insert(RunId(run));
        }
        Ok(outcome)
    }

    /// Retries or acknowledges a dead letter.
    pub(crate) async fn care(&mut self, action: &'static str) -> Step {
        let sql = "select id from scheduled_job_runs
                    where status = 'failed' and retry_run_id is null and acknowledged_at is null
                      and ($1::uuid is null or scheduled_job_id = $1)
                    order by completed_at, scheduled_job_id, scheduled_for";
        let Some(run) = self.some_run(sql, None).await? else {
            return Ok(Ok(()));
        };
        self.tally.action(action);
        let path = format!("/api/runs/{run}/{action}");
        let outcome = self.call(Method::POST, path, None).await?;
        let sql = "select retry_run_id is not null from scheduled_job_runs where id = $1";
        if self.holds(sql, run).await? {
            self.retried.insert(RunId(run));
        }
        Ok(outcome)
    }

    /// Retries every dead letter of a brand, some a minute.
    pub(crate) async fn retry_many(&mut self) -> Step {
        self.tally.action("retry many");
        let brand = self.chance.pick(&self.brands, Uuid::nil());
        let mut body = json!({ "brand_id": brand, "rate_per_minute": self.chance.number(1, 5) });
        if self.chance.hits(30.0)
            && let Some(body) = body.as_object_mut()
        {
            let most = json!(self.chance.number(1, 3));
            body.insert("stop_after_failures".to_owned(), most);
        }
        let path = "/api/dead-letters/retry".to_owned();
        self.call(Method::POST, path, Some(&body)).await
    }

    async fn some_run(&mut self, sql: &str, job: Option<JobId>) -> anyhow::Result<Option<Uuid>> {
        let runs = sqlx::query_scalar(sql).bind(job.map(|job| job.0));
        let runs: Vec<Uuid> = runs.fetch_all(&self.ledger).await?;
        Ok(Some(self.chance.pick(&runs, Uuid::nil())).filter(|run| !run.is_nil()))
    }

    async fn holds(&self, sql: &str, run: Uuid) -> anyhow::Result<bool> {
        Ok(sqlx::query_scalar(sql)
            .bind(run)
            .fetch_one(&self.ledger)
            .await?)
    }
}
