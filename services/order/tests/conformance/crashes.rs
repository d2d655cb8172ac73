//! Crashes: work that ends in the middle, wherever that is, leaves nothing half done and nothing in the way.

use crate::place::{LEASE, NO_LEASE, Place, id, intent, keyed, order, versions};
use order::app::ports::Noted;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long what a database was told last may take to have happened.
const PATIENCE: Duration = Duration::from_secs(20);
/// More waits than the longest way has. How many it has differs: an answer may be there before anybody waits for it.
const WAITS: usize = 16;

/// Runs `work` until it has waited `waits` times, and ends it there as a crash would; `None` then.
async fn crash_after<T>(waits: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut waited = 0;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if waited == waits => Poll::Ready(None),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

pub(crate) async fn a_crash_while_noting_a_keyed_wish_leaves_nothing_in_the_way(place: &dyn Place) {
    let mut interrupted = 0;
    for waits in 0..WAITS {
        let key = keyed(&waits.to_string());
        let orders = place.orders();
        // An earlier attempt that came to nothing makes this the longest way there is.
        let earlier = order();
        orders
            .note(&intent(&earlier), Some(&key), NO_LEASE)
            .await
            .unwrap();

        let (crashed, again) = (order(), order());
        let crashed_intent = intent(&crashed);
        let noted = crash_after(waits, place.orders().note(&crashed_intent, Some(&key), NO_LEASE)).await;
        // The crash is of the caller: the database may still be at it when the wish is repeated.
        let repeated = orders.note(&intent(&again), Some(&key), LEASE).await.unwrap();
        assert_eq!(repeated, Noted::Intent, "after {waits} waits");
        assert!(!orders.complete(&earlier).await.unwrap());
        // Whoever crashed before an answer never goes on; what it may have left is settled below.
        if noted.is_some() {
            assert!(!orders.complete(&crashed).await.unwrap());
        }
        assert!(orders.complete(&again).await.unwrap());
        let claimed = orders.claim(10, LEASE).await.unwrap();
        assert!(claimed.contains(&id(&earlier)), "what was left is settled");
        for order_id in claimed {
            orders.forget(order_id).await.unwrap();
        }
        interrupted += usize::from(noted.is_none());
    }
    assert!(interrupted > 0, "nothing was interrupted");
}

pub(crate) async fn a_crash_while_completing_leaves_an_order_or_an_intent(place: &dyn Place) {
    let mut interrupted = 0;
    for waits in 0..WAITS {
        let orders = place.orders();
        let order = order();
        orders.note(&intent(&order), None, NO_LEASE).await.unwrap();
        let completed = crash_after(waits, place.orders().complete(&order)).await;
        // The crash is of the caller; the database may still be at it, and one of the two comes of that.
        let (found, claimed) = timeout(PATIENCE, async {
            loop {
                let claimed = orders.claim(10, LEASE).await.unwrap();
                let found = orders.find(id(&order)).await.unwrap();
                if found.is_some() || !claimed.is_empty() {
                    return (found, claimed);
                }
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap();
        let announced = versions(&place.owed().await, id(&order));
        if let Some(found) = found {
            assert_eq!(found, order);
            assert_eq!((claimed, announced), (vec![], vec![1]), "after {waits} waits");
        } else {
            assert_eq!(
                (claimed, announced),
                (vec![id(&order)], vec![]),
                "after {waits} waits"
            );
        }
        interrupted += usize::from(completed.is_none());
    }
    assert!(interrupted > 0, "nothing was interrupted");
}
