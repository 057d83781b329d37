//! What the run says at its end.

use shared::{
    domain::{JobError, Report, classification::Tally},
    store::{classifications, logs::Level, usage},
};

use crate::{DATASET, place::Place, work::Work};

/// The report. A run in which something went wrong with every ad has failed.
pub(crate) async fn report(work: &Work<'_>, place: &Place) -> Result<Report, JobError> {
    let run = work.run;
    let (tally, spent) = run
        .db()
        .in_tx("counting ads", async |tx| {
            let tally = classifications::tally(tx, run.id).await?;
            Ok((tally, usage::of_run(tx, run.id).await?))
        })
        .await?;
    let tally = Tally {
        cost_usd_micros: spent,
        ..tally
    };
    run.log(
        Level::Info,
        format!(
            "{} new, {} known, {} left out, {} errors, {} for another run",
            tally.new_count,
            tally.cached_count,
            tally.skipped_count,
            tally.error_count,
            tally.over_cap_count
        ),
    );
    if tally.is_failure() && place.spent.is_none() {
        for (name, value) in counts(&tally, place) {
            run.count(&name, value);
        }
        run.checkpoint(None).await?;
        return Err(JobError::give_up(format!(
            "none of {} ads could be classified: {}",
            tally.failures(),
            listed(&tally)
        )));
    }
    let mut report = Report::new();
    for (name, value) in counts(&tally, place) {
        report = report.count(&name, value);
    }
    for line in warnings(&tally, place) {
        report = report.warning(line);
    }
    match &place.spent {
        Some(spent) => {
            let line = format!("{spent}; {} ads were not looked at", tally.pending_count);
            run.step_incomplete(DATASET, &line);
            report = report.warning(line);
        }
        None => run.step_succeeded(DATASET, tally.new_count + tally.cached_count),
    }
    Ok(report)
}

/// What people should know though the run has succeeded.
fn warnings(tally: &Tally, place: &Place) -> Vec<String> {
    let ads = (tally.failures() > 0).then(|| {
        format!(
            "{} ads could not be classified: {}",
            tally.failures(),
            listed(tally)
        )
    });
    let pages = (place.pages.failed > 0).then(|| {
        format!(
            "{} of {} landing pages could not be read: brand_landing_pages says why",
            place.pages.failed,
            place.pages.failed + place.pages.read
        )
    });
    ads.into_iter().chain(pages).collect()
}

/// Every figure by its name; reasons and kinds as in `skipped_missing_image` and `errors_blocked`.
fn counts(tally: &Tally, place: &Place) -> Vec<(String, u64)> {
    let fixed = [
        ("total_ads", tally.total()),
        ("new_count", tally.new_count),
        ("video_count", tally.video_count),
        ("cached_count", tally.cached_count),
        ("skipped_count", tally.skipped_count),
        ("error_count", tally.error_count),
        ("over_cap_count", tally.over_cap_count),
        ("pending_count", tally.pending_count),
        ("cost_usd_micros", tally.cost_usd_micros),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
    let skipped = tally.skipped_by_reason.iter();
    let skipped = skipped.map(|(reason, count)| (format!("skipped_{reason}"), *count));
    let errors = tally.errors_by_kind.iter();
    let errors = errors.map(|(kind, count)| (format!("errors_{kind}"), *count));
    let pages = place.pages;
    let pages = [("pages_read", pages.read), ("pages_failed", pages.failed)];
    let pages = pages.into_iter().filter(|_| place.pages.are_read);
    let pages = pages.map(|(name, value)| (name.to_owned(), value));
    let rest = skipped.chain(errors).chain(pages);
    fixed.into_iter().chain(rest).collect()
}

fn listed(tally: &Tally) -> String {
    let videos = tally.failures() - tally.error_count;
    let videos = (videos > 0).then(|| format!("{videos} videos"));
    let kinds = tally.errors_by_kind.iter();
    let kinds = kinds.map(|(kind, count)| format!("{count} {kind}"));
    kinds.chain(videos).collect::<Vec<_>>().join(", ")
}
