//! Keeps the accepted orders, to follow them to their end.

use fdp_contracts::OrderId;

/// How many are kept: 250 orders a second for 13 minutes. They take 10 MB while they are followed, and to follow more would
/// take longer than anybody waits.
const KEPT: usize = 200_000;

/// Among how many of the last ones a cancelled order is looked for: it is cancelled at once, while far fewer are under way.
const RECENT: usize = 10_000;

/// An accepted order, and whether it is known to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) cancelled: bool,
}

/// All accepted orders by number, the first of them by name.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    count: u64,
    kept: Vec<Order>,
}

impl Accepted {
    pub(crate) fn add(&mut self, id: OrderId) {
        self.count += 1;
        if self.kept.len() < KEPT {
            let cancelled = false;
            self.kept.push(Order { id, cancelled });
        }
    }

    pub(crate) fn cancelled(&mut self, id: OrderId) {
        let mut recent = self.kept.iter_mut().rev().take(RECENT);
        if let Some(order) = recent.find(|order| order.id == id) {
            order.cancelled = true;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn kept(&self) -> &[Order] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_all_are_counted() {
        let mut accepted = Accepted::default();
        for _ in 0..KEPT + 2 {
            accepted.add(OrderId::default());
        }
        assert_eq!(accepted.kept().len(), 200_000);
        assert_eq!(accepted.count(), 200_002);
    }

    #[test]
    fn a_cancelled_order_is_marked() {
        let mut accepted = Accepted::default();
        let ids = [OrderId::new(), OrderId::new()];
        for id in ids {
            accepted.add(id);
        }
        accepted.cancelled(ids[0]);
        let cancelled: Vec<bool> = accepted.kept().iter().map(|order| order.cancelled).collect();
        assert_eq!(cancelled, [true, false]);
    }
}
