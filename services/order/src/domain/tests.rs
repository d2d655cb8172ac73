//! The order alone: what it does with any news in any order.

use super::*;
use crate::basket::{PriceList, Wish, WishedLine};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Input {
    News(Progress),
    Cancel,
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        Just(Input::News(Progress::StockTaken)),
        Just(Input::News(Progress::Accepted)),
        Just(Input::News(Progress::Cooking)),
        Just(Input::News(Progress::Departing)),
        Just(Input::News(Progress::OnTheWay)),
        Just(Input::News(Progress::Delivered)),
        Just(Input::News(Progress::Rejected("sold out".into()))),
        Just(Input::Cancel),
    ];
    proptest::collection::vec(input, 0..16)
}

/// A dish takes nothing from stock.
fn dish() -> Order {
    placed(WishedLine {
        name: Some("통닭".into()),
        ..WishedLine::default()
    })
}

/// A product does.
pub(super) fn product() -> Order {
    placed(WishedLine {
        product_id: Some("1001".into()),
        ..WishedLine::default()
    })
}

fn placed(line: WishedLine) -> Order {
    let wish = Wish {
        lines: vec![line],
        ..Wish::default()
    };
    Order::place(
        OrderId::new(),
        wish.into_basket(&PriceList {
            otherwise: 10_000,
            ..PriceList::default()
        })
        .unwrap(),
        Utc::now(),
    )
}

fn step(order: &Order, input: &Input) -> Option<Order> {
    match input {
        Input::News(progress) => order.advance(progress, Utc::now()),
        Input::Cancel => order.cancel(Utc::now()).ok().flatten(),
    }
}

fn after(order: Order, news: &[Progress]) -> Order {
    news.iter().fold(order, |order, progress| {
        order.advance(progress, Utc::now()).unwrap_or(order)
    })
}

fn state(order: &Order) -> OrderState {
    order.snapshot().state
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_versions_are_contiguous_and_it_never_goes_back(
        all in inputs(), stocked in any::<bool>()
    ) {
        let mut order = if stocked { product() } else { dish() };
        for input in &all {
            let before = order.clone();
            if let Some(next) = step(&order, input) {
                let (was, is) = (before.snapshot(), next.snapshot());
                prop_assert!(!was.state.is_final(), "{:?} is final", was.state);
                prop_assert_eq!((&is.lines, is.amount), (&was.lines, was.amount));
                prop_assert_eq!(is.reason.is_some(), is.state == OrderState::Rejected);
                if next.announcement(Some(&before)).is_some() {
                    prop_assert_eq!(is.version, was.version + 1);
                    prop_assert!(steps(is.state) > steps(was.state));
                } else {
                    prop_assert_eq!(is, was, "what nobody hears of nobody can see");
                }
                order = next;
            }
        }
    }

    #[test]
    fn the_same_input_twice_changes_nothing_more(all in inputs(), stocked in any::<bool>()) {
        let mut order = if stocked { product() } else { dish() };
        for input in &all {
            order = step(&order, input).unwrap_or(order);
            prop_assert_eq!(step(&order, input), None);
        }
    }

    #[test]
    fn news_that_overtake_each_other_end_where_they_would_have_in_order(
        news in Just(vec![
            Progress::StockTaken, Progress::Accepted, Progress::Cooking, Progress::Departing, Progress::Delivered,
        ]).prop_shuffle()
    ) {
        prop_assert_eq!(state(&after(product(), &news)), OrderState::Delivered);
    }

    #[test]
    fn a_document_reads_back_as_it_was_written(all in inputs(), stocked in any::<bool>()) {
        let first = if stocked { product() } else { dish() };
        let order = all.iter().fold(first, |order, input| step(&order, input).unwrap_or(order));
        let document = serde_json::to_value(&order).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Order>(document.clone()).unwrap(), &order);
        prop_assert_eq!(&serde_json::from_value::<OrderSnapshot>(document).unwrap(), order.snapshot());
    }
}

#[test]
fn an_order_can_be_cancelled_until_the_food_leaves() {
    for news in [
        &[][..],
        &[Progress::Accepted],
        &[Progress::Accepted, Progress::Cooking],
    ] {
        let cancelled = after(dish(), news).cancel(Utc::now()).unwrap().unwrap();
        assert_eq!(state(&cancelled), OrderState::Cancelled);
        assert_eq!(cancelled.cancel(Utc::now()), Ok(None), "again is no harm");
    }
    for (news, why) in [
        (Progress::Departing, TooLate::OnTheWay),
        (Progress::Delivered, TooLate::Delivered),
        (Progress::Rejected("sold out".into()), TooLate::Rejected),
    ] {
        assert_eq!(after(dish(), &[news]).cancel(Utc::now()), Err(why));
    }
}

#[test]
fn a_rider_leaves_at_once_with_what_takes_nothing_from_stock() {
    assert_eq!(
        state(&after(dish(), &[Progress::Departing])),
        OrderState::OnTheWay
    );
}

#[test]
fn a_rider_waits_until_it_is_certain_that_the_stock_was_there() {
    let waiting = after(product(), &[Progress::Cooking, Progress::Departing]);
    assert_eq!(state(&waiting), OrderState::Cooking);

    let leaves = after(waiting.clone(), &[Progress::StockTaken]);
    assert_eq!(
        (state(&leaves), leaves.snapshot().version),
        (OrderState::OnTheWay, 3)
    );

    let sold_out = after(waiting.clone(), &[Progress::Rejected("sold out".into())]);
    assert_eq!(state(&sold_out), OrderState::Rejected);

    let cancelled = waiting.cancel(Utc::now()).unwrap().unwrap();
    assert_eq!(after(cancelled.clone(), &[Progress::StockTaken]), cancelled);
}

#[test]
fn a_rejection_that_comes_after_the_food_has_left_is_ignored() {
    let left = after(dish(), &[Progress::Departing]);
    let rejected = left.advance(&Progress::Rejected("closed".into()), Utc::now());
    assert_eq!(rejected, None);
}

#[test]
fn an_order_from_before_orders_waited_for_their_stock_is_still_read_and_leaves() {
    let snapshot = product().snapshot().clone();
    let old: Order = serde_json::from_value(serde_json::to_value(&snapshot).unwrap()).unwrap();
    assert_eq!(old.snapshot(), &snapshot);
    assert_eq!(state(&after(old, &[Progress::Departing])), OrderState::OnTheWay);
}
