//! Wishes under an `Idempotency-Key`: asking again never orders twice, and never stands in the way for good.

use crate::place::{LEASE, NO_LEASE, Place, id, intent, keyed, order, wish};
use futures::future::join_all;
use order::app::ports::{KeyedWish, Noted};
use std::time::Duration;

const RACES: usize = 40;

pub(crate) async fn a_repeated_wish_waits_for_the_first_and_then_gets_its_order(place: &dyn Place) {
    let orders = place.orders();
    let (first, again) = (order(), order());
    let key = keyed("a");
    let noted = orders.note(&intent(&first), Some(&key), LEASE).await.unwrap();
    assert_eq!(noted, Noted::Intent);
    let noted = orders.note(&intent(&again), Some(&key), LEASE).await.unwrap();
    assert_eq!(noted, Noted::UnderWay);
    assert!(orders.complete(&first).await.unwrap());
    let noted = orders.note(&intent(&again), Some(&key), LEASE).await.unwrap();
    assert_eq!(noted, Noted::OrderedBefore(Box::new(first)));
    assert!(!orders.complete(&again).await.unwrap(), "no intent was noted");
}

pub(crate) async fn a_key_stands_for_one_wish(place: &dyn Place) {
    let orders = place.orders();
    let first = order();
    orders
        .note(&intent(&first), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    let other = KeyedWish {
        wish: wish("피자"),
        ..keyed("a")
    };
    let noted = orders.note(&intent(&order()), Some(&other), LEASE).await.unwrap();
    assert_eq!(noted, Noted::OtherWish);
    let noted = orders
        .note(&intent(&order()), Some(&keyed("b")), LEASE)
        .await
        .unwrap();
    assert_eq!(noted, Noted::Intent, "another key is another wish");
}

pub(crate) async fn a_key_is_recalled_as_what_it_stands_for_and_nothing_is_noted(place: &dyn Place) {
    let orders = place.orders();
    let (first, key) = (order(), keyed("a"));
    let other = KeyedWish {
        wish: wish("피자"),
        ..key.clone()
    };
    let recalled = || async { orders.recall(&key).await.unwrap() };
    assert_eq!(recalled().await, Noted::Intent, "nobody has used it");
    orders.note(&intent(&first), Some(&key), LEASE).await.unwrap();
    assert_eq!(recalled().await, Noted::UnderWay);
    assert_eq!(orders.recall(&other).await.unwrap(), Noted::OtherWish);
    assert!(orders.complete(&first).await.unwrap());
    assert_eq!(recalled().await, Noted::OrderedBefore(Box::new(first)));
    assert_eq!(orders.recall(&other).await.unwrap(), Noted::OtherWish);
}

pub(crate) async fn a_key_whose_attempt_came_to_nothing_is_recalled_as_free(place: &dyn Place) {
    let orders = place.orders();
    let (given_up, forgotten) = (order(), order());
    let keys = [keyed("a"), keyed("b")];
    orders
        .note(&intent(&given_up), Some(&keys[0]), LEASE)
        .await
        .unwrap();
    orders.abandon(id(&given_up)).await.unwrap();
    orders
        .note(&intent(&forgotten), Some(&keys[1]), LEASE)
        .await
        .unwrap();
    orders.forget(id(&forgotten)).await.unwrap();
    for key in &keys {
        assert_eq!(orders.recall(key).await.unwrap(), Noted::Intent);
    }
}

pub(crate) async fn a_wish_that_came_to_nothing_can_be_repeated(place: &dyn Place) {
    let orders = place.orders();
    let (refused, again) = (order(), order());
    orders
        .note(&intent(&refused), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    orders.forget(id(&refused)).await.unwrap();
    let noted = orders
        .note(&intent(&again), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(noted, Noted::Intent);
    assert!(orders.complete(&again).await.unwrap());
}

pub(crate) async fn a_repeated_wish_puts_an_end_to_an_attempt_that_takes_too_long(place: &dyn Place) {
    let orders = place.orders();
    let (slow, again) = (order(), order());
    orders
        .note(&intent(&slow), Some(&keyed("a")), NO_LEASE)
        .await
        .unwrap();
    let noted = orders
        .note(&intent(&again), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(noted, Noted::Intent);
    assert!(
        !orders.complete(&slow).await.unwrap(),
        "it must not come to something now"
    );
    assert!(orders.complete(&again).await.unwrap());
    assert_eq!(
        orders.claim(10, LEASE).await.unwrap(),
        [id(&slow)],
        "and is settled"
    );
}

pub(crate) async fn of_many_that_wish_the_same_at_once_one_goes_on(place: &dyn Place) {
    for race in 0..RACES / 4 {
        let key = keyed(&race.to_string());
        let wishes: Vec<_> = (0..8).map(|_| (place.orders(), order())).collect();
        let noted = join_all(wishes.iter().map(|(orders, order)| {
            let (intent, key) = (intent(order), &key);
            async move { orders.note(&intent, Some(key), LEASE).await.unwrap() }
        }))
        .await;
        let mut winners = 0;
        for ((orders, order), noted) in wishes.iter().zip(noted) {
            match noted {
                Noted::Intent => {
                    winners += 1;
                    assert!(orders.complete(order).await.unwrap());
                }
                Noted::UnderWay => assert!(!orders.complete(order).await.unwrap(), "it left no intent"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners, 1);
    }
}

pub(crate) async fn a_late_completion_and_a_repeated_wish_make_one_order(place: &dyn Place) {
    let orders = place.orders();
    for race in 0..RACES {
        let key = keyed(&race.to_string());
        let (late, again) = (order(), order());
        let again_intent = intent(&again);
        orders.note(&intent(&late), Some(&key), NO_LEASE).await.unwrap();
        let (completed, noted) = tokio::join!(
            orders.complete(&late),
            orders.note(&again_intent, Some(&key), LEASE)
        );
        match (completed.unwrap(), noted.unwrap()) {
            (true, Noted::OrderedBefore(order)) => assert_eq!(*order, late),
            (false, Noted::Intent) => assert!(orders.complete(&again).await.unwrap()),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn old_keys_are_forgotten_and_younger_ones_are_not(place: &dyn Place) {
    let orders = place.orders();
    let first = order();
    orders
        .note(&intent(&first), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert!(orders.complete(&first).await.unwrap());
    assert_eq!(orders.forget_keys(Duration::from_hours(1)).await.unwrap(), 0);
    let noted = orders
        .note(&intent(&order()), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert!(matches!(noted, Noted::OrderedBefore(_)), "{noted:?}");

    // The clocks of databases tick in milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(orders.forget_keys(Duration::ZERO).await.unwrap(), 1);
    let noted = orders
        .note(&intent(&order()), Some(&keyed("a")), LEASE)
        .await
        .unwrap();
    assert_eq!(noted, Noted::Intent);
    assert_eq!(
        orders.find(id(&first)).await.unwrap(),
        Some(first),
        "the order stays"
    );
}
