//! Intents: each becomes an order, or is settled; never both, never neither.

use crate::place::{LEASE, NO_LEASE, Place, id, intent, order, versions};
use futures::future::join_all;
use order::app::ports::Noted;
use std::collections::BTreeSet;

const RACES: usize = 40;

pub(crate) async fn an_intent_becomes_the_order_once(place: &dyn Place) {
    let orders = place.orders();
    let order = order();
    assert_eq!(
        orders.note(&intent(&order), None, LEASE).await.unwrap(),
        Noted::Intent
    );
    assert_eq!(
        orders.find(id(&order)).await.unwrap(),
        None,
        "an intent is no order"
    );

    let replicas: Vec<_> = (0..8).map(|_| place.orders()).collect();
    let completed = join_all(replicas.iter().map(|orders| orders.complete(&order))).await;
    let completed = completed
        .into_iter()
        .filter(|completed| *completed.as_ref().unwrap());
    assert_eq!(completed.count(), 1, "one of those that try at once");
    assert!(!orders.complete(&order).await.unwrap(), "and nobody later");
    assert_eq!(orders.find(id(&order)).await.unwrap(), Some(order.clone()));
    assert_eq!(versions(&place.owed().await, id(&order)), [1]);
}

pub(crate) async fn an_order_needs_an_intent(place: &dyn Place) {
    let order = order();
    assert!(!place.orders().complete(&order).await.unwrap());
    assert_eq!(place.orders().find(id(&order)).await.unwrap(), None);
    assert_eq!(place.owed().await, []);
}

pub(crate) async fn forgetting_takes_intents_and_never_orders(place: &dyn Place) {
    let orders = place.orders();
    let (refused, paid) = (order(), order());
    for order in [&refused, &paid] {
        orders.note(&intent(order), None, LEASE).await.unwrap();
    }
    orders.forget(id(&refused)).await.unwrap();
    assert!(!orders.complete(&refused).await.unwrap());
    assert!(orders.complete(&paid).await.unwrap());
    orders.forget(id(&paid)).await.unwrap();
    assert_eq!(orders.find(id(&paid)).await.unwrap(), Some(paid));
    orders.forget(id(&order())).await.unwrap();
}

pub(crate) async fn an_abandoned_intent_never_becomes_an_order(place: &dyn Place) {
    let orders = place.orders();
    let (given_up, paid) = (order(), order());
    for order in [&given_up, &paid] {
        orders.note(&intent(order), None, LEASE).await.unwrap();
    }
    orders.abandon(id(&given_up)).await.unwrap();
    assert!(!orders.complete(&given_up).await.unwrap());
    assert!(orders.complete(&paid).await.unwrap());
    orders.abandon(id(&paid)).await.unwrap();
    assert_eq!(
        orders.claim(10, LEASE).await.unwrap(),
        [id(&given_up)],
        "it can be settled at once, and an order cannot"
    );
}

pub(crate) async fn of_completing_and_abandoning_one_wins(place: &dyn Place) {
    let orders = place.orders();
    for _ in 0..RACES {
        let order = order();
        orders.note(&intent(&order), None, LEASE).await.unwrap();
        let (completed, abandoned) = tokio::join!(orders.complete(&order), orders.abandon(id(&order)));
        abandoned.unwrap();
        let claimed = orders.claim(10, LEASE).await.unwrap();
        if completed.unwrap() {
            assert_eq!(claimed, []);
            assert_eq!(orders.find(id(&order)).await.unwrap(), Some(order));
        } else {
            assert_eq!(claimed, [id(&order)]);
            assert_eq!(orders.find(id(&order)).await.unwrap(), None);
        }
    }
}

pub(crate) async fn of_completing_and_claiming_one_wins(place: &dyn Place) {
    let orders = place.orders();
    for _ in 0..RACES {
        let order = order();
        orders.note(&intent(&order), None, NO_LEASE).await.unwrap();
        let (completed, claimed) = tokio::join!(orders.complete(&order), orders.claim(10, LEASE));
        let (completed, claimed) = (completed.unwrap(), claimed.unwrap());
        assert_eq!(
            completed,
            claimed.is_empty(),
            "completed: {completed}, claimed: {claimed:?}"
        );
        assert_eq!(orders.find(id(&order)).await.unwrap().is_some(), completed);
    }
}

pub(crate) async fn an_intent_is_claimed_when_its_lease_has_ended_and_by_one(place: &dyn Place) {
    let orders = place.orders();
    let (at_work, overdue) = (order(), [order(), order(), order(), order()]);
    orders.note(&intent(&at_work), None, LEASE).await.unwrap();
    for order in &overdue {
        orders.note(&intent(order), None, NO_LEASE).await.unwrap();
    }
    let replicas: Vec<_> = (0..4).map(|_| place.orders()).collect();
    let claims = join_all(replicas.iter().map(|orders| orders.claim(10, LEASE))).await;
    let mut claimed: Vec<_> = claims.into_iter().flat_map(Result::unwrap).collect();
    claimed.sort_unstable();
    let mut expected: Vec<_> = overdue.iter().map(id).collect();
    expected.sort_unstable();
    assert_eq!(
        claimed, expected,
        "each by one, and never one that somebody is at work on"
    );
    assert_eq!(
        orders.claim(10, LEASE).await.unwrap(),
        [],
        "until that lease ends as well"
    );

    assert!(
        !orders.complete(&overdue[0]).await.unwrap(),
        "and it can only be settled"
    );
    assert!(orders.complete(&at_work).await.unwrap());
}

pub(crate) async fn no_more_are_claimed_than_asked_for(place: &dyn Place) {
    let orders = place.orders();
    for _ in 0..5 {
        orders.note(&intent(&order()), None, NO_LEASE).await.unwrap();
    }
    let mut claimed = BTreeSet::new();
    for expected in [2, 2, 1, 0] {
        let some = orders.claim(2, LEASE).await.unwrap();
        assert_eq!(some.len(), expected);
        claimed.extend(some);
    }
    assert_eq!(claimed.len(), 5);
}
