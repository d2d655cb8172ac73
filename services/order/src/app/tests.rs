//! The saga's first half against doubles that lose calls, answers, commits and callers.

use super::scripted::{Call, Commit, MemoryOrders, ScriptedPay};
use super::*;
use crate::basket::WishedLine;
use crate::domain::Progress;
use chrono::Utc;
use fdp_contracts::OrderState;
use fdp_kit::SystemClock;
use futures::FutureExt as _;
use proptest::prelude::*;
use std::collections::BTreeSet;

struct World {
    orders: Orders,
    store: Arc<MemoryOrders>,
    pay: Arc<ScriptedPay>,
}

impl World {
    fn new(script: impl IntoIterator<Item = Call>) -> Self {
        let store = Arc::new(MemoryOrders::default());
        let pay = Arc::new(ScriptedPay::default());
        pay.follow(script);
        let orders = Orders::new(store.clone(), pay.clone(), Arc::new(SystemClock), 10_000);
        Self { orders, store, pay }
    }

    /// The doubles answer at once, so a call that does not end is one whose caller died.
    fn place(&self, wish: Wish, key: Option<&str>) -> Option<Result<Placed, PlaceError>> {
        self.orders.place(wish, key.map(str::to_owned)).now_or_never()
    }

    fn place_chicken(&self) -> Option<Result<Placed, PlaceError>> {
        self.place(chicken(), None)
    }

    /// Time passes, pay works again, and the settler does its rounds.
    fn come_to_rest(&self) {
        self.pay.follow([]);
        for _ in 0..3 {
            self.store.let_leases_end();
            self.orders.settle().now_or_never().unwrap().unwrap();
        }
    }

    /// At rest there is no intent, and the paid orders are the orders.
    fn assert_at_rest(&self) {
        assert_eq!(self.store.intents(), 0);
        assert_eq!(self.pay.taken(), self.store.orders());
    }
}

fn chicken() -> Wish {
    let line = WishedLine {
        name: Some("통닭".into()),
        ..WishedLine::default()
    };
    Wish {
        lines: vec![line],
        ..Wish::default()
    }
}

#[test]
fn what_is_paid_becomes_an_order_and_leaves_no_intent() {
    let world = World::new([Call::Answered]);
    let placed = world.place_chicken().unwrap().unwrap();
    assert!(placed.new);
    assert_eq!(placed.order.snapshot().state, OrderState::Placed);
    assert_eq!(
        world.store.orders(),
        BTreeSet::from([placed.order.snapshot().order_id])
    );
    world.assert_at_rest();
}

#[test]
fn what_pay_refuses_is_no_order_and_leaves_no_intent() {
    let world = World::new([Call::Refused]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::Refused(reason) if reason == "no money"));
    assert!(world.store.orders().is_empty());
    world.assert_at_rest();
}

#[test]
fn when_nobody_knows_pay_is_asked_once_more_for_the_same_order() {
    for first in [Call::Lost, Call::AnswerLost, Call::Unreachable] {
        let world = World::new([first, Call::Answered]);
        let placed = world.place_chicken().unwrap().unwrap();
        let order_id = placed.order.snapshot().order_id;
        assert_eq!(world.pay.asked(), [order_id, order_id]);
        world.assert_at_rest();
    }
}

#[test]
fn an_answer_that_comes_late_still_counts_when_the_second_question_is_lost() {
    for second in [Call::Lost, Call::AnswerLost, Call::Unreachable] {
        let world = World::new([Call::AnswerLate, second]);
        assert!(world.place_chicken().unwrap().unwrap().new);
        world.assert_at_rest();
    }
}

#[test]
fn when_pay_cannot_be_reached_nothing_is_left_to_settle() {
    let world = World::new([Call::Unreachable, Call::Unreachable]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!(world.store.intents(), 0);
    world.assert_at_rest();
}

#[test]
fn a_lost_answer_before_an_unreachable_pay_still_has_the_payment_voided() {
    let world = World::new([Call::AnswerLost, Call::Unreachable]);
    assert!(world.place_chicken().unwrap().is_err());
    assert_eq!((world.pay.taken().len(), world.store.intents()), (1, 1));
    world.come_to_rest();
    assert!(world.pay.taken().is_empty());
    world.assert_at_rest();
}

#[test]
fn when_nobody_should_ask_pay_the_customer_is_told_at_once_and_nothing_is_noted() {
    let world = World::new([]);
    world.pay.overload();
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!((world.store.intents(), world.pay.asked().len()), (0, 0));
}

#[test]
fn when_nobody_knows_twice_there_is_no_order_and_what_was_paid_goes_back() {
    let world = World::new([Call::AnswerLost, Call::AnswerLost]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!((world.pay.taken().len(), world.store.intents()), (1, 1));
    // The intent was handed over: the settler needs no lease to end.
    world.orders.settle().now_or_never().unwrap().unwrap();
    assert!(world.pay.taken().is_empty() && world.store.orders().is_empty());
    world.assert_at_rest();
}

#[test]
fn a_refusal_after_an_unknown_answer_still_has_the_first_payment_voided() {
    let world = World::new([Call::AnswerLost, Call::Refused]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::Refused(_)));
    world.come_to_rest();
    world.assert_at_rest();
}

#[test]
fn a_payment_whose_caller_died_is_voided_once_its_lease_has_ended() {
    let world = World::new([Call::CallerDies]);
    assert!(world.place_chicken().is_none());
    world.orders.settle().now_or_never().unwrap().unwrap();
    assert_eq!(world.pay.taken().len(), 1, "nobody touches it before");
    world.come_to_rest();
    assert!(world.pay.taken().is_empty());
    world.assert_at_rest();
}

#[test]
fn an_intent_that_was_claimed_never_becomes_an_order() {
    let world = World::new([]);
    world.store.next_commit(Commit::LeaseEndsFirst);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    world.come_to_rest();
    assert!(world.store.orders().is_empty());
    world.assert_at_rest();
}

#[test]
fn the_settler_tries_until_pay_has_voided() {
    let world = World::new([Call::Lost, Call::Lost, Call::Lost, Call::AnswerLost]);
    assert!(world.place_chicken().unwrap().is_err());
    for _ in 0..2 {
        world.store.let_leases_end();
        world.orders.settle().now_or_never().unwrap().unwrap();
        assert_eq!(
            world.store.intents(),
            1,
            "as long as pay has not said that it is voided"
        );
    }
    world.come_to_rest();
    world.assert_at_rest();
}

#[test]
fn the_same_key_and_wish_is_the_same_order() {
    let world = World::new([]);
    let first = world.place(chicken(), Some("k")).unwrap().unwrap();
    let second = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, second.new), (second.order, false));
    assert_eq!(world.pay.asked().len(), 1);
}

#[test]
fn the_same_key_with_another_wish_is_refused() {
    let world = World::new([]);
    world.place(chicken(), Some("k")).unwrap().unwrap();
    let mut other = chicken();
    other.lines[0].qty = Some(2);
    let error = world.place(other, Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::OtherWish));
}

#[test]
fn a_key_whose_order_came_to_nothing_can_be_used_again() {
    let world = World::new([Call::Lost, Call::Lost]);
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert!(world.place(chicken(), Some("k")).unwrap().unwrap().new);
    world.come_to_rest();
    assert_eq!(world.store.orders().len(), 1);
    world.assert_at_rest();
}

#[test]
fn a_key_that_is_at_work_is_not_worked_on_twice() {
    let world = World::new([Call::CallerDies]);
    assert!(world.place(chicken(), Some("k")).is_none());
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::UnderWay));
}

#[test]
fn a_repeated_key_gets_its_order_though_the_price_has_changed_meanwhile() {
    let world = World::new([]);
    world.store.price("1001", 300);
    let tv = || {
        let line = WishedLine {
            product_id: Some("1001".into()),
            unit_price: Some(300),
            ..WishedLine::default()
        };
        Wish {
            lines: vec![line],
            ..Wish::default()
        }
    };
    let first = world.place(tv(), Some("k")).unwrap().unwrap();
    world.store.price("1001", 400);
    let again = world.place(tv(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, again.new), (again.order, false));
    for key in [None, Some("new")] {
        let error = world.place(tv(), key).unwrap().unwrap_err();
        assert!(
            matches!(error, PlaceError::Invalid(InvalidOrder::PriceChanged { .. })),
            "{key:?}: {error}"
        );
    }
    assert_eq!(world.pay.asked().len(), 1);
    world.assert_at_rest();
}

#[test]
fn a_repeated_key_gets_its_order_though_nobody_should_ask_pay_now() {
    let world = World::new([]);
    let first = world.place(chicken(), Some("k")).unwrap().unwrap();
    world.pay.overload();
    let again = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, again.new), (again.order, false));
    let error = world.place(chicken(), Some("new")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable), "{error}");
    let mut other = chicken();
    other.lines[0].qty = Some(2);
    let error = world.place(other, Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::OtherWish), "{error}");
}

#[test]
fn nobody_is_told_that_nothing_was_ordered_while_the_same_key_is_at_work() {
    let world = World::new([Call::CallerDies]);
    assert!(world.place(chicken(), Some("k")).is_none());
    world.pay.overload();
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::UnderWay), "{error}");
}

#[test]
fn two_customers_may_use_the_same_key() {
    let world = World::new([]);
    let of = |customer_id: &str| Wish {
        customer_id: Some(customer_id.into()),
        ..chicken()
    };
    let kim = world.place(of("kim"), Some("1")).unwrap().unwrap();
    let lee = world.place(of("lee"), Some("1")).unwrap().unwrap();
    assert!(kim.new && lee.new);
    let again = world.place(of("lee"), Some("1")).unwrap().unwrap();
    assert_eq!((again.order, again.new), (lee.order, false));
    // A key cannot be made to look like another customer's.
    let guest = world.place(chicken(), Some("lee\n1")).unwrap().unwrap();
    assert!(guest.new);
}

#[test]
fn cancelling_says_why_when_it_is_too_late() {
    let world = World::new([]);
    let order_id = world.place_chicken().unwrap().unwrap().order.snapshot().order_id;
    let leave = |order: &Order| order.advance(&Progress::Departing, Utc::now());
    world
        .store
        .change(order_id, &leave)
        .now_or_never()
        .unwrap()
        .unwrap();
    let error = world.orders.cancel(order_id).now_or_never().unwrap().unwrap_err();
    assert!(matches!(error, CancelError::TooLate(TooLate::OnTheWay)));

    let order_id = world.place_chicken().unwrap().unwrap().order.snapshot().order_id;
    for _ in 0..2 {
        let order = world.orders.cancel(order_id).now_or_never().unwrap().unwrap();
        assert_eq!(
            (order.snapshot().state, order.snapshot().version),
            (OrderState::Cancelled, 2)
        );
    }
    let unknown = world.orders.cancel(OrderId::new()).now_or_never().unwrap();
    assert!(matches!(unknown.unwrap_err(), CancelError::NotFound(_)));
}

fn faults() -> impl Strategy<Value = Vec<(Vec<Call>, Commit, bool)>> {
    let call = prop_oneof![
        Just(Call::Answered),
        Just(Call::AnswerLost),
        Just(Call::AnswerLate),
        Just(Call::Lost),
        Just(Call::Unreachable),
        Just(Call::Refused),
        Just(Call::CallerDies),
    ];
    let commit = prop_oneof![
        4 => Just(Commit::Done),
        1 => Just(Commit::Lost),
        1 => Just(Commit::AnswerLost),
        1 => Just(Commit::LeaseEndsFirst),
    ];
    let attempt = (proptest::collection::vec(call, 0..4), commit, any::<bool>());
    proptest::collection::vec(attempt, 1..8)
}

proptest! {
    #[test]
    fn whatever_breaks_at_rest_the_paid_orders_are_the_orders_and_none_that_was_promised_is_lost(
        attempts in faults(), one_key in any::<bool>()
    ) {
        let world = World::new([]);
        let mut promised = BTreeSet::new();
        for (script, commit, settle_between) in attempts {
            world.pay.follow(script);
            world.store.next_commit(commit);
            if let Some(Ok(placed)) = world.place(chicken(), one_key.then_some("k")) {
                promised.insert(placed.order.snapshot().order_id);
            }
            if settle_between {
                world.store.let_leases_end();
                // The settler may die in the middle, too.
                let _ = world.orders.settle().now_or_never();
            }
        }
        world.come_to_rest();
        world.assert_at_rest();
        prop_assert!(promised.is_subset(&world.store.orders()));
        if one_key {
            prop_assert!(world.store.orders().len() <= 1, "one key is one order");
        }
    }
}
