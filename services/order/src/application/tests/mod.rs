//! The first half of the saga against doubles that lose calls, responses, commits and callers.

mod awaiting;
mod doubles;

use crate::application::ports::OrderRepository as _;
use crate::application::{CancelError, Cancelled, Orders, PlaceError, Placed, Placement};
use crate::domain::fixtures::store;
use crate::domain::{InvalidOrder, Order, OrderRequest, OrderRequestLine, Progress, TooLate};
use chrono::Utc;
use doubles::{Call, Commit, InMemoryOrders, ScriptedPay};
use fdp_contracts::{OrderId, OrderState, StoreSnapshot};
use fdp_runtime::SystemClock;
use futures::FutureExt as _;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

struct World {
    orders: Orders,
    repository: Arc<InMemoryOrders>,
    pay: Arc<ScriptedPay>,
}

impl World {
    fn new(script: impl IntoIterator<Item = Call>) -> Self {
        let repository = Arc::new(InMemoryOrders::default());
        repository.offers(store());
        let pay = Arc::new(ScriptedPay::default());
        pay.follow(script);
        let orders = Orders::new(repository.clone(), pay.clone(), Arc::new(SystemClock), 10_000);
        Self {
            orders,
            repository,
            pay,
        }
    }

    /// The doubles respond at once, so a call that does not end is one whose caller died.
    fn place(&self, request: OrderRequest, key: Option<&str>) -> Option<Result<Placed, PlaceError>> {
        let placement = self.order(request, key)?;
        Some(placement.map(|placement| match placement {
            Placement::Placed(placed) => placed,
            Placement::AwaitingPayment(awaiting) => panic!("it is not paid: {awaiting:?}"),
        }))
    }

    /// The same, and its customer may have to pay first.
    fn order(&self, request: OrderRequest, key: Option<&str>) -> Option<Result<Placement, PlaceError>> {
        self.orders.place(request, key.map(str::to_owned)).now_or_never()
    }

    fn place_chicken(&self) -> Option<Result<Placed, PlaceError>> {
        self.place(chicken(), None)
    }

    /// Time passes, pay works again, and payments are compensated.
    fn recover(&self) {
        self.pay.follow([]);
        for _ in 0..3 {
            self.repository.expire_leases();
            self.orders.compensate_payments().now_or_never().unwrap().unwrap();
        }
    }

    /// Asserts that no intent is left, and that the paid orders are exactly the stored orders.
    fn assert_consistent(&self) {
        assert_eq!(self.repository.intents(), 0);
        assert_eq!(self.pay.taken(), self.repository.orders());
    }
}

fn chicken() -> OrderRequest {
    let line = OrderRequestLine {
        name: Some("통닭".into()),
        ..OrderRequestLine::default()
    };
    OrderRequest {
        lines: vec![line],
        ..OrderRequest::default()
    }
}

#[test]
fn a_paid_intent_becomes_an_order() {
    let world = World::new([Call::Responded]);
    let placed = world.place_chicken().unwrap().unwrap();
    assert!(placed.new);
    assert_eq!(placed.order.snapshot().state, OrderState::Placed);
    assert_eq!(
        world.repository.orders(),
        BTreeSet::from([placed.order.snapshot().order_id])
    );
    world.assert_consistent();
}

#[test]
fn a_refused_payment_leaves_no_order_and_no_intent() {
    let world = World::new([Call::Refused]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentRefused(reason) if reason == "no money"));
    assert!(world.repository.orders().is_empty());
    world.assert_consistent();
}

#[test]
fn an_unknown_result_is_retried_once_for_the_same_order() {
    for first in [Call::Lost, Call::ResponseLost, Call::Unreachable] {
        let world = World::new([first, Call::Responded]);
        let placed = world.place_chicken().unwrap().unwrap();
        let order_id = placed.order.snapshot().order_id;
        assert_eq!(world.pay.requests(), [order_id, order_id]);
        world.assert_consistent();
    }
}

#[test]
fn a_late_response_counts_when_the_retry_is_lost() {
    for second in [Call::Lost, Call::ResponseLost, Call::Unreachable] {
        let world = World::new([Call::ResponseLate, second]);
        assert!(world.place_chicken().unwrap().unwrap().new);
        world.assert_consistent();
    }
}

#[test]
fn without_retries_left_the_late_response_to_the_first_request_counts() {
    let world = World::new([Call::ResponseLate]);
    world.pay.spend_retries();
    assert!(world.place_chicken().unwrap().unwrap().new);
    assert_eq!(world.pay.requests().len(), 1);
    world.assert_consistent();
}

#[test]
fn without_retries_left_what_is_not_known_to_be_unpaid_is_compensated() {
    for first in [Call::Lost, Call::ResponseLost, Call::Unreachable] {
        let world = World::new([first]);
        world.pay.spend_retries();
        let error = world.place_chicken().unwrap().unwrap_err();
        assert!(matches!(error, PlaceError::PaymentUnavailable));
        assert_eq!(world.pay.requests().len(), 1);
        world.recover();
        world.assert_consistent();
    }
}

#[test]
fn an_unreachable_pay_leaves_nothing_to_compensate() {
    let world = World::new([Call::Unreachable, Call::Unreachable]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!(world.repository.intents(), 0);
    world.assert_consistent();
}

#[test]
fn a_lost_response_before_an_unreachable_pay_is_compensated() {
    let world = World::new([Call::ResponseLost, Call::Unreachable]);
    assert!(world.place_chicken().unwrap().is_err());
    assert_eq!((world.pay.taken().len(), world.repository.intents()), (1, 1));
    world.recover();
    assert!(world.pay.taken().is_empty());
    world.assert_consistent();
}

#[test]
fn an_open_breaker_rejects_the_order_at_once_without_an_intent() {
    let world = World::new([]);
    world.pay.open_breaker();
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!((world.repository.intents(), world.pay.requests().len()), (0, 0));
}

#[test]
fn two_unknown_results_place_no_order_and_void_the_payment() {
    let world = World::new([Call::ResponseLost, Call::ResponseLost]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert_eq!((world.pay.taken().len(), world.repository.intents()), (1, 1));
    // The intent was abandoned: the compensation need not wait for its lease to end.
    world
        .orders
        .compensate_payments()
        .now_or_never()
        .unwrap()
        .unwrap();
    assert!(world.pay.taken().is_empty() && world.repository.orders().is_empty());
    world.assert_consistent();
}

#[test]
fn a_refusal_after_an_unknown_result_voids_the_first_payment() {
    let world = World::new([Call::ResponseLost, Call::Refused]);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentRefused(_)));
    world.recover();
    world.assert_consistent();
}

#[test]
fn a_payment_whose_caller_died_is_voided_once_its_lease_has_ended() {
    let world = World::new([Call::CallerCrashes]);
    assert!(world.place_chicken().is_none());
    world
        .orders
        .compensate_payments()
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(world.pay.taken().len(), 1, "it is not touched before that");
    world.recover();
    assert!(world.pay.taken().is_empty());
    world.assert_consistent();
}

#[test]
fn an_intent_that_was_claimed_never_becomes_an_order() {
    let world = World::new([]);
    world.repository.next_commit(Commit::LeaseEndsFirst);
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    world.recover();
    assert!(world.repository.orders().is_empty());
    world.assert_consistent();
}

#[test]
fn the_compensation_retries_until_pay_has_voided() {
    let world = World::new([Call::Lost, Call::Lost, Call::Lost, Call::ResponseLost]);
    assert!(world.place_chicken().unwrap().is_err());
    for _ in 0..2 {
        world.repository.expire_leases();
        world
            .orders
            .compensate_payments()
            .now_or_never()
            .unwrap()
            .unwrap();
        assert_eq!(
            world.repository.intents(),
            1,
            "the intent stays until pay has confirmed the void"
        );
    }
    world.recover();
    world.assert_consistent();
}

#[test]
fn the_same_key_and_request_is_the_same_order() {
    let world = World::new([]);
    let first = world.place(chicken(), Some("k")).unwrap().unwrap();
    let second = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, second.new), (second.order, false));
    assert_eq!(world.pay.requests().len(), 1);
}

#[test]
fn the_same_key_with_another_request_is_rejected() {
    let world = World::new([]);
    world.place(chicken(), Some("k")).unwrap().unwrap();
    let mut other = chicken();
    other.lines[0].qty = Some(2);
    let error = world.place(other, Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::KeyReused));
}

#[test]
fn a_key_whose_attempt_failed_can_be_used_again() {
    let world = World::new([Call::Lost, Call::Lost]);
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable));
    assert!(world.place(chicken(), Some("k")).unwrap().unwrap().new);
    world.recover();
    assert_eq!(world.repository.orders().len(), 1);
    world.assert_consistent();
}

#[test]
fn a_key_in_progress_is_not_processed_twice() {
    let world = World::new([Call::CallerCrashes]);
    assert!(world.place(chicken(), Some("k")).is_none());
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::InProgress));
}

#[test]
fn a_repeated_key_gets_its_order_though_the_price_has_changed() {
    let world = World::new([]);
    world.repository.price("1001", 300);
    let tv = || {
        let line = OrderRequestLine {
            product_id: Some("1001".into()),
            unit_price: Some(300),
            ..OrderRequestLine::default()
        };
        OrderRequest {
            lines: vec![line],
            ..OrderRequest::default()
        }
    };
    let first = world.place(tv(), Some("k")).unwrap().unwrap();
    world.repository.price("1001", 400);
    let again = world.place(tv(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, again.new), (again.order, false));
    for key in [None, Some("new")] {
        let error = world.place(tv(), key).unwrap().unwrap_err();
        assert!(
            matches!(error, PlaceError::Invalid(InvalidOrder::PriceChanged { .. })),
            "{key:?}: {error}"
        );
    }
    assert_eq!(world.pay.requests().len(), 1);
    world.assert_consistent();
}

#[test]
fn a_repeated_key_gets_its_order_whatever_the_store_offers_now() {
    let world = World::new([]);
    let first = world.place(chicken(), Some("k")).unwrap().unwrap();
    world.repository.offers(StoreSnapshot {
        menu: Vec::new(),
        ..store()
    });
    let again = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, again.new), (again.order, false));
    let error = world.place(chicken(), Some("new")).unwrap().unwrap_err();
    assert!(
        matches!(error, PlaceError::Invalid(InvalidOrder::UnknownDish { .. })),
        "{error}"
    );
    world.assert_consistent();
}

#[test]
fn a_store_that_there_is_not_takes_no_money() {
    let world = World::new([]);
    let elsewhere = OrderRequest {
        store_id: Some("999".into()),
        ..chicken()
    };
    let error = world.place(elsewhere, None).unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no store '999'; GET /stores has those that there are"
    );
    assert!(world.pay.requests().is_empty());
    world.assert_consistent();
}

#[test]
fn a_closed_store_takes_no_money() {
    let world = World::new([]);
    world.repository.offers(StoreSnapshot {
        open: false,
        ..store()
    });
    let error = world.place_chicken().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "store 1 is closed by its owner for the moment");
    assert!(world.pay.requests().is_empty());
    world.assert_consistent();
}

#[test]
fn nothing_is_ordered_before_any_store_has_told_what_it_offers() {
    let world = World::new([]);
    world.repository.forget_stores();
    let error = world.place_chicken().unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::NoMenus), "{error}");
    assert!(world.pay.requests().is_empty());
    world.assert_consistent();
}

#[test]
fn a_repeated_key_gets_its_order_though_the_breaker_is_open() {
    let world = World::new([]);
    let first = world.place(chicken(), Some("k")).unwrap().unwrap();
    world.pay.open_breaker();
    let again = world.place(chicken(), Some("k")).unwrap().unwrap();
    assert_eq!((first.order, again.new), (again.order, false));
    let error = world.place(chicken(), Some("new")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::PaymentUnavailable), "{error}");
    let mut other = chicken();
    other.lines[0].qty = Some(2);
    let error = world.place(other, Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::KeyReused), "{error}");
}

#[test]
fn a_key_in_progress_is_reported_though_the_breaker_is_open() {
    let world = World::new([Call::CallerCrashes]);
    assert!(world.place(chicken(), Some("k")).is_none());
    world.pay.open_breaker();
    let error = world.place(chicken(), Some("k")).unwrap().unwrap_err();
    assert!(matches!(error, PlaceError::InProgress), "{error}");
}

#[test]
fn two_customers_may_use_the_same_key() {
    let world = World::new([]);
    let of = |customer_id: &str| OrderRequest {
        customer_id: Some(customer_id.into()),
        ..chicken()
    };
    let kim = world.place(of("kim"), Some("1")).unwrap().unwrap();
    let lee = world.place(of("lee"), Some("1")).unwrap().unwrap();
    assert!(kim.new && lee.new);
    let again = world.place(of("lee"), Some("1")).unwrap().unwrap();
    assert_eq!((again.order, again.new), (lee.order, false));
    // A key cannot be forged to look like another customer's.
    let guest = world.place(chicken(), Some("lee\n1")).unwrap().unwrap();
    assert!(guest.new);
}

#[test]
fn cancelling_says_why_when_it_is_too_late() {
    let world = World::new([]);
    let order_id = world.place_chicken().unwrap().unwrap().order.snapshot().order_id;
    let leave = |order: &Order| order.advance(&Progress::Departing, Utc::now());
    world
        .repository
        .change(order_id, &leave)
        .now_or_never()
        .unwrap()
        .unwrap();
    let error = world.orders.cancel(order_id).now_or_never().unwrap().unwrap_err();
    assert!(matches!(error, CancelError::TooLate(TooLate::OnTheWay)));

    let order_id = world.place_chicken().unwrap().unwrap().order.snapshot().order_id;
    for _ in 0..2 {
        let cancelled = world.orders.cancel(order_id).now_or_never().unwrap().unwrap();
        let Cancelled::Order(order) = cancelled else {
            panic!("{cancelled:?}");
        };
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
        Just(Call::Responded),
        Just(Call::ResponseLost),
        Just(Call::ResponseLate),
        Just(Call::Lost),
        Just(Call::Unreachable),
        Just(Call::Refused),
        Just(Call::CallerCrashes),
    ];
    let commit = prop_oneof![
        4 => Just(Commit::Done),
        1 => Just(Commit::Lost),
        1 => Just(Commit::ResponseLost),
        1 => Just(Commit::LeaseEndsFirst),
    ];
    let attempt = (proptest::collection::vec(call, 0..4), commit, any::<bool>());
    proptest::collection::vec(attempt, 1..8)
}

proptest! {
    #[test]
    fn after_any_faults_exactly_the_orders_are_paid_and_none_is_lost(
        attempts in faults(), one_key in any::<bool>()
    ) {
        let world = World::new([]);
        let mut confirmed = BTreeSet::new();
        for (script, commit, compensate_between) in attempts {
            world.pay.follow(script);
            world.repository.next_commit(commit);
            if let Some(Ok(placed)) = world.place(chicken(), one_key.then_some("k")) {
                confirmed.insert(placed.order.snapshot().order_id);
            }
            if compensate_between {
                world.repository.expire_leases();
                // The compensation may die in the middle, too.
                let _ = world.orders.compensate_payments().now_or_never();
            }
        }
        world.recover();
        world.assert_consistent();
        prop_assert!(confirmed.is_subset(&world.repository.orders()));
        if one_key {
            prop_assert!(world.repository.orders().len() <= 1, "one key is one order");
        }
    }
}
