//! When a schedule fires: from wall-clock times to instants and back, under the two policies.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{GapPolicy, RepeatPolicy, Schedule, zone};

/// Wall-clock times looked at for one fire. A zone repeats or skips at most one day, so at most
/// two days of minutes are passed over before one counts.
const CANDIDATES_TRIED: usize = 2 * 24 * 60 + 60;

/// The `cron` crate knows the years 1970 to 2100, and `chrono-tz` the rules up to 2099.
const FIRST_SECOND: i64 = 0;
/// 2100-01-01T00:00:00Z.
const LAST_SECOND: i64 = 4_102_444_800;

impl Schedule {
    /// The first fire strictly after an instant.
    ///
    /// `None` means there is none before the year 2100, where the search ends.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = self.period.clip_start(after.max(instant(FIRST_SECOND)?));
        let end = instant(LAST_SECOND)?;
        if after >= end {
            return None;
        }
        self.search_forward(after)
            .filter(|fire| *fire < end && self.period.has(*fire))
    }

    /// The last fire strictly before an instant; `None` if there is none since 1970.
    #[must_use]
    pub fn last_before(&self, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = instant(FIRST_SECOND)?;
        let before = self.period.clip_end(before.min(instant(LAST_SECOND)?));
        if before <= start {
            return None;
        }
        self.search_backward(before)
            .filter(|fire| *fire >= start && self.period.has(*fire))
    }

    /// The fires in `(after, until]`, in order, at most the first `limit` of them.
    #[must_use]
    pub fn fires_between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |fire| self.next_after(*fire))
            .take_while(|fire| *fire <= until)
            .take(limit)
            .collect()
    }

    /// The newest `limit` fires of `(after, until]`, in order.
    ///
    /// Costs `limit` steps however long the interval is: it walks back from `until`.
    #[must_use]
    pub fn latest_fires(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<DateTime<Utc>> {
        let Some(end) = until.checked_add_signed(TimeDelta::nanoseconds(1)) else {
            return Vec::new();
        };
        let mut fires: Vec<_> =
            std::iter::successors(self.last_before(end), |fire| self.last_before(*fire))
                .take_while(|fire| *fire > after)
                .take(limit)
                .collect();
        fires.reverse();
        fires
    }

    /// Looks at wall-clock times in rising order until one later than now fires after now.
    ///
    /// In the first pass of a repeated hour, earlier wall-clock times are still to come.
    fn search_forward(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = zone::wall_clock(self.zone, after);
        let mut civil = here - zone::repeated_by(self.zone, here);
        let mut best: Option<DateTime<Utc>> = None;
        for _ in 0..CANDIDATES_TRIED {
            let Some(next) = self.calendar.next(civil) else {
                return best;
            };
            civil = next;
            let fire = self.instants(civil).filter(|fire| *fire > after).min();
            best = [best, fire].into_iter().flatten().min();
            if civil > here && fire.is_some() {
                return best;
            }
        }
        best
    }

    /// The mirror image of [`Self::search_forward`].
    ///
    /// In the second pass of a repeated hour, later wall-clock times have already been.
    fn search_backward(&self, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = zone::wall_clock(self.zone, before);
        let mut civil = here + zone::repeated_by(self.zone, here);
        let mut best: Option<DateTime<Utc>> = None;
        for _ in 0..CANDIDATES_TRIED {
            let Some(previous) = self.calendar.previous(civil) else {
                return best;
            };
            civil = previous;
            let fire = self.instants(civil).filter(|fire| *fire < before).max();
            best = [best, fire].into_iter().flatten().max();
            if civil < here && fire.is_some() {
                return best;
            }
        }
        best
    }

    /// Elapsed time is every instant whose wall clock matches: nothing in a gap, both in a
    /// repeated hour.
    fn instants(&self, civil: NaiveDateTime) -> impl Iterator<Item = DateTime<Utc>> {
        let (gap, repeat) = if self.fields.follows_wall_clock() {
            (self.gap, self.repeat)
        } else {
            (GapPolicy::Skip, RepeatPolicy::Both)
        };
        zone::instants(self.zone, civil, gap, repeat)
            .into_iter()
            .flatten()
    }
}

fn instant(second: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(second, 0)
}
