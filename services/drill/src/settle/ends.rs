//! Counts what became of the accepted orders.

use super::judgement::Verdict;
use crate::measure::{Accepted, Order};
use fdp_drill::Ends;

/// How many orders are named.
const EXAMPLES: usize = 5;

/// What is known of an order that nobody has looked at.
pub(super) fn before_a_look(order: &Order) -> Verdict {
    if order.cancelled {
        Verdict::Ended
    } else {
        Verdict::Open
    }
}

/// What is known if there is no time to look.
pub(crate) fn without_a_look(accepted: &Accepted) -> Ends {
    let verdicts: Vec<Verdict> = accepted.kept().iter().map(before_a_look).collect();
    count(accepted, &verdicts)
}

/// One verdict for each order that is kept. Lost orders are named first.
pub(super) fn count(accepted: &Accepted, verdicts: &[Verdict]) -> Ends {
    let of = |wanted| {
        let pairs = accepted.kept().iter().zip(verdicts);
        pairs.filter(move |(_, verdict)| **verdict == wanted)
    };
    let number = |wanted| u64::try_from(of(wanted).count()).unwrap_or(u64::MAX);
    let examples = of(Verdict::Lost).chain(of(Verdict::Open)).take(EXAMPLES);
    Ends {
        accepted: accepted.count(),
        ended: number(Verdict::Ended),
        open: number(Verdict::Open),
        lost: number(Verdict::Lost),
        examples: examples.map(|(order, _)| order.id.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderId;

    fn accepted(ids: &[OrderId]) -> Accepted {
        let mut accepted = Accepted::default();
        for id in ids {
            accepted.add(*id);
        }
        accepted
    }

    #[test]
    fn lost_orders_are_named_before_open_ones() {
        let ids: Vec<OrderId> = (0..9).map(|_| OrderId::new()).collect();
        let mut verdicts = vec![Verdict::Open; 9];
        verdicts[0] = Verdict::Ended;
        verdicts[8] = Verdict::Lost;
        let ends = count(&accepted(&ids), &verdicts);
        assert_eq!((ends.accepted, ends.ended, ends.open, ends.lost), (9, 1, 7, 1));
        let named = [8, 1, 2, 3, 4].map(|number: usize| ids[number].to_string());
        assert_eq!(ends.examples, named);
    }

    #[test]
    fn without_a_look_only_cancelled_orders_have_ended() {
        let ids = [OrderId::new(), OrderId::new()];
        let mut accepted = accepted(&ids);
        accepted.cancelled(ids[1]);
        let ends = without_a_look(&accepted);
        assert_eq!((ends.ended, ends.open, ends.lost), (1, 1, 0));
    }
}
