//! Tests that an order whose customer has to pay is placed once it is paid, or given up, and never both.

use crate::data_store::{DataStore, LEASE, NO_LEASE, approved, id, intent, keyed, order, placed, versions};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use fdp_contracts::OrderId;
use futures::future::join_all;
use order::application::ports::{ClaimedIntent, IntentOutcome, OrderRepository, WaitOutcome};
use order::domain::{AwaitingOrder, Order, Unpaid};
use std::time::Duration;

const RACES: usize = 40;

fn to_pay(order: &Order) -> AwaitingOrder {
    let expires_at: DateTime<Utc> = Utc::now().trunc_subsecs(3) + TimeDelta::minutes(30);
    AwaitingOrder::new(order.clone(), "https://pay.example/1".to_owned(), expires_at)
}

/// An order that waits for its customer for this long.
async fn awaited(orders: &dyn OrderRepository, lease: Duration) -> AwaitingOrder {
    let order = order();
    orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
    let awaiting = to_pay(&order);
    let waits = orders.await_payment(&awaiting, lease).await.unwrap();
    assert_eq!(waits, WaitOutcome::Waiting);
    awaiting
}

async fn is_order(orders: &dyn OrderRepository, order_id: OrderId) -> bool {
    orders.find(order_id).await.unwrap().is_some()
}

pub(crate) async fn what_waits_for_its_customer_is_found_and_is_no_order(store: &dyn DataStore) {
    let orders = store.orders();
    let awaiting = awaited(orders.as_ref(), LEASE).await;
    let order_id = awaiting.order_id();
    assert!(!is_order(orders.as_ref(), order_id).await);
    assert_eq!(orders.newest(None, 10).await.unwrap(), []);
    assert_eq!(store.pending_events().await, []);
    let unpaid = orders.find_unpaid(order_id).await.unwrap().unwrap();
    let expected = Unpaid {
        awaiting: Some(awaiting.clone()),
        ..Unpaid::default()
    };
    assert_eq!(unpaid, expected);
    assert_eq!(
        orders.claim_intents(10, LEASE).await.unwrap(),
        [],
        "its lease has not ended"
    );
    let again = orders.await_payment(&awaiting, LEASE).await.unwrap();
    assert_eq!(again, WaitOutcome::Waiting, "pay may answer twice");
    assert_eq!(orders.find_unpaid(id(&order())).await.unwrap(), None);
}

pub(crate) async fn the_news_of_its_payment_place_it_once(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let (one, other) = (
        awaited(orders.as_ref(), LEASE).await,
        awaited(orders.as_ref(), LEASE).await,
    );
    let news = [approved(one.order_id()), approved(other.order_id())];
    assert!(effects.concerns(&news[0].envelope.kind));
    for _ in 0..2 {
        effects.apply(&news).await.unwrap();
    }
    // The same news in an event of its own.
    effects.apply(&[approved(one.order_id())]).await.unwrap();
    let pending = store.pending_events().await;
    for awaiting in [one, other] {
        let order_id = awaiting.order_id();
        let found = orders.find(order_id).await.unwrap().unwrap();
        let (priced, placed) = (awaiting.order().snapshot(), found.snapshot());
        assert_eq!((&placed.lines, placed.amount), (&priced.lines, priced.amount));
        assert!(placed.placed_at >= priced.placed_at);
        assert_eq!(orders.find_unpaid(order_id).await.unwrap(), None);
        assert_eq!(versions(&pending, order_id), [1]);
    }
}

pub(crate) async fn the_placed_order_belongs_to_the_trace_of_the_news(store: &dyn DataStore) {
    let awaiting = awaited(store.orders().as_ref(), LEASE).await;
    store
        .effects()
        .apply(&[approved(awaiting.order_id())])
        .await
        .unwrap();
    let pending = store.pending_events().await;
    let traceparent = pending[0].traceparent.as_deref().unwrap();
    assert!(
        traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{traceparent}"
    );
}

pub(crate) async fn news_of_orders_that_do_not_wait_change_nothing(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let known = placed(orders.as_ref()).await;
    let nobodys = id(&order());
    effects
        .apply(&[approved(id(&known)), approved(nobodys)])
        .await
        .unwrap();
    assert_eq!(orders.find(id(&known)).await.unwrap(), Some(known.clone()));
    assert!(!is_order(orders.as_ref(), nobodys).await);
    assert_eq!(orders.find_unpaid(nobodys).await.unwrap(), None);
    assert_eq!(versions(&store.pending_events().await, id(&known)), [1]);
}

pub(crate) async fn news_before_the_answer_of_pay_are_kept_for_it(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let order = order();
    orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
    for _ in 0..2 {
        effects.apply(&[approved(id(&order))]).await.unwrap();
    }
    assert!(
        !is_order(orders.as_ref(), id(&order)).await,
        "nobody knows what was ordered"
    );
    let waits = orders.await_payment(&to_pay(&order), LEASE).await.unwrap();
    assert_eq!(waits, WaitOutcome::Paid);
    assert!(orders.complete(&order).await.unwrap());
    assert_eq!(versions(&store.pending_events().await, id(&order)), [1]);
}

pub(crate) async fn what_was_given_up_is_not_placed_by_the_news(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let awaiting = awaited(orders.as_ref(), LEASE).await;
    let order_id = awaiting.order_id();
    assert!(orders.abandon_intent(order_id).await.unwrap());
    effects.apply(&[approved(order_id)]).await.unwrap();
    assert!(!is_order(orders.as_ref(), order_id).await);
    let claimed = orders.claim_intents(10, LEASE).await.unwrap();
    assert_eq!(claimed, [ClaimedIntent::GivenUp(order_id)]);

    let late = order();
    orders.record_intent(&intent(&late), None, LEASE).await.unwrap();
    assert!(orders.abandon_intent(id(&late)).await.unwrap());
    let waits = orders.await_payment(&to_pay(&late), LEASE).await.unwrap();
    assert_eq!(waits, WaitOutcome::GivenUp);
    assert!(
        !orders.abandon_intent(id(&order())).await.unwrap(),
        "there is none"
    );
}

pub(crate) async fn what_is_overdue_is_claimed_and_can_still_be_placed(store: &dyn DataStore) {
    let orders = store.orders();
    let awaiting = awaited(orders.as_ref(), NO_LEASE).await;
    let claimed = orders.claim_intents(10, LEASE).await.unwrap();
    assert_eq!(claimed, [ClaimedIntent::Overdue(Box::new(awaiting.clone()))]);
    assert_eq!(
        orders.claim_intents(10, LEASE).await.unwrap(),
        [],
        "by one replica"
    );
    assert!(orders.complete(&awaiting.placed(Utc::now())).await.unwrap());
    assert!(!orders.abandon_intent(awaiting.order_id()).await.unwrap());
    assert!(is_order(orders.as_ref(), awaiting.order_id()).await);
}

pub(crate) async fn what_was_voided_is_kept_for_a_while(store: &dyn DataStore) {
    let orders = store.orders();
    let (again, order, key) = (order(), order(), keyed("a"));
    orders
        .record_intent(&intent(&order), Some(&key), LEASE)
        .await
        .unwrap();
    let awaiting = to_pay(&order);
    orders.await_payment(&awaiting, LEASE).await.unwrap();
    let repeated = || async {
        let recorded = orders.record_intent(&intent(&again), Some(&key), LEASE).await;
        assert_eq!(recorded.as_ref().unwrap(), &orders.check_key(&key).await.unwrap());
        recorded.unwrap()
    };
    let waits = IntentOutcome::AwaitingPayment(Box::new(awaiting.clone()));
    assert_eq!(repeated().await, waits);
    assert!(orders.abandon_intent(id(&order)).await.unwrap());
    assert_eq!(repeated().await, IntentOutcome::NotPaid);
    orders.settle_intent(id(&order), LEASE).await.unwrap();
    assert_eq!(repeated().await, IntentOutcome::NotPaid);
    let unpaid = orders.find_unpaid(id(&order)).await.unwrap().unwrap();
    assert_eq!((unpaid.voided, unpaid.awaiting), (true, Some(awaiting)));
    assert!(
        !orders.abandon_intent(id(&order)).await.unwrap(),
        "nothing is left to do"
    );
    assert_eq!(orders.claim_intents(10, LEASE).await.unwrap(), []);
    assert_eq!(orders.delete_keys(Duration::from_hours(1)).await.unwrap(), 0);
    assert!(orders.find_unpaid(id(&order)).await.unwrap().is_some());

    orders.settle_intent(id(&order), NO_LEASE).await.unwrap();
    assert_eq!(orders.claim_intents(10, LEASE).await.unwrap(), []);
    orders.delete_keys(Duration::from_hours(1)).await.unwrap();
    assert_eq!(orders.find_unpaid(id(&order)).await.unwrap(), None);
    assert_eq!(orders.check_key(&key).await.unwrap(), IntentOutcome::Recorded);
}

pub(crate) async fn of_the_news_and_giving_up_one_wins(store: &dyn DataStore) {
    for _ in 0..RACES {
        let orders = store.orders();
        let awaiting = awaited(orders.as_ref(), LEASE).await;
        let order_id = awaiting.order_id();
        let (news, effects) = ([approved(order_id)], store.effects());
        let quitter = store.orders();
        let (given_up, applied) = tokio::join!(quitter.abandon_intent(order_id), effects.apply(&news));
        applied.unwrap();
        let given_up = given_up.unwrap();
        assert_eq!(is_order(orders.as_ref(), order_id).await, !given_up);
        let unpaid = orders.find_unpaid(order_id).await.unwrap();
        assert_eq!(unpaid.is_some_and(|unpaid| unpaid.abandoned), given_up);
    }
}

pub(crate) async fn of_the_news_and_many_who_place_it_one_does(store: &dyn DataStore) {
    for _ in 0..RACES / 4 {
        let orders = store.orders();
        let awaiting = awaited(orders.as_ref(), NO_LEASE).await;
        let order_id = awaiting.order_id();
        let replicas: Vec<_> = (0..3).map(|_| (store.orders(), store.effects())).collect();
        let placed = awaiting.placed(Utc::now());
        join_all(replicas.iter().map(|(orders, effects)| async {
            let news = [approved(order_id)];
            let (completed, applied) = tokio::join!(orders.complete(&placed), effects.apply(&news));
            completed.unwrap();
            applied.unwrap();
        }))
        .await;
        assert!(is_order(orders.as_ref(), order_id).await);
        assert_eq!(versions(&store.pending_events().await, order_id), [1]);
    }
}

pub(crate) async fn of_the_news_and_the_answer_of_pay_both_orders_lead_to_one_order(store: &dyn DataStore) {
    for _ in 0..RACES {
        let (orders, effects) = (store.orders(), store.effects());
        let order = order();
        orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
        let (awaiting, news) = (to_pay(&order), [approved(id(&order))]);
        let (waits, applied) = tokio::join!(orders.await_payment(&awaiting, LEASE), effects.apply(&news));
        applied.unwrap();
        match waits.unwrap() {
            WaitOutcome::Waiting => {}
            WaitOutcome::Paid => assert!(orders.complete(&order).await.unwrap()),
            WaitOutcome::GivenUp => panic!("nobody has given it up"),
        }
        assert!(is_order(orders.as_ref(), id(&order)).await);
        assert_eq!(versions(&store.pending_events().await, id(&order)), [1]);
    }
}
