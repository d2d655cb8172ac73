//! Tests that each change of an order is stored together with its event, and that no change is lost.

use crate::data_store::{DataStore, LEASE, id, intent, order, order_of, placed, versions};
use chrono::Utc;
use fdp_contracts::OrderState;
use futures::future::join_all;
use order::domain::{Order, Progress};

const RACES: usize = 20;

pub(crate) async fn a_change_is_stored_and_announced(store: &dyn DataStore) {
    let orders = store.orders();
    let before = placed(orders.as_ref()).await;
    let now = Utc::now();
    let cancel = |order: &Order| order.cancel(now).ok().flatten();
    let changed = orders.change(id(&before), &cancel).await.unwrap().unwrap();
    assert_eq!(changed.snapshot().state, OrderState::Cancelled);
    let found = orders.find(id(&before)).await.unwrap().unwrap();
    assert_eq!(found.snapshot().state, OrderState::Cancelled);
    let pending = store.pending_events().await;
    assert_eq!(versions(&pending, id(&before)), [1, 2]);
    assert_eq!(pending[1].kind, "fooddelivery.order.cancelled.v1");
}

pub(crate) async fn a_decision_to_change_nothing_changes_nothing(store: &dyn DataStore) {
    let orders = store.orders();
    let kept = placed(orders.as_ref()).await;
    assert_eq!(
        orders.change(id(&kept), &|_| None).await.unwrap(),
        Some(kept.clone())
    );
    assert_eq!(orders.find(id(&kept)).await.unwrap(), Some(kept));
    assert_eq!(store.pending_events().await.len(), 1);

    let awaited = order();
    orders
        .record_intent(&intent(&awaited), None, LEASE)
        .await
        .unwrap();
    for unknown in [id(&awaited), id(&order())] {
        let changed = orders.change(unknown, &|_| panic!("there is nothing to decide about"));
        assert_eq!(changed.await.unwrap(), None);
    }
}

pub(crate) async fn concurrent_changes_all_take_effect(store: &dyn DataStore) {
    for _ in 0..RACES {
        let order = placed(store.orders().as_ref()).await;
        let news = [Progress::Accepted, Progress::Cooking, Progress::Accepted];
        let replicas: Vec<_> = news.into_iter().map(|news| (store.orders(), news)).collect();
        let changes = replicas.iter().map(|(orders, news)| async {
            let advance = |order: &Order| order.advance(news, Utc::now());
            orders.change(id(&order), &advance).await.unwrap().unwrap()
        });
        let (cancelled, _) = tokio::join!(
            async {
                let cancel = |order: &Order| order.cancel(Utc::now()).ok().flatten();
                store.orders().change(id(&order), &cancel).await.unwrap().unwrap()
            },
            join_all(changes)
        );
        assert_eq!(cancelled.snapshot().state, OrderState::Cancelled);
        let found = store.orders().find(id(&order)).await.unwrap().unwrap();
        assert_eq!(found, cancelled, "nothing changes it any more");
        let announced = versions(&store.pending_events().await, id(&order));
        let expected: Vec<u64> = (1..=found.snapshot().version.into()).collect();
        assert_eq!(announced, expected);
    }
}

pub(crate) async fn the_newest_orders_come_first_without_intents(store: &dyn DataStore) {
    let orders = store.orders();
    let mut kept = Vec::new();
    for customer_id in ["100", "200", "100", "200", "100"] {
        let order = order_of(customer_id);
        orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
        assert!(orders.complete(&order).await.unwrap());
        kept.push(order);
    }
    orders
        .record_intent(&intent(&order_of("100")), None, LEASE)
        .await
        .unwrap();
    kept.reverse();
    assert_eq!(orders.newest(None, 10).await.unwrap(), kept);
    assert_eq!(orders.newest(None, 2).await.unwrap(), kept[..2]);
    assert_eq!(orders.newest(None, 0).await.unwrap(), []);
    kept.retain(|order| order.snapshot().customer_id == "200");
    assert_eq!(orders.newest(Some("200"), 10).await.unwrap(), kept);
    assert_eq!(orders.newest(Some("nobody"), 10).await.unwrap(), []);
}
