//! One attempt in words. Pure.

use shared::{domain::RunStatus, store::runs::why::AttemptFacts};

use super::{
    Why,
    words::{span, time, utc},
};

/// What became of an attempt, in one sentence.
pub(super) fn told(it: &AttemptFacts, why: &Why) -> String {
    let (number, run) = (it.attempt_number, it.run_id);
    format!("Attempt {number} (run {run}) {}.", state(it, why))
}

fn state(it: &AttemptFacts, why: &Why) -> String {
    match it.status {
        RunStatus::Completed => format!("{}, and completed {}", started(it, why), took(it)),
        RunStatus::Failed => {
            let kind = it.error_kind.map_or("unknown", |kind| kind.name());
            let message = it.error_message.as_deref().unwrap_or_default();
            format!(
                "{}, and failed {} ({kind}): {message}",
                started(it, why),
                took(it)
            )
        }
        RunStatus::Cancelled => format!("was cancelled at {}", time(it.completed_at)),
        RunStatus::Skipped => format!("was skipped: {}", skipped(it, why)),
        RunStatus::Pending => format!("is pending: {}", pending(it, why)),
        RunStatus::Running => format!(
            "{}, is at work, and holds its lease until {}{}",
            started(it, why),
            time(it.lease_expires_at),
            match it.lease_expires_at.is_some_and(|end| end < why.now) {
                true => "; the lease has run out, and the next sweep fails it as lost",
                false if it.cancel_requested_at.is_some() => "; it was asked to stop",
                false => "",
            }
        ),
    }
}

fn started(it: &AttemptFacts, why: &Why) -> String {
    let Some(started_at) = it.started_at else {
        return "never started".to_owned();
    };
    // A delay that was asked for moves `run_after` past the start.
    let due = match it.attempt_number {
        1 => why.at.unwrap_or(started_at),
        _ => it.run_after.min(started_at),
    };
    let continued = match (it.segment, it.snoozes) {
        (1, 0) => String::new(),
        (segment, snoozes) => format!(" (segment {segment}, {snoozes} delays asked for)"),
    };
    let late = span(started_at - due);
    format!("started at {}, {late} late{continued}", utc(started_at))
}

fn took(it: &AttemptFacts) -> String {
    match (it.started_at, it.completed_at) {
        (Some(start), Some(end)) => format!("after {}", span(end - start)),
        (_, end) => format!("at {}", time(end)),
    }
}

fn skipped(it: &AttemptFacts, why: &Why) -> String {
    match it.reason.as_deref().unwrap_or_default() {
        "overlap" => format!("another run of the job was at work{}", holder(why)),
        "missed" => "nobody delivered it in time, and the misfire policy did not let it run later"
            .to_owned(),
        "paused" => "the job was paused".to_owned(),
        "superseded" => "the job's schedule was changed, or the job archived, before it ran".into(),
        "requested" => {
            let by = it.requested_by.as_deref().unwrap_or("somebody");
            let when = time(it.completed_at);
            format!("{by} asked at {when} to leave it out")
        }
        other => other.to_owned(),
    }
}

fn holder(why: &Why) -> String {
    why.held_by.map_or_else(String::new, |held| {
        let (run, start) = (held.run_id, utc(held.started_at));
        let end = match held.completed_at {
            Some(end) => format!("ended at {}", utc(end)),
            None => "still at work".to_owned(),
        };
        format!(": run {run}, started at {start}, {end}")
    })
}

fn pending(it: &AttemptFacts, why: &Why) -> String {
    let on_the_bus = match it.sent_at {
        Some(sent) => format!("; it was asked for on the bus at {}", utc(sent)),
        None => String::new(),
    };
    let waits = match it.reason.as_deref() {
        Some("overlap") => format!("it waits for another run of the job to end{}", holder(why)),
        Some("capped") => capped(why),
        Some("snoozed") => format!(
            "the other side asked us to wait, until {}",
            utc(it.run_after)
        ),
        Some("continued") => "it goes on with its next segment".to_owned(),
        _ if it.run_after > why.now => format!("it is due at {}", utc(it.run_after)),
        _ => format!(
            "it has been due for {} and waits for its function",
            span(why.now - it.run_after)
        ),
    };
    format!("{waits}{on_the_bus}")
}

/// Which limit is reached, by the runs at work now.
fn capped(why: &Why) -> String {
    let Some(slots) = &why.slots else {
        return "it waits for a free slot of its job type or brand".to_owned();
    };
    let job_type = why.job.job_type;
    let of_both = format!("its brand within {job_type}");
    let limits = [
        (job_type, slots.of_type, slots.of_type_max),
        (&of_both, slots.of_brand_in_type, slots.of_brand_in_type_max),
        ("its brand", slots.of_brand, slots.of_brand_max),
    ];
    let full = limits.into_iter().filter_map(|(whose, taken, max)| {
        let max = max.filter(|max| taken >= i64::from(*max))?;
        Some(format!("{taken} of {max} slots of {whose} are taken"))
    });
    let full = full.collect::<Vec<_>>().join(", and ");
    match full.is_empty() {
        true => "it waited for a slot; one is free now, and the next sweep sends it".to_owned(),
        false => format!("it waits for a slot: {full}"),
    }
}
