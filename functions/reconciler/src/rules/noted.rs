//! What was seen of the cloud's rules and done to them, noted for people.

use chrono::{DateTime, Utc};
use shared::store::{
    Database,
    jobs::seen_rules::{self, Gone, SeenRule},
};

use crate::{
    desired::DesiredRule,
    error::Failure,
    plan::{Change, Plan},
};

/// Notes the rules that `plan` found as they should be and those that were `done`, and forgets which are gone; after a
/// thorough plan, all others.
pub(super) async fn note(
    db: &Database,
    plan: &Plan,
    done: &[&Change],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let put: Vec<_> = done.iter().filter_map(|change| change.desired()).collect();
    let rules = plan.confirmed.iter().chain(put.iter().copied());
    let rules: Vec<_> = rules.map(|it| seen(it, now)).collect();
    let gone = done.iter().filter(|change| change.desired().is_none());
    let gone = Gone {
        // What was put is as it is since now, even if it was like that before.
        jobs: put.iter().map(|it| it.mark.job_id).collect(),
        names: gone.map(|change| change.name()).collect(),
        are_others: plan.is_thorough,
    };
    if rules.is_empty() && gone == Gone::default() {
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
