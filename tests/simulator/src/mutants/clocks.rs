//! Bugs in what the cloud's clocks are told, and in moving from one to the other.

use super::Mutant;

const RULES: &str = "shared/src/clients/cloud_clock/rules.rs";
const CLOCK: &str = "shared/src/clients/cloud_clock.rs";
const ZONED: &str = "shared/src/domain/schedule/zoned.rs";
const DESIRED: &str = "functions/reconciler/src/desired.rs";
const PLAN: &str = "functions/reconciler/src/plan.rs";
const MIGRATE: &str = "functions/reconciler/src/cli/migrate_clock.rs";

/// Bugs in what fires.
pub(super) const ALL: &[Mutant] = &[
    Mutant {
        bug: "targets that the cloud refused count as written",
        changes: &[(
            RULES,
            "error::all_entries(doing, &rule.name, answer.failed_entry_count, failed)",
            "error::all_entries(doing, &rule.name, 0, failed.filter(|_| false))",
        )],
    },
    Mutant {
        bug: "the rule of a job that is over stays",
        changes: &[(
            PLAN,
            "true => plan.changes.push(Change::Delete(was)),",
            "true => plan.unchanged += 1,",
        )],
    },
    Mutant {
        bug: "a schedule goes before the one in its place is there",
        changes: &[(
            CLOCK,
            "self.create(rule).await?;
        self.delete(was).await
    }",
            "self.delete(was).await?;
        self.create(rule).await
    }",
        )],
    },
    Mutant {
        bug: "a schedule stays beside the one in its place",
        changes: &[(
            PLAN,
            "plan.changes.extend(of_job.into_iter().map(Change::Delete));",
            "drop(of_job);",
        )],
    },
    Mutant {
        bug: "the name of a schedule leaves out when it fires",
        changes: &[
            (
                DESIRED,
                "FORMAT,
        &fires.expression,
        fires.zone.name(),",
                "FORMAT,
        fires.zone.name(),",
            ),
            (
                DESIRED,
                "&target.queue_arn,
        draft,",
                "&target.queue_arn,
        if draft.is_empty() { draft } else { \"\" },",
            ),
        ],
    },
    Mutant {
        bug: "a wall clock is trusted although it skips or repeats a fire time",
        changes: &[(
            ZONED,
            "changes.iter().any(|change| self.meets(change))",
            "changes.iter().any(|change| self.meets(change) && false)",
        )],
    },
    Mutant {
        bug: "a move removes the old rules although new ones were refused",
        changes: &[(
            MIGRATE,
            "let (applied, failures) = schedules.apply(&plan, &budget).await;
        Failures::check(failures, ())?;
        migrated.applied = applied;
        verify(schedules).await?;",
            "migrated.applied = schedules.apply(&plan, &budget).await.0;
        let _ = verify;",
        )],
    },
    Mutant {
        bug: "a move removes the old rules before it looks for the new ones",
        changes: &[(
            MIGRATE,
            "let (applied, failures) = schedules.apply(&plan, &budget).await;
        Failures::check(failures, ())?;",
            "for rule in owned(schedules, old).await? {
            old.delete(&rule.name).await.ok();
        }
        let (applied, failures) = schedules.apply(&plan, &budget).await;
        Failures::check(failures, ())?;",
        )],
    },
];
