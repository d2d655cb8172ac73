//! How many deliveries a rider may have at once.

/// The deliveries under way of the rider who is to take one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many others the rider has that have not ended.
    pub others: u32,
    /// How many a rider may have at once.
    pub limit: u32,
}

impl Load {
    /// Whether the rider may take no more on. One that he has already stays his, also if the limit was higher before.
    pub fn is_full(self) -> bool {
        self.others >= self.limit
    }
}
