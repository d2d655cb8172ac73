//! Tests that work that is interrupted at any point leaves no partial result, and blocks no later request.

use crate::data_store::{DataStore, LEASE, NO_LEASE, claim, id, intent, keyed, order, versions};
use order::application::ports::IntentOutcome;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The timeout for the last statement to take effect.
const TIMEOUT: Duration = Duration::from_secs(20);
/// More waits than the longest path has. Their number varies: a response may arrive before it is awaited.
const WAITS: usize = 16;

/// Runs `work` until it has waited `waits` times, then drops it as a crash would, and returns `None`.
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

pub(crate) async fn a_crash_while_recording_a_keyed_intent_blocks_nothing(store: &dyn DataStore) {
    let mut interrupted = 0;
    for waits in 0..WAITS {
        let key = keyed(&waits.to_string());
        let orders = store.orders();
        // An earlier attempt that failed makes this the longest path.
        let earlier = order();
        orders
            .record_intent(&intent(&earlier), Some(&key), NO_LEASE)
            .await
            .unwrap();

        let (crashed, again) = (order(), order());
        let crashed_intent = intent(&crashed);
        let outcome = crash_after(
            waits,
            store
                .orders()
                .record_intent(&crashed_intent, Some(&key), NO_LEASE),
        )
        .await;
        // Only the caller has crashed: the database may still execute its statement when the request is repeated.
        let repeated = orders
            .record_intent(&intent(&again), Some(&key), LEASE)
            .await
            .unwrap();
        assert_eq!(repeated, IntentOutcome::Recorded, "after {waits} waits");
        assert!(!orders.complete(&earlier).await.unwrap());
        // The crashed caller never continues; what it may have left is compensated below.
        if outcome.is_some() {
            assert!(!orders.complete(&crashed).await.unwrap());
        }
        assert!(orders.complete(&again).await.unwrap());
        let claimed = claim(orders.as_ref(), 10).await;
        assert!(claimed.contains(&id(&earlier)), "what was left is compensated");
        for order_id in claimed {
            orders.delete_intent(order_id).await.unwrap();
        }
        interrupted += usize::from(outcome.is_none());
    }
    assert!(interrupted > 0, "nothing was interrupted");
}

pub(crate) async fn a_crash_while_completing_leaves_an_order_or_an_intent(store: &dyn DataStore) {
    let mut interrupted = 0;
    for waits in 0..WAITS {
        let orders = store.orders();
        let order = order();
        orders
            .record_intent(&intent(&order), None, NO_LEASE)
            .await
            .unwrap();
        let completed = crash_after(waits, store.orders().complete(&order)).await;
        // Only the caller has crashed: the database may still execute its statement. Either an order or a claimed
        // intent results.
        let (found, claimed) = timeout(TIMEOUT, async {
            loop {
                let claimed = claim(orders.as_ref(), 10).await;
                let found = orders.find(id(&order)).await.unwrap();
                if found.is_some() || !claimed.is_empty() {
                    return (found, claimed);
                }
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap();
        let announced = versions(&store.pending_events().await, id(&order));
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
