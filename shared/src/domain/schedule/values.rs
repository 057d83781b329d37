//! A set of small whole numbers: the minutes, hours, days, months or weekdays a field names.

/// The numbers 0 to 63 that are in the set, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values(u64);

impl Values {
    /// Every `step`-th number from `first` to `last`, both included.
    pub(super) fn every(first: u8, last: u8, step: u8) -> Self {
        (first..=last)
            .step_by(usize::from(step.max(1)))
            .collect::<Self>()
    }

    pub(super) fn insert(&mut self, value: u8) {
        self.0 |= 1_u64.checked_shl(u32::from(value)).unwrap_or(0);
    }

    pub(super) fn remove(&mut self, value: u8) {
        self.0 &= !1_u64.checked_shl(u32::from(value)).unwrap_or(0);
    }

    pub(super) fn contains(self, value: u8) -> bool {
        1_u64
            .checked_shl(u32::from(value))
            .is_some_and(|bit| self.0 & bit != 0)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn len(self) -> usize {
        self.iter().count()
    }

    /// The numbers in rising order.
    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        (0..64).filter(move |value| self.contains(*value))
    }

    /// Unbroken stretches, as (first, last), in rising order.
    pub(super) fn runs(self) -> Vec<(u8, u8)> {
        let mut runs: Vec<(u8, u8)> = Vec::new();
        for value in self.iter() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == value => *last = value,
                _ => runs.push((value, value)),
            }
        }
        runs
    }
}

impl FromIterator<u8> for Values {
    fn from_iter<T: IntoIterator<Item = u8>>(values: T) -> Self {
        let mut set = Self::default();
        for value in values {
            set.insert(value);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_starts_at_the_first_number() {
        let values = Values::every(5, 20, 5);
        assert_eq!(values.iter().collect::<Vec<_>>(), [5, 10, 15, 20]);
    }

    #[test]
    fn stretches_are_split_where_a_number_is_missing() {
        let values: Values = [1, 2, 3, 7, 9, 10].into_iter().collect();
        assert_eq!(values.runs(), [(1, 3), (7, 7), (9, 10)]);
    }
}
