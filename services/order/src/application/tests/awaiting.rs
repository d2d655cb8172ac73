//! Orders whose customers pay at a provider, against doubles that lose calls, responses, commits and callers.

use super::doubles::{Call, Commit, PAY_URL};
use super::{World, chicken};
use crate::application::ports::OrderRepository as _;
use crate::application::{CancelError, Cancelled, Found, PlaceError, Placed, Placement};
use crate::domain::{AwaitingOrder, Order, Progress, TooLate};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{OrderId, OrderState};
use fdp_runtime::Clock;
use futures::FutureExt as _;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A clock that is `ahead` of the real one.
#[derive(Debug)]
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.0
    }
}

impl World {
    /// Orders, and is told where to pay.
    fn order_to_pay(&self, key: Option<&str>) -> AwaitingOrder {
        self.pay.follow([Call::LeftToCustomer]);
        match self.order(chicken(), key).unwrap().unwrap() {
            Placement::AwaitingPayment(awaiting) => awaiting,
            Placement::Placed(placed) => panic!("it is paid: {placed:?}"),
        }
    }

    /// From now on, the time to pay is over for every order so far.
    fn let_time_pass(&mut self, time: TimeDelta) {
        self.orders.clock = Arc::new(Ahead(time));
        self.repository.expire_leases();
    }

    fn compensate(&self) {
        self.orders.compensate_payments().now_or_never().unwrap().unwrap();
    }

    fn look_up(&self, order_id: OrderId) -> Option<Found> {
        self.orders.look_up(order_id).now_or_never().unwrap().unwrap()
    }

    fn cancel(&self, order_id: OrderId) -> Result<Cancelled, CancelError> {
        self.orders.cancel(order_id).now_or_never().unwrap()
    }
}

fn state(order: &Order) -> OrderState {
    order.snapshot().state
}

#[test]
fn an_order_that_its_customer_has_to_pay_is_none_until_that_is_done() {
    let world = World::new([]);
    let awaiting = world.order_to_pay(None);
    let order_id = awaiting.order_id();
    assert_eq!(awaiting.pay_url(), PAY_URL);
    assert!(world.repository.orders().is_empty() && world.pay.taken().is_empty());
    assert_eq!(world.look_up(order_id), Some(Found::AwaitingPayment(awaiting)));
    assert_eq!(world.orders.find(order_id).now_or_never().unwrap().unwrap(), None);

    assert!(world.pay.customer_pays(order_id));
    for _ in 0..2 {
        world.repository.hear_of_approval(order_id);
        let Some(Found::Order(order)) = world.look_up(order_id) else {
            panic!("it is not placed");
        };
        assert_eq!((state(&order), order.snapshot().version), (OrderState::Placed, 1));
    }
    world.assert_consistent();
}

#[test]
fn an_order_that_is_paid_later_is_placed_when_it_is_paid() {
    let world = World::new([]);
    let awaiting = world.order_to_pay(None);
    let later = Utc::now() + TimeDelta::minutes(10);
    let order = awaiting.placed(later);
    let (priced, placed) = (awaiting.order().snapshot(), order.snapshot());
    assert_eq!((placed.placed_at, placed.changed_at), (later, later));
    assert_eq!((&placed.lines, placed.amount), (&priced.lines, priced.amount));
}

#[test]
fn the_same_key_leads_to_the_same_payment_and_then_to_the_order() {
    let world = World::new([]);
    let awaiting = world.order_to_pay(Some("k"));
    let again = world.order(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!(again, Placement::AwaitingPayment(awaiting.clone()));
    assert_eq!(world.pay.requests().len(), 1);
    let mut other = chicken();
    other.lines[0].qty = Some(2);
    let error = world.order(other, Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::KeyReused), "{error}");

    world.pay.customer_pays(awaiting.order_id());
    world.repository.hear_of_approval(awaiting.order_id());
    let Placed { order, new } = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((order.snapshot().order_id, new), (awaiting.order_id(), false));
    world.assert_consistent();
}

#[test]
fn news_of_a_payment_before_the_answer_of_pay_place_the_order_with_that_answer() {
    let world = World::new([]);
    let awaiting = world.order_to_pay(None);
    let order_id = awaiting.order_id();
    // As it is while pay's answer is on its way.
    world.repository.forget_waiting(order_id);
    world.pay.customer_pays(order_id);
    world.repository.hear_of_approval(order_id);
    assert!(
        world.repository.orders().is_empty(),
        "nobody knows yet what was ordered"
    );
    let placement = world
        .orders
        .await_payment(awaiting)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert!(
        matches!(placement, Placement::Placed(Placed { new: true, .. })),
        "{placement:?}"
    );
    world.assert_consistent();
}

#[test]
fn what_nobody_pays_in_time_is_given_up_and_voided() {
    let mut world = World::new([]);
    let awaiting = world.order_to_pay(Some("k"));
    let order_id = awaiting.order_id();
    world.compensate();
    assert_eq!(
        world.look_up(order_id),
        Some(Found::AwaitingPayment(awaiting.clone()))
    );

    world.let_time_pass(TimeDelta::minutes(31));
    world.compensate();
    assert_eq!(world.look_up(order_id), Some(Found::NotPaid(awaiting)));
    let error = world.order(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::NotPaid), "{error}");
    assert!(!world.pay.customer_pays(order_id), "nobody can pay it any more");
    world.assert_consistent();
}

#[test]
fn a_payment_whose_news_are_lost_is_found_when_the_time_to_pay_is_over() {
    let mut world = World::new([]);
    let order_id = world.order_to_pay(None).order_id();
    world.pay.customer_pays(order_id);
    world.let_time_pass(TimeDelta::minutes(31));
    world.compensate();
    assert_eq!(world.repository.orders(), BTreeSet::from([order_id]));
    world.assert_consistent();
}

#[test]
fn pay_is_asked_for_a_while_whether_a_customer_has_paid() {
    let mut world = World::new([]);
    let order_id = world.order_to_pay(None).order_id();
    world.pay.customer_pays(order_id);
    world.let_time_pass(TimeDelta::minutes(31));
    world.pay.follow([Call::Lost]);
    world.compensate();
    assert!(matches!(world.look_up(order_id), Some(Found::AwaitingPayment(_))));
    world.repository.expire_leases();
    world.compensate();
    assert_eq!(world.repository.orders(), BTreeSet::from([order_id]));

    let order_id = world.order_to_pay(None).order_id();
    world.let_time_pass(TimeDelta::minutes(70));
    world.pay.follow([Call::Lost]);
    world.compensate();
    assert!(
        matches!(world.look_up(order_id), Some(Found::NotPaid(_))),
        "not for ever"
    );
    world.assert_consistent();
}

#[test]
fn a_customer_gives_up_what_is_not_paid() {
    let world = World::new([]);
    let awaiting = world.order_to_pay(None);
    let order_id = awaiting.order_id();
    for _ in 0..2 {
        assert_eq!(
            world.cancel(order_id).unwrap(),
            Cancelled::GivenUp(awaiting.clone())
        );
    }
    // Paid at the last moment, before the payment is voided.
    assert!(world.pay.customer_pays(order_id));
    world.repository.hear_of_approval(order_id);
    world.compensate();
    assert!(world.pay.taken().is_empty() && world.repository.orders().is_empty());
    world.assert_consistent();
    assert_eq!(
        world.cancel(order_id).unwrap(),
        Cancelled::GivenUp(awaiting.clone())
    );
    assert_eq!(world.look_up(order_id), Some(Found::NotPaid(awaiting)));
}

#[test]
fn what_was_paid_before_it_was_given_up_is_an_order_that_is_cancelled() {
    let world = World::new([]);
    let order_id = world.order_to_pay(None).order_id();
    world.pay.customer_pays(order_id);
    world.repository.hear_of_approval(order_id);
    let Cancelled::Order(order) = world.cancel(order_id).unwrap() else {
        panic!("it was paid");
    };
    assert_eq!(
        (state(&order), order.snapshot().version),
        (OrderState::Cancelled, 2)
    );
    let leave = |order: &Order| order.advance(&Progress::Departing, Utc::now());
    let other = world.order_to_pay(None).order_id();
    world.pay.customer_pays(other);
    world.repository.hear_of_approval(other);
    let left = world.repository.change(other, &leave).now_or_never().unwrap();
    assert_eq!(state(&left.unwrap().unwrap()), OrderState::OnTheWay);
    let error = world.cancel(other).unwrap_err();
    assert!(
        matches!(error, CancelError::TooLate(TooLate::OnTheWay)),
        "{error}"
    );
}

/// What may happen to orders whose customers pay at a provider.
#[derive(Debug, Clone)]
enum Happening {
    /// A customer orders, with this course of the call to pay, and this of the commit.
    Orders(Call, Commit),
    /// The customer of this order pays, if it is still possible.
    Pays(usize),
    /// The news of that arrive, once or again.
    IsHeardOf(usize),
    /// The customer of this order gives it up.
    GivesUp(usize),
    /// The leases end, and the payments are compensated, with this course of the calls to pay.
    Compensated(Vec<Call>),
    /// The time to pay is over.
    TimePasses,
}

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        Just(Call::LeftToCustomer),
        Just(Call::Responded),
        Just(Call::ResponseLost),
        Just(Call::Lost),
        Just(Call::Unreachable),
        Just(Call::CallerCrashes),
    ]
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let commit = prop_oneof![
        4 => Just(Commit::Done),
        1 => Just(Commit::Lost),
        1 => Just(Commit::ResponseLost),
    ];
    let ordering = prop_oneof![3 => Just(Call::LeftToCustomer), 1 => calls()];
    let happening = prop_oneof![
        3 => (ordering, commit).prop_map(|(call, commit)| Happening::Orders(call, commit)),
        3 => (0..4_usize).prop_map(Happening::Pays),
        3 => (0..4_usize).prop_map(Happening::IsHeardOf),
        1 => (0..4_usize).prop_map(Happening::GivesUp),
        2 => proptest::collection::vec(calls(), 0..4).prop_map(Happening::Compensated),
        1 => Just(Happening::TimePasses),
    ];
    proptest::collection::vec(happening, 1..24)
}

proptest! {
    #[test]
    fn whatever_happens_exactly_the_orders_are_paid(all in happenings()) {
        let mut world = World::new([]);
        let (mut awaited, mut time) = (Vec::new(), TimeDelta::zero());
        for happening in all {
            match happening {
                Happening::Orders(call, commit) => {
                    world.pay.follow([call]);
                    if let Some(Ok(Placement::AwaitingPayment(awaiting))) = world.order(chicken(), None) {
                        awaited.push(awaiting.order_id());
                    }
                    world.repository.next_commit(commit);
                }
                Happening::Pays(index) => {
                    awaited.get(index).map(|order_id| world.pay.customer_pays(*order_id));
                }
                Happening::IsHeardOf(index) => {
                    let known = awaited.get(index).filter(|order_id| world.pay.taken().contains(order_id));
                    known.inspect(|order_id| world.repository.hear_of_approval(**order_id));
                }
                Happening::GivesUp(index) => {
                    awaited.get(index).map(|order_id| world.cancel(*order_id).map(drop));
                }
                Happening::Compensated(script) => {
                    world.pay.follow(script);
                    world.repository.expire_leases();
                    // The compensation may die in the middle, too.
                    let _ = world.orders.compensate_payments().now_or_never();
                }
                Happening::TimePasses => {
                    time += TimeDelta::minutes(31);
                    world.let_time_pass(time);
                }
            }
        }
        world.repository.next_commit(Commit::Done);
        world.let_time_pass(time + TimeDelta::hours(2));
        world.recover();
        // Orders that were placed and then cancelled are among both: pay refunds them on the event.
        prop_assert_eq!(world.repository.intents(), 0);
        prop_assert_eq!(world.pay.taken(), world.repository.orders());
    }
}
