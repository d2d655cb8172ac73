//! Events from other services: each takes effect once, in its order, together with what it causes.

use crate::place::{Place, id, order, placed, price, ticket, versions};
use chrono::{TimeDelta, Utc};
use fdp_contracts::{OrderId, OrderState};
use order::domain::Order;

const RACES: usize = 20;
/// What PostgreSQL can tell apart.
const TICK: TimeDelta = TimeDelta::microseconds(1);

async fn state(place: &dyn Place, order_id: OrderId) -> OrderState {
    let found = place.orders().find(order_id).await.unwrap();
    found.unwrap().snapshot().state
}

pub(crate) async fn an_event_takes_effect_once_however_often_it_comes(place: &dyn Place) {
    let order_id = id(&placed(place.orders().as_ref()).await);
    let effects = place.effects();
    let accepted = ticket(order_id, "Accepted");
    assert!(effects.concerns(&accepted.envelope.kind));

    let twice = [accepted.clone(), accepted.clone()];
    assert_eq!(effects.bring_about(&twice).await.unwrap(), 1);
    assert_eq!(state(place, order_id).await, OrderState::Accepted);
    assert_eq!(effects.bring_about(&twice).await.unwrap(), 2);
    let cooking = ticket(order_id, "CookingStarted");
    let with_news = [accepted, cooking];
    assert_eq!(effects.bring_about(&with_news).await.unwrap(), 1);
    assert_eq!(state(place, order_id).await, OrderState::Cooking);
    assert_eq!(versions(&place.owed().await, order_id), [1, 2, 3]);
}

pub(crate) async fn events_of_many_orders_take_effect_in_their_order(place: &dyn Place) {
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(id(&placed(place.orders().as_ref()).await));
    }
    let first = orders.iter().map(|order_id| ticket(*order_id, "Accepted"));
    let second = orders.iter().map(|order_id| ticket(*order_id, "CookingStarted"));
    let batch: Vec<_> = first.chain(second).collect();
    assert_eq!(place.effects().bring_about(&batch).await.unwrap(), 0);
    let owed = place.owed().await;
    for order_id in orders {
        assert_eq!(state(place, order_id).await, OrderState::Cooking);
        assert_eq!(versions(&owed, order_id), [1, 2, 3]);
    }
}

pub(crate) async fn two_replicas_that_get_the_same_events_bring_them_about_once(place: &dyn Place) {
    for _ in 0..RACES {
        let order_id = id(&placed(place.orders().as_ref()).await);
        let batch = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let (one, other) = (place.effects(), place.effects());
        let (one, other) = tokio::join!(one.bring_about(&batch), other.bring_about(&batch));
        assert_eq!(
            one.unwrap() + other.unwrap(),
            2,
            "each event had come before once"
        );
        assert_eq!(versions(&place.owed().await, order_id), [1, 2, 3]);
    }
}

pub(crate) async fn events_and_cancellations_at_once_are_announced_as_they_happened(place: &dyn Place) {
    for _ in 0..RACES {
        let order_id = id(&placed(place.orders().as_ref()).await);
        let (orders, effects) = (place.orders(), place.effects());
        let batch = [ticket(order_id, "Accepted"), ticket(order_id, "CookingStarted")];
        let cancel = |order: &Order| order.cancel(Utc::now()).ok().flatten();
        let (cancelled, taken) = tokio::join!(orders.change(order_id, &cancel), effects.bring_about(&batch));
        let version = cancelled.unwrap().unwrap().snapshot().version;
        assert_eq!(taken.unwrap(), 0);
        assert_eq!(state(place, order_id).await, OrderState::Cancelled);
        let announced = versions(&place.owed().await, order_id);
        assert_eq!(announced, (1..=version.into()).collect::<Vec<u64>>());
    }
}

pub(crate) async fn an_event_about_no_order_changes_nothing(place: &dyn Place) {
    let unknown = id(&order());
    let known = id(&placed(place.orders().as_ref()).await);
    let batch = [ticket(unknown, "Accepted"), ticket(known, "Accepted")];
    assert_eq!(place.effects().bring_about(&batch).await.unwrap(), 0);
    assert_eq!(place.orders().find(unknown).await.unwrap(), None);
    assert_eq!(state(place, known).await, OrderState::Accepted);
    assert_eq!(versions(&place.owed().await, unknown), Vec::<u64>::new());
}

pub(crate) async fn what_an_event_causes_belongs_to_its_trace(place: &dyn Place) {
    let order_id = id(&placed(place.orders().as_ref()).await);
    let accepted = ticket(order_id, "Accepted");
    place.effects().bring_about(&[accepted]).await.unwrap();
    let owed = place.owed().await;
    let traceparent = owed[1].traceparent.as_deref().unwrap();
    assert!(
        traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{traceparent}"
    );
    assert!(
        !traceparent.contains("b7ad6b7169203331"),
        "it is a step of its own: {traceparent}"
    );
}

pub(crate) async fn of_prices_in_one_batch_the_newest_counts(place: &dyn Place) {
    let (orders, effects) = (place.orders(), place.effects());
    let now = Utc::now();
    let (old, new) = (
        price("1001", Some(5_000), now),
        price("1001", Some(6_000), now + TICK),
    );
    effects.bring_about(&[new, old]).await.unwrap();
    let known = orders.prices(&["1001".to_owned()]).await.unwrap();
    assert_eq!(known, [("1001".to_owned(), 6_000)].into());
}

pub(crate) async fn a_price_that_was_confirmed_is_not_undone_by_older_news(place: &dyn Place) {
    let (orders, effects) = (place.orders(), place.effects());
    let now = Utc::now();
    // The same price later on, as when something of it was sold; what comes last is older than that.
    for news in [
        price("1001", Some(5_000), now),
        price("1001", Some(5_000), now + TICK * 2),
        price("1001", Some(6_000), now + TICK),
    ] {
        effects.bring_about(&[news]).await.unwrap();
    }
    let known = orders.prices(&["1001".to_owned()]).await.unwrap();
    assert_eq!(known, [("1001".to_owned(), 5_000)].into());
}

pub(crate) async fn the_newest_price_counts_whatever_comes_last(place: &dyn Place) {
    let (orders, effects) = (place.orders(), place.effects());
    let now = Utc::now();
    let (old, new) = (
        price("1001", Some(5_000), now),
        price("1001", Some(6_000), now + TICK),
    );
    let other = price("1002", Some(7_000), now);
    assert!(effects.concerns(&old.envelope.kind));
    let asked = ["1001", "1002", "1003"].map(str::to_owned);
    assert!(orders.prices(&asked).await.unwrap().is_empty());

    effects.bring_about(&[new.clone(), other]).await.unwrap();
    effects.bring_about(&[old]).await.unwrap();
    let known = orders.prices(&asked).await.unwrap();
    let expected = [("1001".to_owned(), 6_000), ("1002".to_owned(), 7_000)];
    assert_eq!(known, expected.into());

    effects
        .bring_about(&[price("1001", None, now + TICK * 2)])
        .await
        .unwrap();
    effects.bring_about(&[new]).await.unwrap();
    let known = orders.prices(&asked).await.unwrap();
    assert_eq!(
        known,
        [("1002".to_owned(), 7_000)].into(),
        "it has no price any more"
    );
}
