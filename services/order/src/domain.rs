//! The order's life as a pure state machine: it only moves forward, and every move is one version.
//!
//! ```text
//! Placed → Accepted → Cooking → OnTheWay → Delivered
//!    └────────┴──────────┴→ Rejected (store, or out of stock) or Cancelled (customer)
//! ```
//!
//! News come from several topics and may overtake each other, so a state may be skipped: an order whose delivery
//! has started is on its way, whether or not the news that it was accepted has come.

use crate::basket::Basket;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderSnapshot, OrderState};
use serde::{Deserialize, Serialize};

/// An order that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Order(OrderSnapshot);

/// What others report about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The store has taken it on.
    Accepted,
    /// The store cooks it.
    Cooking,
    /// A rider has it.
    OnTheWay,
    /// The customer has it.
    Delivered,
    /// It cannot be had, and why.
    Rejected(String),
}

/// The customer wants it back too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLate {
    /// The food has left.
    #[error("a rider is on the way with this order, so it cannot be cancelled any more")]
    OnTheWay,
    /// The food has arrived.
    #[error("this order has been delivered, so it cannot be cancelled any more")]
    Delivered,
    /// It ended another way.
    #[error("this order was rejected and its payment goes back by itself, so there is nothing to cancel")]
    Rejected,
}

impl Order {
    /// An order that has just been paid.
    pub fn place(order_id: OrderId, basket: Basket, now: DateTime<Utc>) -> Self {
        Self(OrderSnapshot {
            order_id,
            customer_id: basket.customer_id,
            store_id: basket.store_id,
            lines: basket.lines,
            amount: basket.amount,
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: now,
            changed_at: now,
        })
    }

    /// The order as others see it.
    pub fn snapshot(&self) -> &OrderSnapshot {
        &self.0
    }

    /// The order after `progress`, or `None` when that is old news or comes too late to matter.
    #[must_use]
    pub fn advance(&self, progress: &Progress, now: DateTime<Utc>) -> Option<Self> {
        let (to, reason) = match progress {
            Progress::Accepted => (OrderState::Accepted, None),
            Progress::Cooking => (OrderState::Cooking, None),
            Progress::OnTheWay => (OrderState::OnTheWay, None),
            Progress::Delivered => (OrderState::Delivered, None),
            Progress::Rejected(reason) => (OrderState::Rejected, Some(reason.clone())),
        };
        may_become(self.0.state, to).then(|| self.changed_to(to, reason, now))
    }

    /// The order taken back by its customer; `None` when it was taken back before.
    ///
    /// # Errors
    /// When the food has left, or the order has ended another way.
    pub fn cancel(&self, now: DateTime<Utc>) -> Result<Option<Self>, TooLate> {
        match self.0.state {
            OrderState::Placed | OrderState::Accepted | OrderState::Cooking => {
                Ok(Some(self.changed_to(OrderState::Cancelled, None, now)))
            }
            OrderState::Cancelled => Ok(None),
            OrderState::OnTheWay => Err(TooLate::OnTheWay),
            OrderState::Delivered => Err(TooLate::Delivered),
            OrderState::Rejected => Err(TooLate::Rejected),
        }
    }

    fn changed_to(&self, state: OrderState, reason: Option<String>, now: DateTime<Utc>) -> Self {
        Self(OrderSnapshot {
            state,
            reason,
            version: self.0.version + 1,
            changed_at: now,
            ..self.0.clone()
        })
    }
}

fn may_become(from: OrderState, to: OrderState) -> bool {
    match to {
        // Once the food has left, a store or a stock that says no comes too late.
        OrderState::Rejected | OrderState::Cancelled => !from.is_final() && from != OrderState::OnTheWay,
        _ => !from.is_final() && steps(to) > steps(from),
    }
}

/// How far along the road from the basket to the door.
fn steps(state: OrderState) -> u8 {
    match state {
        OrderState::Placed => 0,
        OrderState::Accepted => 1,
        OrderState::Cooking => 2,
        OrderState::OnTheWay => 3,
        OrderState::Delivered | OrderState::Rejected | OrderState::Cancelled => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basket::{Wish, WishedLine};
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Input {
        News(Progress),
        Cancel,
    }

    fn inputs() -> impl Strategy<Value = Vec<Input>> {
        let input = prop_oneof![
            Just(Input::News(Progress::Accepted)),
            Just(Input::News(Progress::Cooking)),
            Just(Input::News(Progress::OnTheWay)),
            Just(Input::News(Progress::Delivered)),
            Just(Input::News(Progress::Rejected("sold out".into()))),
            Just(Input::Cancel),
        ];
        proptest::collection::vec(input, 0..16)
    }

    fn placed() -> Order {
        let line = WishedLine {
            name: Some("통닭".into()),
            ..WishedLine::default()
        };
        let wish = Wish {
            lines: vec![line],
            ..Wish::default()
        };
        Order::place(OrderId::new(), wish.into_basket(10_000).unwrap(), Utc::now())
    }

    fn step(order: &Order, input: &Input) -> Option<Order> {
        match input {
            Input::News(progress) => order.advance(progress, Utc::now()),
            Input::Cancel => order.cancel(Utc::now()).ok().flatten(),
        }
    }

    fn after(news: &[Progress]) -> Order {
        news.iter().fold(placed(), |order, progress| {
            order.advance(progress, Utc::now()).unwrap_or(order)
        })
    }

    proptest! {
        #[test]
        fn whatever_comes_in_whatever_order_versions_are_contiguous_and_it_never_goes_back(all in inputs()) {
            let mut order = placed();
            for input in &all {
                let before = order.snapshot().clone();
                if let Some(next) = step(&order, input) {
                    let now = next.snapshot();
                    prop_assert_eq!(now.version, before.version + 1);
                    prop_assert!(steps(now.state) > steps(before.state));
                    prop_assert!(!before.state.is_final(), "{:?} is final", before.state);
                    prop_assert_eq!((&now.lines, now.amount), (&before.lines, before.amount));
                    prop_assert_eq!(now.reason.is_some(), now.state == OrderState::Rejected);
                    order = next;
                }
            }
        }

        #[test]
        fn the_same_input_twice_changes_nothing_more(all in inputs()) {
            let mut order = placed();
            for input in &all {
                order = step(&order, input).unwrap_or(order);
                prop_assert_eq!(step(&order, input), None);
            }
        }

        #[test]
        fn news_that_overtake_each_other_end_where_they_would_have_in_order(
            news in Just(vec![Progress::Accepted, Progress::Cooking, Progress::OnTheWay, Progress::Delivered]).prop_shuffle()
        ) {
            prop_assert_eq!(after(&news).snapshot().state, OrderState::Delivered);
        }
    }

    #[test]
    fn an_order_can_be_cancelled_until_the_food_leaves() {
        for news in [
            &[][..],
            &[Progress::Accepted],
            &[Progress::Accepted, Progress::Cooking],
        ] {
            let cancelled = after(news).cancel(Utc::now()).unwrap().unwrap();
            assert_eq!(cancelled.snapshot().state, OrderState::Cancelled);
            assert_eq!(cancelled.cancel(Utc::now()), Ok(None), "again is no harm");
        }
        assert_eq!(
            after(&[Progress::OnTheWay]).cancel(Utc::now()),
            Err(TooLate::OnTheWay)
        );
        assert_eq!(
            after(&[Progress::Delivered]).cancel(Utc::now()),
            Err(TooLate::Delivered)
        );
        let rejected = after(&[Progress::Rejected("sold out".into())]);
        assert_eq!(rejected.cancel(Utc::now()), Err(TooLate::Rejected));
    }

    #[test]
    fn a_rejection_that_comes_after_the_food_has_left_is_ignored() {
        let on_the_way = after(&[Progress::OnTheWay]);
        assert_eq!(
            on_the_way.advance(&Progress::Rejected("sold out".into()), Utc::now()),
            None
        );
    }
}
