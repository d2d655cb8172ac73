//! Tests that events from other services take effect once, in order, and atomically with the events that they cause.

use crate::data_store::{DataStore, id, order, placed, price, shop, ticket, versions};
use chrono::{TimeDelta, Utc};
use fdp_contracts::{OrderId, OrderState};
use fdp_messaging::HandleError;
use order::domain::{KnownProduct, Order};

const RACES: usize = 20;
/// The time resolution of PostgreSQL.
const TICK: TimeDelta = TimeDelta::microseconds(1);

async fn state(store: &dyn DataStore, order_id: OrderId) -> OrderState {
    let found = store.orders().find(order_id).await.unwrap();
    found.unwrap().snapshot().state
}

pub(crate) async fn an_event_takes_effect_once_however_often_it_arrives(store: &dyn DataStore) {
    let order_id = id(&placed(store.orders().as_ref()).await);
    let effects = store.effects();
    let accepted = ticket(order_id, "Accepted");
    assert!(effects.concerns(&accepted.envelope.kind));

    let twice = [accepted.clone(), accepted.clone()];
    assert_eq!(effects.apply(&twice).await.unwrap(), 1);
    assert_eq!(state(store, order_id).await, OrderState::Accepted);
    assert_eq!(effects.apply(&twice).await.unwrap(), 2);
    let cooking = ticket(order_id, "CookingStarted");
    let with_another = [accepted, cooking];
    assert_eq!(effects.apply(&with_another).await.unwrap(), 1);
    assert_eq!(state(store, order_id).await, OrderState::Cooking);
    assert_eq!(versions(&store.pending_events().await, order_id), [1, 2, 3]);
}

pub(crate) async fn events_of_many_orders_take_effect_in_their_order(store: &dyn DataStore) {
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(id(&placed(store.orders().as_ref()).await));
    }
    let first = orders.iter().map(|order_id| ticket(*order_id, "Accepted"));
    let second = orders.iter().map(|order_id| ticket(*order_id, "CookingStarted"));
    let batch: Vec<_> = first.chain(second).collect();
    assert_eq!(store.effects().apply(&batch).await.unwrap(), 0);
    let pending = store.pending_events().await;
    for order_id in orders {
        assert_eq!(state(store, order_id).await, OrderState::Cooking);
        assert_eq!(versions(&pending, order_id), [1, 2, 3]);
    }
}

pub(crate) async fn two_replicas_with_the_same_events_apply_them_once(store: &dyn DataStore) {
    for _ in 0..RACES {
        let order_id = id(&placed(store.orders().as_ref()).await);
        let batch = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let (one, other) = (store.effects(), store.effects());
        let (one, other) = tokio::join!(one.apply(&batch), other.apply(&batch));
        assert_eq!(
            one.unwrap() + other.unwrap(),
            2,
            "each event had come before once"
        );
        assert_eq!(versions(&store.pending_events().await, order_id), [1, 2, 3]);
    }
}

pub(crate) async fn concurrent_events_and_cancellations_are_announced_in_order(store: &dyn DataStore) {
    for _ in 0..RACES {
        let order_id = id(&placed(store.orders().as_ref()).await);
        let (orders, effects) = (store.orders(), store.effects());
        let batch = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let cancel = |order: &Order| order.cancel(Utc::now()).ok().flatten();
        let (cancelled, taken) = tokio::join!(orders.change(order_id, &cancel), effects.apply(&batch));
        let version = cancelled.unwrap().unwrap().snapshot().version;
        assert_eq!(taken.unwrap(), 0);
        assert_eq!(state(store, order_id).await, OrderState::Cancelled);
        let announced = versions(&store.pending_events().await, order_id);
        assert_eq!(announced, (1..=version.into()).collect::<Vec<u64>>());
    }
}

pub(crate) async fn an_order_that_cannot_be_read_does_not_hold_up_the_events_behind_it(
    store: &dyn DataStore,
) {
    let order_id = id(&placed(store.orders().as_ref()).await);
    store.make_unreadable(order_id).await;
    let refused = store.effects().apply(&[ticket(order_id, "Accepted")]).await;
    assert!(matches!(refused, Err(HandleError::Permanent(_))), "{refused:?}");
}

pub(crate) async fn an_event_about_no_order_changes_nothing(store: &dyn DataStore) {
    let unknown = id(&order());
    let known = id(&placed(store.orders().as_ref()).await);
    let batch = [ticket(unknown, "Accepted"), ticket(known, "Accepted")];
    assert_eq!(store.effects().apply(&batch).await.unwrap(), 0);
    assert_eq!(store.orders().find(unknown).await.unwrap(), None);
    assert_eq!(state(store, known).await, OrderState::Accepted);
    assert_eq!(
        versions(&store.pending_events().await, unknown),
        Vec::<u64>::new()
    );
}

pub(crate) async fn the_effects_of_an_event_belong_to_its_trace(store: &dyn DataStore) {
    let order_id = id(&placed(store.orders().as_ref()).await);
    let accepted = ticket(order_id, "Accepted");
    store.effects().apply(&[accepted]).await.unwrap();
    let pending = store.pending_events().await;
    let traceparent = pending[1].traceparent.as_deref().unwrap();
    assert!(
        traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{traceparent}"
    );
    assert!(
        !traceparent.contains("b7ad6b7169203331"),
        "it is a step of its own: {traceparent}"
    );
}

/// The product of that id as [`price`] tells of it.
fn known_product(product_id: &str, unit_price: Option<u64>) -> (String, KnownProduct) {
    let known = KnownProduct {
        name: Some("TV".to_owned()),
        store_id: Some("1".to_owned()),
        unit_price,
        stock: Some(5),
    };
    (product_id.to_owned(), known)
}

pub(crate) async fn of_prices_in_one_batch_the_newest_counts(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let now = Utc::now();
    let (old, new) = (
        price("1001", Some(5_000), now),
        price("1001", Some(6_000), now + TICK),
    );
    effects.apply(&[new, old]).await.unwrap();
    let known = orders.products(&["1001".to_owned()]).await.unwrap();
    assert_eq!(known, [known_product("1001", Some(6_000))].into());
}

pub(crate) async fn a_confirmed_price_is_not_replaced_by_an_older_one(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let now = Utc::now();
    // The second event repeats the price at a later time, as after a sale; the third event is older than the second.
    for news in [
        price("1001", Some(5_000), now),
        price("1001", Some(5_000), now + TICK * 2),
        price("1001", Some(6_000), now + TICK),
    ] {
        effects.apply(&[news]).await.unwrap();
    }
    let known = orders.products(&["1001".to_owned()]).await.unwrap();
    assert_eq!(known, [known_product("1001", Some(5_000))].into());
}

pub(crate) async fn the_newest_price_counts_whichever_arrives_last(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let now = Utc::now();
    let (old, new) = (
        price("1001", Some(5_000), now),
        price("1001", Some(6_000), now + TICK),
    );
    let other = price("1002", Some(7_000), now);
    assert!(effects.concerns(&old.envelope.kind));
    let asked = ["1001", "1002", "1003"].map(str::to_owned);
    assert!(orders.products(&asked).await.unwrap().is_empty());

    effects.apply(&[new.clone(), other]).await.unwrap();
    effects.apply(&[old]).await.unwrap();
    let known = orders.products(&asked).await.unwrap();
    let expected = [
        known_product("1001", Some(6_000)),
        known_product("1002", Some(7_000)),
    ];
    assert_eq!(known, expected.into());

    effects
        .apply(&[price("1001", None, now + TICK * 2)])
        .await
        .unwrap();
    effects.apply(&[new]).await.unwrap();
    let known = orders.products(&asked).await.unwrap();
    assert_eq!(
        known,
        [known_product("1001", None), known_product("1002", Some(7_000))].into(),
        "it has no price any more"
    );
}

pub(crate) async fn the_highest_version_of_a_store_counts_whichever_arrives_last(store: &dyn DataStore) {
    let (orders, effects) = (store.orders(), store.effects());
    let version = |version, price| shop(version, price);
    assert!(effects.concerns(&version(1, 1).envelope.kind));
    assert_eq!(orders.store("1").await.unwrap(), None, "it has told nothing yet");
    assert!(!orders.has_stores().await.unwrap());
    effects
        .apply(&[version(3, 19_000), version(2, 18_000)])
        .await
        .unwrap();
    effects.apply(&[version(1, 17_000)]).await.unwrap();
    let known = orders.store("1").await.unwrap().unwrap();
    assert_eq!((known.version, known.menu[0].price), (3, 19_000));
    effects.apply(&[version(4, 20_000)]).await.unwrap();
    let known = orders.store("1").await.unwrap().unwrap();
    assert_eq!((known.version, known.menu[0].price), (4, 20_000));
    assert_eq!(orders.store("2").await.unwrap(), None);
    assert!(orders.has_stores().await.unwrap());
}
