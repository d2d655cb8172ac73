//! The settler: every second, payments whose order never came to be are voided.

use crate::app::Orders;
use fdp_kit::trace::{self, Kind, Span, TraceContext};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

const ROUND: Duration = Duration::from_secs(1);
/// How long a round may take; after that the database's machine counts as gone. What it claimed is claimed again when
/// its lease has ended.
const LONGEST: Duration = Duration::from_secs(30);
const KEYS: Duration = Duration::from_hours(1);

/// Settles until stopped.
pub async fn run(orders: Orders, stop: CancellationToken) {
    let work = async {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut keys_looked_at: Option<Instant> = None;
        loop {
            rounds.tick().await;
            round(&orders, &mut keys_looked_at, LONGEST).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

/// One round, in a trace of its own.
async fn round(orders: &Orders, keys_looked_at: &mut Option<Instant>, longest: Duration) {
    let context = TraceContext::start();
    let span = tracing::info_span!("settling", trace_id = %context.trace_id());
    let work = trace::within(context, settle(orders, context, keys_looked_at));
    if timeout(longest, work.instrument(span.clone())).await.is_err() {
        span.in_scope(|| tracing::warn!(?longest, "settling got no answer; the next round tries again"));
    }
}

async fn settle(orders: &Orders, context: TraceContext, keys_looked_at: &mut Option<Instant>) {
    let recorded = Span::begin(Kind::Internal, context, || "settling".to_owned());
    match orders.settle().await {
        // A round a second in which nothing happens is nothing to tell of.
        Ok(0) => recorded.forget(),
        Ok(_) => {}
        Err(error) => {
            tracing::debug!(%error, "settling has to wait");
            return;
        }
    }
    if keys_looked_at.is_none_or(|looked_at| looked_at.elapsed() > KEYS) {
        match orders.forget_old_keys().await {
            Ok(_) => *keys_looked_at = Some(Instant::now()),
            Err(error) => tracing::debug!(%error, "forgetting old keys has to wait"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ports::{Asked, Decide, Intent, KeyedWish, Noted, OrderStore, PayAnswer, Payments};
    use crate::app::ports::{StoreError, VoidError};
    use crate::domain::Order;
    use async_trait::async_trait;
    use fdp_contracts::OrderId;
    use fdp_kit::SystemClock;
    use std::future::pending;
    use std::sync::{Arc, Mutex};

    /// A database that does not answer, or one with a single abandoned payment.
    #[derive(Default)]
    struct Place {
        abandoned: Option<OrderId>,
        forgotten: Mutex<Vec<OrderId>>,
    }

    #[async_trait]
    impl OrderStore for Place {
        async fn note(&self, _: &Intent, _: Option<&KeyedWish>, _: Duration) -> Result<Noted, StoreError> {
            pending().await
        }

        async fn recall(&self, _: &KeyedWish) -> Result<Noted, StoreError> {
            pending().await
        }

        async fn complete(&self, _: &Order) -> Result<bool, StoreError> {
            pending().await
        }

        async fn forget(&self, order_id: OrderId) -> Result<(), StoreError> {
            self.forgotten.lock().unwrap().push(order_id);
            Ok(())
        }

        async fn abandon(&self, _: OrderId) -> Result<(), StoreError> {
            pending().await
        }

        async fn claim(&self, _: u32, _: Duration) -> Result<Vec<OrderId>, StoreError> {
            match self.abandoned {
                Some(order_id) => Ok(vec![order_id]),
                None => pending().await,
            }
        }

        async fn forget_keys(&self, _: Duration) -> Result<u64, StoreError> {
            Ok(0)
        }

        async fn change(&self, _: OrderId, _: Decide<'_>) -> Result<Option<Order>, StoreError> {
            pending().await
        }

        async fn find(&self, _: OrderId) -> Result<Option<Order>, StoreError> {
            pending().await
        }

        async fn newest(&self, _: Option<&str>, _: u32) -> Result<Vec<Order>, StoreError> {
            pending().await
        }
    }

    /// Notes the trace that each payment is voided in.
    #[derive(Default)]
    struct Till(Mutex<Vec<Option<String>>>);

    #[async_trait]
    impl Payments for Till {
        async fn pay(&self, _: &Intent) -> Asked {
            PayAnswer::Paid.into()
        }

        async fn void(&self, _: OrderId) -> Result<(), VoidError> {
            self.0.lock().unwrap().push(trace::current_header());
            Ok(())
        }
    }

    fn orders(place: &Arc<Place>, till: &Arc<Till>) -> Orders {
        Orders::new(place.clone(), till.clone(), Arc::new(SystemClock), 10_000)
    }

    #[tokio::test]
    async fn a_round_that_the_database_does_not_answer_ends() {
        let orders = orders(&Arc::default(), &Arc::default());
        let mut keys = None;
        round(&orders, &mut keys, Duration::from_millis(20)).await;
        assert!(keys.is_none());
    }

    #[tokio::test]
    async fn each_round_has_a_trace_of_its_own() {
        let order_id = OrderId::new();
        let place = Arc::new(Place {
            abandoned: Some(order_id),
            ..Place::default()
        });
        let till = Arc::<Till>::default();
        let (orders, mut keys) = (orders(&place, &till), None);
        for _ in 0..2 {
            round(&orders, &mut keys, LONGEST).await;
        }
        assert_eq!(*place.forgotten.lock().unwrap(), [order_id; 2]);
        let traces = till.0.lock().unwrap().clone();
        let [Some(first), Some(second)] = traces.as_slice() else {
            panic!("{traces:?}");
        };
        assert_ne!(first, second);
    }
}
