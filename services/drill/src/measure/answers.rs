//! How many requests were answered, and how many of them in a way that lets people down.

/// A count that only grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) all: u64,
    /// Those with a 5xx.
    pub(crate) failed: u64,
}

impl Answers {
    /// Counts so many answers with that status.
    pub(crate) fn add(&mut self, status: u16, count: u64) {
        self.all += count;
        if status >= 500 {
            self.failed += count;
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            failed: self.failed + other.failed,
        }
    }

    /// What is left without those; never less than nothing.
    pub(crate) fn without(self, others: Self) -> Self {
        Self {
            all: self.all.saturating_sub(others.all),
            failed: self.failed.saturating_sub(others.failed),
        }
    }
}
