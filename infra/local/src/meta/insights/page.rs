//! Cuts pages out of the rows of a request, making only the rows of the page.
//!
//! A request's rows are those of its *units*, an object in a period each. Units are gone through in
//! an order that is shuffled but always the same; a cursor says how far one has come.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{Datelike as _, Days, NaiveDate};

use super::{
    super::{accounts::mix, refusal::Refusal},
    breakdown::{Segment, add_split},
    metrics::{self, Counts},
    query::Query,
    row::Row,
    text,
};

/// How far one has come: units done, and segments of the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    unit: usize,
    segment: usize,
}

/// A page's rows as JSON, with commas between.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The rows.
    pub(super) text: String,
    /// Their number.
    pub(super) rows: usize,
    /// Where they end.
    pub(super) end: Position,
    /// Whether there are more.
    pub(super) has_more: bool,
}

/// An object in a period.
struct Unit<'a> {
    ads: &'a [usize],
    since: NaiveDate,
    until: NaiveDate,
}

impl Position {
    /// The cursor for this position in this request of this owner.
    pub(super) fn cursor(self, query: &Query, owner: &str) -> String {
        let Self { unit, segment } = self;
        let text = format!("{unit}.{segment}.{:x}{owner}", query.fingerprint);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// The position a cursor of this request stands for.
    ///
    /// # Errors
    /// 100 for what is no cursor, or another request's.
    pub(super) fn read(cursor: &str, query: &Query, owner: &str) -> Result<Self, Refusal> {
        let invalid = || Refusal::parameter("Invalid cursor for this request.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid())?;
        let parts: Vec<&str> = text.split('.').collect();
        let [unit, segment, fingerprint] = parts.as_slice() else {
            return Err(invalid());
        };
        if *fingerprint != format!("{:x}{owner}", query.fingerprint) {
            return Err(invalid());
        }
        Ok(Self {
            unit: unit.parse().map_err(|_| invalid())?,
            segment: segment.parse().map_err(|_| invalid())?,
        })
    }
}

/// The rows from a position on, at most `limit`.
pub(super) fn cut(query: &Query, start: Position, limit: usize) -> Page {
    let order = Order::of(query);
    let segments = query.breakdown.segments();
    let mut page = Page::default();
    let mut skip = start.segment;
    for number in start.unit..query.units() {
        let Some(unit) = order.unit(query, number) else {
            continue;
        };
        for (place, counts) in sums(query, &unit, &segments).iter().enumerate().skip(skip) {
            if *counts == Counts::default() {
                continue;
            }
            if page.rows == limit {
                page.end = Position {
                    unit: number,
                    segment: place,
                };
                page.has_more = true;
                return page;
            }
            let members = segments.get(place).map_or("", |segment| &segment.members);
            write(&mut page, query, &unit, members, *counts);
        }
        skip = 0;
    }
    page.end = Position {
        unit: query.units(),
        segment: 0,
    };
    page
}

/// How many rows there are, counted no further than one above `most`.
pub(super) fn count(query: &Query, most: usize) -> usize {
    let order = Order::of(query);
    let segments = query.breakdown.segments();
    let mut rows = 0;
    for unit in (0..query.units()).filter_map(|number| order.unit(query, number)) {
        rows += if segments.len() == 1 {
            usize::from(is_shown(query, &unit))
        } else {
            let sums = sums(query, &unit, &segments);
            sums.iter().filter(|sum| **sum != Counts::default()).count()
        };
        if rows > most {
            break;
        }
    }
    rows
}

/// Whether the rows have something of what this ad did on this day.
pub(super) fn includes(query: &Query, ad: usize, day: NaiveDate) -> bool {
    let is_within = (query.range.since..=query.range.until).contains(&day);
    let unit = Unit {
        ads: &[ad],
        since: day,
        until: day,
    };
    is_within && query.ads.contains(&ad) && is_shown(query, &unit)
}

fn write(page: &mut Page, query: &Query, unit: &Unit<'_>, members: &str, counts: Counts) {
    page.text.push_str(if page.rows > 0 { ",{" } else { "{" });
    let ad = unit.ads.first().and_then(|ad| query.account.ads.get(*ad));
    let mut row = Row {
        out: &mut page.text,
        query,
        ad,
        counts,
    };
    row.write();
    page.text.push_str(members);
    text::dates(&mut page.text, unit.since, unit.until);
    page.text.push('}');
    page.rows += 1;
}

/// Goes through the ads and days of a unit on which there was something, until `found` says stop.
fn visit(query: &Query, unit: &Unit<'_>, mut found: impl FnMut(usize, i32, i64) -> bool) {
    let spec = &query.account.spec;
    let until = unit.until.min(query.today).num_days_from_ce();
    for ad in unit.ads {
        let Some(line) = query.account.ads.get(*ad) else {
            continue;
        };
        for day in unit.since.max(line.begins).num_days_from_ce()..=until {
            let age = i64::from(query.today.num_days_from_ce() - day);
            if metrics::is_shown(spec, line, *ad, day) && !found(*ad, day, age) {
                return;
            }
        }
    }
}

fn is_shown(query: &Query, unit: &Unit<'_>) -> bool {
    let mut is_shown = false;
    visit(query, unit, |_, _, _| {
        is_shown = true;
        false
    });
    is_shown
}

fn sums(query: &Query, unit: &Unit<'_>, segments: &[Segment]) -> Vec<Counts> {
    let mut sums = vec![Counts::default(); segments.len()];
    visit(query, unit, |ad, day, age| {
        if let Some(line) = query.account.ads.get(ad) {
            let counts = metrics::counts(&query.account.spec, line, ad, day, age);
            add_split(&mut sums, &counts, segments, ad);
        }
        true
    });
    sums
}

/// The order of a request's units: every place once, far from its neighbours.
struct Order {
    step: usize,
    first: usize,
    units: usize,
}

impl Order {
    fn of(query: &Query) -> Self {
        let units = query.units().max(1);
        let below = |hash: u64| usize::try_from(hash % units as u64).unwrap_or_default();
        let seed = query.account.spec.seed;
        let mut step = below(mix(seed, 11)).max(1);
        // Only a step that shares no divisor with the number comes by every place.
        while divisor(step, units) > 1 {
            step += 1;
        }
        Self {
            step,
            first: below(mix(seed, 12)),
            units,
        }
    }

    fn unit<'a>(&self, query: &'a Query, number: usize) -> Option<Unit<'a>> {
        let place = (number * self.step + self.first) % self.units;
        let groups = query.groups().max(1);
        let days = query.increment.unwrap_or_else(|| query.range.days());
        let bucket = place / groups;
        let since = query
            .range
            .since
            .checked_add_days(Days::new(bucket as u64 * days))?;
        let last = since.checked_add_days(Days::new(days.saturating_sub(1)))?;
        Some(Unit {
            ads: query.group(place % groups),
            since,
            until: last.min(query.range.until),
        })
    }
}

/// The greatest common divisor.
fn divisor(one: usize, other: usize) -> usize {
    if other == 0 {
        one
    } else {
        divisor(other, one % other)
    }
}
