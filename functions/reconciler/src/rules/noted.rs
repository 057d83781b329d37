//! What was seen of the cloud's rules and done to them, noted for people.

use chrono::{DateTime, Utc};
use shared::store::{
    Database,
    jobs::seen_rules::{self, SeenRule},
};

use crate::{
    desired::DesiredRule,
    error::Failure,
    plan::{Change, Plan},
};

/// Notes the rules that `plan` found as they should be, those that were `done`, and which are gone.
pub(super) async fn note(
    db: &Database,
    plan: &Plan,
    done: &[&Change],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let put = done.iter().filter_map(|change| change.desired());
    let rules: Vec<_> = plan
        .confirmed
        .iter()
        .chain(put)
        .map(|it| seen(it, now))
        .collect();
    let gone = done.iter().filter(|change| change.desired().is_none());
    let gone: Vec<_> = gone.map(|change| change.name()).collect();
    if rules.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let noted = async {
        let mut tx = db.begin().await?;
        seen_rules::note(&mut tx, &rules, &gone).await?;
        tx.commit().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    noted
        .await
        .map_err(Failure::while_doing("noting the rules"))
}

fn seen(it: &DesiredRule, now: DateTime<Utc>) -> SeenRule {
    SeenRule {
        job_id: it.mark.job_id,
        name: it.rule.name.clone(),
        expression: it.rule.expression.clone(),
        timezone: it.rule.zone.clone(),
        is_enabled: it.rule.is_enabled,
        seen_at: now,
    }
}
