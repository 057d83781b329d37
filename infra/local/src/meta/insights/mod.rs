//! The edge `insights`: what ads did, by day.
//!
//! Not imitated: reach is added up over days, ads and segments instead of counting people once;
//! amounts have two decimals whatever the currency; of breakdowns, `age`, `gender` and those of
//! placement; `time_increment=monthly`, `time_ranges`, `sort`, `summary`; filters on anything but
//! ids and `effective_status`; of `action_breakdowns`, one besides the type; names and statuses as
//! they were on the day. Deleted ads are in the rows without being asked for. Sizes at which Meta
//! itself refuses a request come only when ordered.

mod breakdown;
mod filter;
mod metrics;
mod page;
mod query;
mod range;
mod report;
mod row;
mod text;

use std::sync::Arc;

use serde_json::json;

use super::{
    Shared,
    accounts::Account,
    catalogue::Type,
    edges,
    ledger::Served,
    refusal::Refusal,
    request::{Call, Parameters},
};
use page::Position;
use query::Query;
use report::Ending;
pub use report::ReportOrder;
pub(super) use report::{Report, Reports};

/// What a report fails with that has a poisoned day in it.
///
/// **Source:** code and subcode seen by users of the Marketing API when an async run fails.
const RUN_FAILED: Ending = Ending::Failed(-2, Some(2_490_547));

/// What a report fails with that has too many rows.
const TOO_MUCH: Ending = Ending::Failed(100, Some(1_487_534));

/// Answers `/{id}/insights`, where `id` is an account's, or that of the object of this type at this
/// place in it: with rows, or with the id of a report when it was posted.
///
/// # Errors
/// As Meta would refuse it.
pub(super) fn answer(
    shared: &Shared,
    call: &Call,
    account: Arc<Account>,
    object: (Type, usize),
) -> Result<String, Refusal> {
    let today = shared.now.today(account.spec.timezone);
    let query = Query::read(account, object, &call.parameters, today)?;
    let sizes = shared.limits.sizes();
    if call.is_post {
        let ending = if is_larger(&query, sizes.report_rows_max) {
            TOO_MUCH
        } else if is_poisoned(shared, &query) {
            RUN_FAILED
        } else {
            Ending::Completed
        };
        let id = shared.reports.submit(query, shared.now.get(), ending);
        return Ok(json!({ "report_run_id": id }).to_string());
    }
    if is_larger(&query, sizes.sync_rows_max) {
        return Err(Refusal::too_much());
    }
    if is_poisoned(shared, &query) {
        return Err(Refusal::reduce());
    }
    serve(shared, &query, None, &call.parameters)
}

/// Answers `/{report}/insights`.
///
/// # Errors
/// 100 when it is not complete, or as a page is refused.
pub(super) fn answer_report(
    shared: &Shared,
    call: &Call,
    report: &Report,
) -> Result<String, Refusal> {
    if call.is_post {
        return Err(Refusal::parameter("Unsupported post request."));
    }
    if !report.is_complete() {
        return Err(Refusal::parameter("The report is not complete."));
    }
    serve(shared, &report.query, Some(&report.id), &call.parameters)
}

fn is_larger(query: &Query, rows_max: Option<usize>) -> bool {
    rows_max.is_some_and(|most| page::count(query, most) > most)
}

fn is_poisoned(shared: &Shared, query: &Query) -> bool {
    let poisons = shared.limits.poisons();
    poisons.iter().any(|poison| {
        let ads = &query.account.ads;
        let ad = ads.iter().position(|line| line.id == poison.ad_id);
        let field = poison.field.as_deref();
        field.is_none_or(|field| query.has_field(field))
            && ad.is_some_and(|ad| page::includes(query, ad, poison.date))
    })
}

/// One page of a request's rows, with its cursors.
fn serve(
    shared: &Shared,
    query: &Query,
    report: Option<&str>,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    let limit = edges::limit(shared, parameters)?;
    let after = parameters.get("after");
    // A report's cursors are its own, even where another request has the same parameters.
    let owner = report.unwrap_or_default();
    let start = match after {
        Some(cursor) => Position::read(cursor, query, owner)?,
        None => Position::default(),
    };
    let page = page::cut(query, start, limit);
    shared.ledger.note(Served {
        account: query.account.spec.id.clone(),
        report: report.map(str::to_owned),
        level: query.level_name(),
        since: query.range.since,
        until: query.range.until,
        breakdowns: query.breakdowns.clone(),
        filtering: query.filtering.clone(),
        fields: query.field_names(),
        after: after.cloned(),
        rows: page.rows,
        at: shared.now.get(),
    });
    if page.rows == 0 {
        return Ok("{\"data\":[]}".to_owned());
    }
    let (before, after) = (start.cursor(query, owner), page.end.cursor(query, owner));
    let next = if page.has_more {
        format!(",\"next\":\"{}\"", edges::next(shared, &after))
    } else {
        String::new()
    };
    let cursors = format!("{{\"before\":\"{before}\",\"after\":\"{after}\"}}");
    Ok(format!(
        "{{\"data\":[{}],\"paging\":{{\"cursors\":{cursors}{next}}}}}",
        page.text
    ))
}
