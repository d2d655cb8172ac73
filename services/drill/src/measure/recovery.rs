//! Finds when orders were accepted again after the fault: the first of ten in a row, in the order of sending.

use std::collections::BTreeMap;
use std::time::Duration;

/// How many accepted orders in a row show that the platform has recovered.
const ROW: u32 = 10;

/// The orders that were sent after the end of the fault. Answers come in any order; they count in that of sending.
#[derive(Debug)]
pub(crate) struct Recovery {
    fault_ends: Duration,
    /// How many were sent.
    sent: u64,
    /// The first one whose answer is not counted yet.
    next: u64,
    /// Answers that came before that of an order that was sent earlier: when the order was sent, and whether it was accepted.
    early: BTreeMap<u64, (Duration, bool)>,
    /// When the first of the row was sent, and its length.
    row: Option<(Duration, u32)>,
}

impl Recovery {
    pub(crate) fn after(fault_ends: Duration) -> Self {
        Self {
            fault_ends,
            sent: 0,
            next: 0,
            early: BTreeMap::new(),
            row: None,
        }
    }

    /// Notes an order that is sent at that moment; its number, if it counts.
    pub(crate) fn sent(&mut self, at: Duration) -> Option<u64> {
        (at >= self.fault_ends && !self.is_found()).then(|| {
            self.sent += 1;
            self.sent - 1
        })
    }

    pub(crate) fn answered(&mut self, number: u64, sent: Duration, accepted: bool) {
        if self.is_found() {
            return;
        }
        self.early.insert(number, (sent, accepted));
        while let Some((sent, accepted)) = self.early.remove(&self.next) {
            self.next += 1;
            self.row = accepted.then(|| self.row.map_or((sent, 1), |(first, length)| (first, length + 1)));
            if self.is_found() {
                self.early.clear();
                return;
            }
        }
    }

    /// From the end of the fault until the first of the row was sent; none if there is no row of ten.
    pub(crate) fn took(&self) -> Option<Duration> {
        let (first, _) = self.row.filter(|_| self.is_found())?;
        Some(first.saturating_sub(self.fault_ends))
    }

    fn is_found(&self) -> bool {
        self.row.is_some_and(|(_, length)| length >= ROW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Duration = Duration::from_mins(1);

    /// Orders that are sent every 100 ms from the end of the fault, and answered in that order.
    fn took(accepted: impl IntoIterator<Item = bool>) -> Option<Duration> {
        let mut recovery = Recovery::after(END);
        for (turn, accepted) in (0..).zip(accepted) {
            let sent = END + Duration::from_millis(100) * turn;
            let number = recovery.sent(sent);
            if let Some(number) = number {
                recovery.answered(number, sent, accepted);
            }
        }
        recovery.took()
    }

    #[test]
    fn a_platform_without_a_refusal_has_recovered_at_once() {
        assert_eq!(took([true; 10]), Some(Duration::ZERO));
        assert_eq!(took([true; 9]), None, "too few to tell");
    }

    #[test]
    fn a_refusal_begins_the_row_anew() {
        let orders = [true; 9].into_iter().chain([false]).chain([true; 12]);
        assert_eq!(took(orders), Some(Duration::from_secs(1)));
        let every_tenth = (0..100).map(|turn| turn % 10 != 0);
        assert_eq!(took(every_tenth), None);
    }

    #[test]
    fn a_later_refusal_changes_nothing() {
        let orders = [true; 10].into_iter().chain([false; 20]);
        assert_eq!(took(orders), Some(Duration::ZERO));
    }

    #[test]
    fn orders_from_before_the_end_do_not_count() {
        let mut recovery = Recovery::after(END);
        assert_eq!(recovery.sent(Duration::from_millis(59_999)), None);
        assert_eq!(recovery.sent(END), Some(0));
    }

    #[test]
    fn the_order_of_sending_counts_and_not_that_of_answers() {
        let mut recovery = Recovery::after(END);
        let sent = |number: u32| END + Duration::from_millis(number.into());
        for number in 0..11 {
            recovery.sent(sent(number));
        }
        for number in (1..11).rev() {
            recovery.answered(number.into(), sent(number), true);
        }
        assert_eq!(recovery.took(), None, "the first one may break the row");
        recovery.answered(0, sent(0), false);
        assert_eq!(recovery.took(), Some(Duration::from_millis(1)));
    }
}
