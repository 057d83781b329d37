//! How many members to ask for at a time: fewer when Meta finds it too much, and more again later.

/// A page size that gives way and recovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize {
    now: u32,
    max: u32,
}

impl PageSize {
    /// Begins with the largest, at least 1.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let max = max.max(1);
        Self { now: max, max }
    }

    /// Goes on with the size that an earlier invocation had come to.
    #[must_use]
    pub fn resumed(now: u32, max: u32) -> Self {
        let max = max.max(1);
        let now = now.clamp(1, max);
        Self { now, max }
    }

    /// Members per page right now.
    #[must_use]
    pub fn get(self) -> u32 {
        self.now
    }

    /// Halves it; `false` when it is 1 already.
    pub fn shrink(&mut self) -> bool {
        let could = self.now > 1;
        self.now = (self.now / 2).max(1);
        could
    }

    /// Doubles it after a page that came, up to where it began.
    pub fn recover(&mut self) {
        self.now = self.now.saturating_mul(2).min(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_way_to_one_and_recovers_to_where_it_began() {
        let mut size = PageSize::new(100);
        let mut seen = vec![size.get()];
        while size.shrink() {
            seen.push(size.get());
        }
        assert_eq!(seen, [100, 50, 25, 12, 6, 3, 1]);
        for _ in 0..10 {
            size.recover();
        }
        assert_eq!(size, PageSize::new(100));
        assert_eq!(PageSize::resumed(9_000, 500).get(), 500);
        assert_eq!(PageSize::resumed(0, 0).get(), 1);
    }
}
