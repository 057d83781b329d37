//! Which failures the page is about, as its address says.

use shared::store::runs::dead::Filter;

use crate::{
    console::jobs::search::{brand_word, owners},
    problem::Problem,
    query::{Owners, Query},
};

/// Takes the filter out of the address.
///
/// # Errors
/// 400 for one that is none.
pub(super) fn read(query: &mut Query) -> Result<Filter, Problem> {
    let Owners {
        brand_id,
        is_platform,
    } = owners(query)?;
    Ok(Filter {
        job_id: query.id("job")?,
        brand_id,
        is_platform,
        job_type: query.word("type")?,
        error_kind: query.word("kind")?,
        is_idle: false,
    })
}

/// As [`read`] reads it, with its question mark, if it has anything to say; and what was `done`.
pub(super) fn query(filter: &Filter, done: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    let kept = [
        ("job", filter.job_id.map(|id| id.to_string())),
        ("brand", brand_word(filter.brand_id, filter.is_platform)),
        ("type", filter.job_type.map(|it| it.name().to_owned())),
        ("kind", filter.error_kind.map(|it| it.name().to_owned())),
        ("done", done.map(str::to_owned)),
    ];
    for (name, value) in kept {
        query.extend_pairs(value.map(|value| (name, value)));
    }
    let query = query.finish();
    if query == "?" { String::new() } else { query }
}
