//! Who gets a place, who waits, and who is turned away.

use super::*;
use std::future::Future;
use std::pin::pin;

const LIMITS: AdmissionLimits = AdmissionLimits {
    target: Duration::from_millis(10),
    places: 2..=2,
    max_waiting: 2,
    longest_wait: Duration::from_mins(1),
};

async fn enter(admission: &Admission) -> Place {
    admission.enter().await.unwrap()
}

fn is_pending<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
    futures::FutureExt::now_or_never(future).is_none()
}

#[tokio::test]
async fn who_came_first_gets_the_place_that_becomes_free() {
    let admission = Admission::new("pay", LIMITS);
    let (first_place, _second_place) = (enter(&admission).await, enter(&admission).await);
    let (mut earlier, mut later) = (pin!(admission.enter()), pin!(admission.enter()));
    assert!(is_pending(earlier.as_mut()) && is_pending(later.as_mut()));
    drop(first_place);
    assert!(is_pending(later.as_mut()), "it came later");
    let place = earlier.await.unwrap();
    drop(place);
    later.await.unwrap();
}

#[tokio::test]
async fn who_finds_a_full_line_is_turned_away_at_once_and_a_place_in_line_becomes_free() {
    let admission = Admission::new("pay", LIMITS);
    let _places = (enter(&admission).await, enter(&admission).await);
    let mut first = pin!(admission.enter());
    assert!(is_pending(first.as_mut()));
    {
        let mut second = pin!(admission.enter());
        assert!(is_pending(second.as_mut()));
        assert_eq!(admission.enter().await.unwrap_err(), Rejection::Full);
    }
    // The second has given up.
    let mut third = pin!(admission.enter());
    assert!(is_pending(third.as_mut()));
}

#[tokio::test]
async fn nobody_waits_longer_than_allowed() {
    let admission = Admission::new(
        "pay",
        AdmissionLimits {
            longest_wait: Duration::from_millis(20),
            ..LIMITS
        },
    );
    let places = (enter(&admission).await, enter(&admission).await);
    assert_eq!(admission.enter().await.unwrap_err(), Rejection::Full);
    drop(places);
    enter(&admission).await;
}

/// Calls of this latency until the limit is another one.
async fn until_changed(admission: &Admission, latency: Duration) {
    let limit = || lock(&admission.0.state).limit.limit();
    let before = limit();
    while limit() == before {
        admission.took(latency);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn when_the_limit_shrinks_places_that_are_taken_are_not_given_to_the_next() {
    let limits = AdmissionLimits {
        places: 1..=7,
        ..LIMITS
    };
    let admission = Admission::new("pay", limits);
    let mut places = vec![
        enter(&admission).await,
        enter(&admission).await,
        enter(&admission).await,
        enter(&admission).await,
    ];
    until_changed(&admission, Duration::from_secs(1)).await;
    let mut next = pin!(admission.enter());
    for _ in 0..2 {
        places.pop();
        assert!(
            is_pending(next.as_mut()),
            "{} are under way, of two",
            places.len()
        );
    }
    places.pop();
    next.await.unwrap();
}

#[tokio::test]
async fn while_calls_wait_and_are_quick_more_of_them_may_be_under_way() {
    let limits = AdmissionLimits {
        places: 1..=3,
        ..LIMITS
    };
    let admission = Admission::new("pay", limits);
    let _places = (enter(&admission).await, enter(&admission).await);
    let mut third = pin!(admission.enter());
    assert!(is_pending(third.as_mut()));
    until_changed(&admission, Duration::from_millis(1)).await;
    third.await.unwrap();
}
