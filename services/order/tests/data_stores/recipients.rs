//! Tests that the recipient of an order is kept apart from it, and goes with an intent that never becomes an order.

use crate::data_store::{DataStore, LEASE, id, intent, keyed, order};
use order::application::ports::{IntentOutcome, PaymentIntent};
use order::domain::{Order, Recipient};
use std::time::Duration;

fn recipient() -> Recipient {
    Recipient {
        name: "김철수".to_owned(),
        address: "서울시 중구 세종대로 110, 301호".to_owned(),
        phone: "010-1234-5678".to_owned(),
        note: None,
    }
}

fn with_recipient(order: &Order) -> PaymentIntent {
    PaymentIntent {
        recipient: Some(recipient()),
        ..intent(order)
    }
}

pub(crate) async fn a_recipient_is_kept_with_its_order_and_told_to_nobody(store: &dyn DataStore) {
    let (orders, recipients) = (store.orders(), store.recipients());
    for key in [None, Some(keyed("a"))] {
        let order = order();
        let intent = with_recipient(&order);
        orders.record_intent(&intent, key.as_ref(), LEASE).await.unwrap();
        assert!(orders.complete(&order).await.unwrap());
        // It goes with intents only.
        orders.delete_intent(id(&order)).await.unwrap();
        let kept = recipients.recipient(id(&order)).await.unwrap();
        assert_eq!(kept, Some(recipient()));
    }
    let told = serde_json::to_string(&store.pending_events().await).unwrap();
    assert!(told.contains("통닭") && !told.contains("세종대로"), "{told}");
    assert_eq!(recipients.recipient(id(&order())).await.unwrap(), None);
}

pub(crate) async fn an_intent_that_is_deleted_takes_its_recipient_with_it(store: &dyn DataStore) {
    let (orders, recipients) = (store.orders(), store.recipients());
    for key in [None, Some(keyed("a"))] {
        let order = order();
        let intent = with_recipient(&order);
        orders.record_intent(&intent, key.as_ref(), LEASE).await.unwrap();
        orders.delete_intent(id(&order)).await.unwrap();
        assert_eq!(recipients.recipient(id(&order)).await.unwrap(), None);
    }
}

pub(crate) async fn an_intent_that_is_settled_takes_its_recipient_with_it(store: &dyn DataStore) {
    let (orders, recipients) = (store.orders(), store.recipients());
    let order = order();
    orders
        .record_intent(&with_recipient(&order), None, LEASE)
        .await
        .unwrap();
    orders.abandon_intent(id(&order)).await.unwrap();
    assert_eq!(orders.claim_intents(10, LEASE).await.unwrap().len(), 1);
    orders.settle_intent(id(&order), LEASE).await.unwrap();
    assert_eq!(recipients.recipient(id(&order)).await.unwrap(), None);
}

pub(crate) async fn a_repeated_request_keeps_one_recipient(store: &dyn DataStore) {
    let (orders, recipients) = (store.orders(), store.recipients());
    let (first, again, key) = (order(), order(), keyed("a"));
    let recorded = orders
        .record_intent(&with_recipient(&first), Some(&key), LEASE)
        .await;
    assert_eq!(recorded.unwrap(), IntentOutcome::Recorded);
    let recorded = orders
        .record_intent(&with_recipient(&again), Some(&key), LEASE)
        .await;
    assert_eq!(recorded.unwrap(), IntentOutcome::InProgress);
    assert_eq!(recipients.recipient(id(&again)).await.unwrap(), None);

    orders.abandon_intent(id(&first)).await.unwrap();
    let recorded = orders
        .record_intent(&with_recipient(&again), Some(&key), LEASE)
        .await;
    assert_eq!(recorded.unwrap(), IntentOutcome::Recorded);
    assert_eq!(recipients.recipient(id(&again)).await.unwrap(), Some(recipient()));
}

pub(crate) async fn recipients_of_long_ago_are_removed_the_oldest_first(store: &dyn DataStore) {
    let (orders, recipients, old) = (store.orders(), store.recipients(), store.old_recipients());
    assert_eq!(old.oldest().await.unwrap(), None);
    let mut kept = Vec::new();
    for _ in 0..3 {
        let order = order();
        orders
            .record_intent(&with_recipient(&order), None, LEASE)
            .await
            .unwrap();
        kept.push(id(&order));
        // MongoDB stores times in milliseconds.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(old.oldest().await.unwrap() > Some(Duration::ZERO));
    assert_eq!(old.remove(Duration::from_hours(1), 10).await.unwrap(), 0);
    assert_eq!(old.remove(Duration::ZERO, 2).await.unwrap(), 2);
    let mut left = Vec::new();
    for order_id in kept {
        left.push(recipients.recipient(order_id).await.unwrap().is_some());
    }
    assert_eq!(left, [false, false, true]);
    assert_eq!(old.remove(Duration::ZERO, 2).await.unwrap(), 1);
}
