//! Tests of the order aggregate: how it reacts to every kind of progress, in any sequence.

use super::*;
use crate::domain::fixtures::price_list;
use crate::domain::{OrderRequest, OrderRequestLine};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Input {
    Report(Progress),
    Cancel,
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        Just(Input::Report(Progress::StockTaken)),
        Just(Input::Report(Progress::Accepted)),
        Just(Input::Report(Progress::Cooking)),
        Just(Input::Report(Progress::RiderChanged(Some("kim".into())))),
        Just(Input::Report(Progress::RiderChanged(None))),
        Just(Input::Report(Progress::Departing)),
        Just(Input::Report(Progress::OnTheWay)),
        Just(Input::Report(Progress::Delivered)),
        Just(Input::Report(Progress::Rejected("sold out".into()))),
        Just(Input::Cancel),
    ];
    proptest::collection::vec(input, 0..16)
}

/// An order of a dish, which needs no stock.
fn dish() -> Order {
    placed(OrderRequestLine {
        name: Some("통닭".into()),
        ..OrderRequestLine::default()
    })
}

/// An order of a product, which needs stock.
pub(super) fn product() -> Order {
    placed(OrderRequestLine {
        product_id: Some("1001".into()),
        ..OrderRequestLine::default()
    })
}

fn placed(line: OrderRequestLine) -> Order {
    let request = OrderRequest {
        lines: vec![line],
        ..OrderRequest::default()
    };
    Order::place(
        OrderId::new(),
        request.into_basket(&price_list()).unwrap(),
        Utc::now(),
    )
}

fn step(order: &Order, input: &Input) -> Option<Order> {
    match input {
        Input::Report(progress) => order.advance(progress, Utc::now()),
        Input::Cancel => order.cancel(Utc::now()).ok().flatten(),
    }
}

fn after(order: Order, reports: &[Progress]) -> Order {
    reports.iter().fold(order, |order, progress| {
        order.advance(progress, Utc::now()).unwrap_or(order)
    })
}

fn state(order: &Order) -> OrderState {
    order.snapshot().state
}

proptest! {
    #[test]
    fn versions_are_contiguous_and_states_never_go_back(
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
                    prop_assert_eq!(is, was, "a change that is not announced is not visible");
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
    fn reports_out_of_order_lead_to_the_same_final_state(
        reports in Just(vec![
            Progress::StockTaken, Progress::Accepted, Progress::Cooking, Progress::Departing, Progress::Delivered,
        ]).prop_shuffle()
    ) {
        prop_assert_eq!(state(&after(product(), &reports)), OrderState::Delivered);
    }

    #[test]
    fn a_stored_document_is_read_back_unchanged(all in inputs(), stocked in any::<bool>()) {
        let first = if stocked { product() } else { dish() };
        let order = all.iter().fold(first, |order, input| step(&order, input).unwrap_or(order));
        let document = serde_json::to_value(&order).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Order>(document.clone()).unwrap(), &order);
        prop_assert_eq!(&serde_json::from_value::<OrderSnapshot>(document).unwrap(), order.snapshot());
    }
}

#[test]
fn an_order_can_be_cancelled_until_a_rider_leaves() {
    for reports in [
        &[][..],
        &[Progress::Accepted],
        &[Progress::Accepted, Progress::Cooking],
    ] {
        let cancelled = after(dish(), reports).cancel(Utc::now()).unwrap().unwrap();
        assert_eq!(state(&cancelled), OrderState::Cancelled);
        assert_eq!(cancelled.cancel(Utc::now()), Ok(None), "cancelling is idempotent");
    }
    for (reports, why) in [
        (Progress::Departing, TooLate::OnTheWay),
        (Progress::Delivered, TooLate::Delivered),
        (Progress::Rejected("sold out".into()), TooLate::Rejected),
    ] {
        assert_eq!(after(dish(), &[reports]).cancel(Utc::now()), Err(why));
    }
}

#[test]
fn a_rider_leaves_at_once_with_an_order_that_needs_no_stock() {
    assert_eq!(
        state(&after(dish(), &[Progress::Departing])),
        OrderState::OnTheWay
    );
}

#[test]
fn a_rider_waits_until_the_stock_is_confirmed() {
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
fn a_rejection_after_a_rider_has_left_is_ignored() {
    let left = after(dish(), &[Progress::Departing]);
    let rejected = left.advance(&Progress::Rejected("closed".into()), Utc::now());
    assert_eq!(rejected, None);
}

#[test]
fn an_order_stored_before_stock_was_awaited_can_still_leave() {
    let snapshot = product().snapshot().clone();
    let old: Order = serde_json::from_value(serde_json::to_value(&snapshot).unwrap()).unwrap();
    assert_eq!(old.snapshot(), &snapshot);
    assert_eq!(state(&after(old, &[Progress::Departing])), OrderState::OnTheWay);
}
