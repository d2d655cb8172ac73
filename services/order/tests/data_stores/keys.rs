//! Tests requests with an `Idempotency-Key`: repeating one never places a second order, and never blocks the key
//! forever.

use crate::data_store::{DataStore, LEASE, NO_LEASE, claim, id, intent, keyed, order, request};
use futures::future::join_all;
use order::application::ports::{IntentOutcome, KeyedOrderRequest};
use std::time::Duration;

const RACES: usize = 40;

pub(crate) async fn a_repeated_request_waits_for_the_first_and_gets_its_order(store: &dyn DataStore) {
    let orders = store.orders();
    let (first, again) = (order(), order());
    let key = keyed("a");
    let outcome = orders
        .record_intent(&intent(&first), Some(&key), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::Recorded);
    let outcome = orders
        .record_intent(&intent(&again), Some(&key), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::InProgress);
    assert!(orders.complete(&first).await.unwrap());
    let outcome = orders
        .record_intent(&intent(&again), Some(&key), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::AlreadyPlaced(Box::new(first)));
    assert!(!orders.complete(&again).await.unwrap(), "no intent was recorded");
}

pub(crate) async fn a_key_belongs_to_one_request(store: &dyn DataStore) {
    let orders = store.orders();
    let first = order();
    orders
        .record_intent(&intent(&first), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    let other = KeyedOrderRequest {
        request: request("피자"),
        ..keyed("a")
    };
    let outcome = orders
        .record_intent(&intent(&order()), Some(&other), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::KeyReused);
    let outcome = orders
        .record_intent(&intent(&order()), Some(&keyed("b")), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::Recorded, "another key is another request");
}

pub(crate) async fn checking_a_key_returns_its_result_and_records_nothing(store: &dyn DataStore) {
    let orders = store.orders();
    let (first, key) = (order(), keyed("a"));
    let other = KeyedOrderRequest {
        request: request("피자"),
        ..key.clone()
    };
    let recalled = || async { orders.check_key(&key).await.unwrap() };
    assert_eq!(recalled().await, IntentOutcome::Recorded, "nobody has used it");
    orders
        .record_intent(&intent(&first), Some(&key), LEASE)
        .await
        .unwrap();
    assert_eq!(recalled().await, IntentOutcome::InProgress);
    assert_eq!(orders.check_key(&other).await.unwrap(), IntentOutcome::KeyReused);
    assert!(orders.complete(&first).await.unwrap());
    assert_eq!(recalled().await, IntentOutcome::AlreadyPlaced(Box::new(first)));
    assert_eq!(orders.check_key(&other).await.unwrap(), IntentOutcome::KeyReused);
}

pub(crate) async fn a_key_whose_attempt_failed_is_free(store: &dyn DataStore) {
    let orders = store.orders();
    let (given_up, forgotten) = (order(), order());
    let keys = [keyed("a"), keyed("b")];
    orders
        .record_intent(&intent(&given_up), Some(&keys[0]), LEASE)
        .await
        .unwrap();
    orders.abandon_intent(id(&given_up)).await.unwrap();
    orders
        .record_intent(&intent(&forgotten), Some(&keys[1]), LEASE)
        .await
        .unwrap();
    orders.delete_intent(id(&forgotten)).await.unwrap();
    for key in &keys {
        assert_eq!(orders.check_key(key).await.unwrap(), IntentOutcome::Recorded);
    }
}

pub(crate) async fn a_failed_request_can_be_repeated(store: &dyn DataStore) {
    let orders = store.orders();
    let (refused, again) = (order(), order());
    orders
        .record_intent(&intent(&refused), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    orders.delete_intent(id(&refused)).await.unwrap();
    let outcome = orders
        .record_intent(&intent(&again), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::Recorded);
    assert!(orders.complete(&again).await.unwrap());
}

pub(crate) async fn a_repeated_request_ends_an_attempt_that_takes_too_long(store: &dyn DataStore) {
    let orders = store.orders();
    let (slow, again) = (order(), order());
    orders
        .record_intent(&intent(&slow), Some(&keyed("a")), NO_LEASE)
        .await
        .unwrap();
    let outcome = orders
        .record_intent(&intent(&again), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::Recorded);
    assert!(
        !orders.complete(&slow).await.unwrap(),
        "it must not come to something now"
    );
    assert!(orders.complete(&again).await.unwrap());
    assert_eq!(
        claim(orders.as_ref(), 10).await,
        [id(&slow)],
        "and is compensated"
    );
}

pub(crate) async fn of_many_equal_requests_at_once_one_continues(store: &dyn DataStore) {
    for race in 0..RACES / 4 {
        let key = keyed(&race.to_string());
        let requests: Vec<_> = (0..8).map(|_| (store.orders(), order())).collect();
        let outcomes = join_all(requests.iter().map(|(orders, order)| {
            let (intent, key) = (intent(order), &key);
            async move { orders.record_intent(&intent, Some(key), LEASE).await.unwrap() }
        }))
        .await;
        let mut winners = 0;
        for ((orders, order), outcome) in requests.iter().zip(outcomes) {
            match outcome {
                IntentOutcome::Recorded => {
                    winners += 1;
                    assert!(orders.complete(order).await.unwrap());
                }
                IntentOutcome::InProgress => {
                    assert!(!orders.complete(order).await.unwrap(), "it left no intent");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners, 1);
    }
}

pub(crate) async fn a_late_completion_and_a_repeated_request_place_one_order(store: &dyn DataStore) {
    let orders = store.orders();
    for race in 0..RACES {
        let key = keyed(&race.to_string());
        let (late, again) = (order(), order());
        let again_intent = intent(&again);
        orders
            .record_intent(&intent(&late), Some(&key), NO_LEASE)
            .await
            .unwrap();
        let (completed, outcome) = tokio::join!(
            orders.complete(&late),
            orders.record_intent(&again_intent, Some(&key), LEASE)
        );
        match (completed.unwrap(), outcome.unwrap()) {
            (true, IntentOutcome::AlreadyPlaced(order)) => assert_eq!(*order, late),
            (false, IntentOutcome::Recorded) => assert!(orders.complete(&again).await.unwrap()),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn old_keys_are_deleted_and_younger_ones_are_not(store: &dyn DataStore) {
    let orders = store.orders();
    let first = order();
    orders
        .record_intent(&intent(&first), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert!(orders.complete(&first).await.unwrap());
    assert_eq!(orders.delete_keys(Duration::from_hours(1)).await.unwrap(), 0);
    let outcome = orders
        .record_intent(&intent(&order()), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert!(matches!(outcome, IntentOutcome::AlreadyPlaced(_)), "{outcome:?}");

    // MongoDB stores times in milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(orders.delete_keys(Duration::ZERO).await.unwrap(), 1);
    let outcome = orders
        .record_intent(&intent(&order()), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(outcome, IntentOutcome::Recorded);
    assert_eq!(
        orders.find(id(&first)).await.unwrap(),
        Some(first),
        "the order stays"
    );
}
