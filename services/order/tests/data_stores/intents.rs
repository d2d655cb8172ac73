//! Tests that each payment intent either becomes an order or is compensated.

use crate::data_store::{DataStore, LEASE, NO_LEASE, claim, id, intent, order, versions};
use futures::future::join_all;
use order::application::ports::IntentOutcome;
use std::collections::BTreeSet;

const RACES: usize = 40;

pub(crate) async fn an_intent_becomes_the_order_once(store: &dyn DataStore) {
    let orders = store.orders();
    let order = order();
    assert_eq!(
        orders.record_intent(&intent(&order), None, LEASE).await.unwrap(),
        IntentOutcome::Recorded
    );
    assert_eq!(
        orders.find(id(&order)).await.unwrap(),
        None,
        "an intent is no order"
    );

    let replicas: Vec<_> = (0..8).map(|_| store.orders()).collect();
    let completed = join_all(replicas.iter().map(|orders| orders.complete(&order))).await;
    let completed = completed
        .into_iter()
        .filter(|completed| *completed.as_ref().unwrap());
    assert_eq!(completed.count(), 1, "one of those that try at once");
    assert!(!orders.complete(&order).await.unwrap(), "and nobody later");
    assert_eq!(orders.find(id(&order)).await.unwrap(), Some(order.clone()));
    assert_eq!(versions(&store.pending_events().await, id(&order)), [1]);
}

pub(crate) async fn an_order_needs_an_intent(store: &dyn DataStore) {
    let order = order();
    assert!(!store.orders().complete(&order).await.unwrap());
    assert_eq!(store.orders().find(id(&order)).await.unwrap(), None);
    assert_eq!(store.pending_events().await, []);
}

pub(crate) async fn deleting_removes_intents_and_never_orders(store: &dyn DataStore) {
    let orders = store.orders();
    let (refused, paid) = (order(), order());
    for order in [&refused, &paid] {
        orders.record_intent(&intent(order), None, LEASE).await.unwrap();
    }
    orders.delete_intent(id(&refused)).await.unwrap();
    assert!(!orders.complete(&refused).await.unwrap());
    assert!(orders.complete(&paid).await.unwrap());
    orders.delete_intent(id(&paid)).await.unwrap();
    assert_eq!(orders.find(id(&paid)).await.unwrap(), Some(paid));
    orders.delete_intent(id(&order())).await.unwrap();
}

pub(crate) async fn an_abandoned_intent_never_becomes_an_order(store: &dyn DataStore) {
    let orders = store.orders();
    let (given_up, paid) = (order(), order());
    for order in [&given_up, &paid] {
        orders.record_intent(&intent(order), None, LEASE).await.unwrap();
    }
    orders.abandon_intent(id(&given_up)).await.unwrap();
    assert!(!orders.complete(&given_up).await.unwrap());
    assert!(orders.complete(&paid).await.unwrap());
    orders.abandon_intent(id(&paid)).await.unwrap();
    assert_eq!(
        claim(orders.as_ref(), 10).await,
        [id(&given_up)],
        "it can be compensated at once, and an order cannot"
    );
}

pub(crate) async fn of_completing_and_abandoning_one_wins(store: &dyn DataStore) {
    let orders = store.orders();
    for _ in 0..RACES {
        let order = order();
        orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
        let (completed, abandoned) = tokio::join!(orders.complete(&order), orders.abandon_intent(id(&order)));
        abandoned.unwrap();
        let claimed = claim(orders.as_ref(), 10).await;
        if completed.unwrap() {
            assert_eq!(claimed, []);
            assert_eq!(orders.find(id(&order)).await.unwrap(), Some(order));
        } else {
            assert_eq!(claimed, [id(&order)]);
            assert_eq!(orders.find(id(&order)).await.unwrap(), None);
        }
    }
}

pub(crate) async fn of_completing_and_claiming_one_wins(store: &dyn DataStore) {
    let orders = store.orders();
    for _ in 0..RACES {
        let order = order();
        orders
            .record_intent(&intent(&order), None, NO_LEASE)
            .await
            .unwrap();
        let (completed, claimed) = tokio::join!(orders.complete(&order), claim(orders.as_ref(), 10));
        let (completed, claimed) = (completed.unwrap(), claimed);
        assert_eq!(
            completed,
            claimed.is_empty(),
            "completed: {completed}, claimed: {claimed:?}"
        );
        assert_eq!(orders.find(id(&order)).await.unwrap().is_some(), completed);
    }
}

pub(crate) async fn an_intent_is_claimed_once_after_its_lease_has_ended(store: &dyn DataStore) {
    let orders = store.orders();
    let (at_work, overdue) = (order(), [order(), order(), order(), order()]);
    orders
        .record_intent(&intent(&at_work), None, LEASE)
        .await
        .unwrap();
    for order in &overdue {
        orders
            .record_intent(&intent(order), None, NO_LEASE)
            .await
            .unwrap();
    }
    let replicas: Vec<_> = (0..4).map(|_| store.orders()).collect();
    let claims = join_all(replicas.iter().map(|orders| claim(orders.as_ref(), 10))).await;
    let mut claimed: Vec<_> = claims.into_iter().flatten().collect();
    claimed.sort_unstable();
    let mut expected: Vec<_> = overdue.iter().map(id).collect();
    expected.sort_unstable();
    assert_eq!(
        claimed, expected,
        "each by one, and never one that somebody is at work on"
    );
    assert_eq!(
        claim(orders.as_ref(), 10).await,
        [],
        "until that lease ends as well"
    );

    assert!(
        !orders.complete(&overdue[0]).await.unwrap(),
        "and it can only be compensated"
    );
    assert!(orders.complete(&at_work).await.unwrap());
}

pub(crate) async fn no_more_intents_are_claimed_than_requested(store: &dyn DataStore) {
    let orders = store.orders();
    for _ in 0..5 {
        orders
            .record_intent(&intent(&order()), None, NO_LEASE)
            .await
            .unwrap();
    }
    let mut claimed = BTreeSet::new();
    for expected in [2, 2, 1, 0] {
        let some = claim(orders.as_ref(), 2).await;
        assert_eq!(some.len(), expected);
        claimed.extend(some);
    }
    assert_eq!(claimed.len(), 5);
}
