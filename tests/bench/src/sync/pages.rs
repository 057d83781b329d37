//! Which pages of a sync are stored, and whether one of them was asked for again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sqlx::PgPool;
use sundial_local::meta::Served;

/// Of each day, the cursors of the pages that are stored.
pub(crate) type Stored = BTreeMap<NaiveDate, Vec<Option<String>>>;

/// Which of the pages served are stored, by the counts that the sync keeps.
pub(crate) async fn stored(pool: &PgPool, served: &[Served]) -> sqlx::Result<Stored> {
    let counts = sqlx::query_as(
        "select date, pages from meta_sync_slices where kind = 'performance' and pages > 0",
    );
    let counts: Vec<(NaiveDate, i32)> = counts.fetch_all(pool).await?;
    Ok(first_pages(counts, served))
}

/// The first so many pages of each day. A day's pages follow from each other, so they are stored in this order.
fn first_pages(counts: Vec<(NaiveDate, i32)>, served: &[Served]) -> Stored {
    let mut cursors = Stored::new();
    for page in served {
        let cursors = cursors.entry(page.since).or_default();
        if !cursors.contains(&page.after) {
            cursors.push(page.after.clone());
        }
    }
    let first = counts.into_iter().map(|(date, count)| {
        let all = cursors.remove(&date).unwrap_or_default().into_iter();
        (
            date,
            all.take(usize::try_from(count).unwrap_or(0)).collect(),
        )
    });
    first.collect()
}

/// How many of the pages served `later` were stored by then.
pub(crate) fn asked_again(stored: &Stored, later: &[Served]) -> usize {
    let is_stored = |page: &&Served| {
        let cursors = stored.get(&page.since);
        cursors.is_some_and(|cursors| cursors.contains(&page.after))
    };
    later.iter().filter(is_stored).count()
}

/// How many pages were served more than once, for whatever reason.
pub(crate) fn repeats(served: &[Served]) -> usize {
    let pages: BTreeSet<_> = served
        .iter()
        .map(|page| (page.since, page.after.as_deref()))
        .collect();
    served.len() - pages.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(day: u32, after: Option<&str>) -> Served {
        let date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        Served {
            account: "act_1".to_owned(),
            report: None,
            level: "ad",
            since: date,
            until: date,
            breakdowns: String::new(),
            filtering: String::new(),
            fields: String::new(),
            after: after.map(str::to_owned),
            rows: 500,
            at: "2026-11-20T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_page_that_was_in_flight_may_come_again_and_a_stored_one_may_not() {
        let before = [page(1, None), page(1, Some("a")), page(2, None)];
        let (first, second) = (before[0].since, before[2].since);
        let stored = first_pages(vec![(first, 1), (second, 1)], &before);

        assert_eq!(
            asked_again(&stored, &[page(1, Some("a")), page(2, Some("b"))]),
            0
        );
        assert_eq!(asked_again(&stored, &[page(1, None), page(2, None)]), 2);
    }

    #[test]
    fn the_same_cursor_of_another_day_is_another_page() {
        assert_eq!(repeats(&[page(1, None), page(2, None)]), 0);
        assert_eq!(repeats(&[page(1, None), page(2, None), page(1, None)]), 1);
    }
}
