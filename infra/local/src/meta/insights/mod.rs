//! The edge `insights`: what ads did, by day.
//!
//! Not imitated: reach is added up over days, ads and segments instead of counting people once;
//! amounts have two decimals whatever the currency; of breakdowns, `age`, `gender` and those of
//! placement; `time_increment=monthly`, `time_ranges`, `sort`, `summary`; filters on anything but
//! ids and `effective_status`; the sizes at which Meta itself refuses a request.

mod breakdown;
mod metrics;
mod page;
mod query;
mod range;
mod row;
mod text;

use std::sync::Arc;

use super::{
    Shared,
    accounts::Account,
    catalogue::Type,
    edges,
    refusal::Refusal,
    request::{Call, Parameters},
};
use page::Position;
use query::Query;

/// Answers `/{id}/insights`, where `id` is an account's, or that of the object of this type at this
/// place in it.
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
    serve(shared, &query, &call.parameters)
}

/// One page of a request's rows, with its cursors.
fn serve(shared: &Shared, query: &Query, parameters: &Parameters) -> Result<String, Refusal> {
    let limit = edges::limit(shared, parameters)?;
    let start = match parameters.get("after") {
        Some(cursor) => Position::read(cursor, query)?,
        None => Position::default(),
    };
    let page = page::cut(query, start, limit);
    if page.rows == 0 {
        return Ok("{\"data\":[]}".to_owned());
    }
    let (before, after) = (start.cursor(query), page.end.cursor(query));
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
