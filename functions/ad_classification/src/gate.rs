//! How many ads a run may still begin.

/// What may still be begun. An ad at work holds its place until it is known what became of it, so that whatever is
/// at work at the same time, no more are classified than were allowed, and no fewer than would be one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Places that are not taken for good.
    left: u32,
    /// Of these, how many are held.
    held: u32,
}

/// Whether an ad may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may.
    Yes,
    /// That depends on one that is at work.
    NotYet,
    /// It may not.
    No,
}

impl Gate {
    /// Room for `most` of which `taken` are taken.
    pub(crate) fn new(most: u32, taken: u64) -> Self {
        Self {
            left: most.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX)),
            held: 0,
        }
    }

    pub(crate) fn look(self) -> Admission {
        match self.left {
            0 => Admission::No,
            left if self.held < left => Admission::Yes,
            _ => Admission::NotYet,
        }
    }

    /// An ad is begun.
    pub(crate) fn hold(&mut self) {
        self.held += 1;
    }

    /// It is over; `is_taken` when its place is taken for good.
    pub(crate) fn release(&mut self, is_taken: bool) {
        self.held = self.held.saturating_sub(1);
        self.left = self.left.saturating_sub(u32::from(is_taken));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_at_work_may_give_its_place_back() {
        let mut gate = Gate::new(3, 1);
        gate.hold();
        assert_eq!(gate.look(), Admission::Yes);
        gate.hold();
        assert_eq!(gate.look(), Admission::NotYet);

        gate.release(false);
        assert_eq!(gate.look(), Admission::Yes);
        gate.hold();
        gate.release(true);
        gate.release(true);

        assert_eq!(gate.look(), Admission::No);
    }

    #[test]
    fn nothing_is_begun_where_nothing_may_be() {
        assert_eq!(Gate::new(0, 0).look(), Admission::No);
        assert_eq!(Gate::new(5, 9).look(), Admission::No);
    }
}
