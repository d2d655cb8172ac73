//! Compensates payments: every second, payments whose order was never placed are voided, and orders that nobody has paid in
//! time are given up.

use crate::application::Orders;
use crate::application::ports::{ClaimedIntent, RepositoryError};
use fdp_contracts::OrderId;
use fdp_runtime::trace::{self, Kind, Span, TraceContext};
use futures::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// The interval between two rounds.
const INTERVAL: Duration = Duration::from_secs(1);
/// The timeout of a round; after that, the database server counts as unreachable. The claimed intents are claimed again
/// once their lease has ended.
const ROUND_TIMEOUT: Duration = Duration::from_secs(30);
/// The interval between two deletions of old idempotency keys.
const KEY_INTERVAL: Duration = Duration::from_hours(1);
/// How many intents one round compensates.
const BATCH: u32 = 50;
/// The lease of a claimed intent: after that, another replica may claim it.
const COMPENSATION_LEASE: Duration = Duration::from_secs(5);
/// How long an `Idempotency-Key` is stored.
const KEY_RETENTION: Duration = Duration::from_hours(24);

impl Orders {
    /// Voids the payments of abandoned intents and ends those intents; returns how many it tried.
    ///
    /// # Errors
    /// When the intents cannot be read or ended.
    pub async fn compensate_payments(&self) -> Result<usize, RepositoryError> {
        let claimed = self.repository.claim_intents(BATCH, COMPENSATION_LEASE).await?;
        let results = join_all(claimed.iter().map(|intent| self.settle(intent))).await;
        results.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(claimed.len())
    }

    async fn settle(&self, intent: &ClaimedIntent) -> Result<(), RepositoryError> {
        if let ClaimedIntent::Overdue(awaiting) = intent
            && !self.end_waiting(awaiting).await?
        {
            return Ok(());
        }
        self.compensate_payment(intent.order_id()).await
    }

    async fn compensate_payment(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        match self.payments.void(order_id).await {
            Ok(()) => {
                // As long as its key may be repeated.
                self.repository.settle_intent(order_id, KEY_RETENTION).await?;
                tracing::info!(order_id = %order_id, "an abandoned payment was voided");
                metrics::counter!("payment_intents_settled_total").increment(1);
            }
            Err(error) => {
                tracing::warn!(order_id = %order_id, %error, "an abandoned payment is not voided yet");
            }
        }
        Ok(())
    }

    /// Deletes idempotency keys that are too old to be repeated, and what is kept for them.
    ///
    /// # Errors
    /// When the repository fails.
    pub async fn delete_old_keys(&self) -> Result<u64, RepositoryError> {
        self.repository.delete_keys(KEY_RETENTION).await
    }
}

/// Runs rounds until stopped.
pub async fn run(orders: Orders, stop: CancellationToken) {
    let work = async {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut keys_deleted_at: Option<Instant> = None;
        loop {
            rounds.tick().await;
            round(&orders, &mut keys_deleted_at, ROUND_TIMEOUT).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

/// One round, in a trace of its own.
async fn round(orders: &Orders, keys_deleted_at: &mut Option<Instant>, round_timeout: Duration) {
    let context = TraceContext::start();
    let span = tracing::info_span!("settling", trace_id = %context.trace_id());
    let work = trace::within(context, compensate(orders, context, keys_deleted_at));
    if timeout(round_timeout, work.instrument(span.clone()))
        .await
        .is_err()
    {
        span.in_scope(
            || tracing::warn!(longest = ?round_timeout, "settling got no answer; the next round tries again"),
        );
    }
}

async fn compensate(orders: &Orders, context: TraceContext, keys_deleted_at: &mut Option<Instant>) {
    let recorded = Span::begin(Kind::Internal, context, || "settling".to_owned());
    match orders.compensate_payments().await {
        // Rounds without any work would fill the trace storage.
        Ok(0) => recorded.forget(),
        Ok(_) => {}
        Err(error) => {
            tracing::debug!(%error, "settling has to wait");
            return;
        }
    }
    if keys_deleted_at.is_none_or(|deleted_at| deleted_at.elapsed() > KEY_INTERVAL) {
        match orders.delete_old_keys().await {
            Ok(_) => *keys_deleted_at = Some(Instant::now()),
            Err(error) => tracing::debug!(%error, "forgetting old keys has to wait"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::ports::{
        Decide, IntentOutcome, KeyedOrderRequest, OrderRepository, PaymentAttempt, PaymentIntent,
        PaymentResult, PaymentService, VoidError, WaitOutcome,
    };
    use crate::domain::{AwaitingOrder, KnownProduct, Order, Unpaid};
    use async_trait::async_trait;
    use fdp_contracts::StoreSnapshot;
    use fdp_runtime::SystemClock;
    use std::collections::BTreeMap;
    use std::future::pending;
    use std::sync::{Arc, Mutex};

    /// A repository that never responds, or one with a single abandoned intent.
    #[derive(Default)]
    struct StubRepository {
        abandoned: Option<OrderId>,
        settled: Mutex<Vec<OrderId>>,
    }

    #[async_trait]
    impl OrderRepository for StubRepository {
        async fn record_intent(
            &self,
            _: &PaymentIntent,
            _: Option<&KeyedOrderRequest>,
            _: Duration,
        ) -> Result<IntentOutcome, RepositoryError> {
            pending().await
        }

        async fn check_key(&self, _: &KeyedOrderRequest) -> Result<IntentOutcome, RepositoryError> {
            pending().await
        }

        async fn complete(&self, _: &Order) -> Result<bool, RepositoryError> {
            pending().await
        }

        async fn delete_intent(&self, _: OrderId) -> Result<(), RepositoryError> {
            pending().await
        }

        async fn await_payment(
            &self,
            _: &AwaitingOrder,
            _: Duration,
        ) -> Result<WaitOutcome, RepositoryError> {
            pending().await
        }

        async fn find_unpaid(&self, _: OrderId) -> Result<Option<Unpaid>, RepositoryError> {
            pending().await
        }

        async fn abandon_intent(&self, _: OrderId) -> Result<bool, RepositoryError> {
            pending().await
        }

        async fn claim_intents(&self, _: u32, _: Duration) -> Result<Vec<ClaimedIntent>, RepositoryError> {
            match self.abandoned {
                Some(order_id) => Ok(vec![ClaimedIntent::GivenUp(order_id)]),
                None => pending().await,
            }
        }

        async fn settle_intent(&self, order_id: OrderId, _: Duration) -> Result<(), RepositoryError> {
            self.settled.lock().unwrap().push(order_id);
            Ok(())
        }

        async fn delete_keys(&self, _: Duration) -> Result<u64, RepositoryError> {
            Ok(0)
        }

        async fn change(&self, _: OrderId, _: Decide<'_>) -> Result<Option<Order>, RepositoryError> {
            pending().await
        }

        async fn find(&self, _: OrderId) -> Result<Option<Order>, RepositoryError> {
            pending().await
        }

        async fn store(&self, _: &str) -> Result<Option<StoreSnapshot>, RepositoryError> {
            pending().await
        }

        async fn has_stores(&self) -> Result<bool, RepositoryError> {
            pending().await
        }

        async fn products(&self, _: &[String]) -> Result<BTreeMap<String, KnownProduct>, RepositoryError> {
            pending().await
        }

        async fn newest(&self, _: Option<&str>, _: u32) -> Result<Vec<Order>, RepositoryError> {
            pending().await
        }
    }

    /// Records the trace in which each payment is voided.
    #[derive(Default)]
    struct StubPay(Mutex<Vec<Option<String>>>);

    #[async_trait]
    impl PaymentService for StubPay {
        async fn pay(&self, _: &PaymentIntent) -> PaymentAttempt {
            PaymentResult::Paid.into()
        }

        async fn void(&self, _: OrderId) -> Result<(), VoidError> {
            self.0.lock().unwrap().push(trace::current_header());
            Ok(())
        }
    }

    fn orders(repository: &Arc<StubRepository>, pay: &Arc<StubPay>) -> Orders {
        Orders::new(repository.clone(), pay.clone(), Arc::new(SystemClock), 10_000)
    }

    #[tokio::test]
    async fn a_round_ends_when_the_database_does_not_respond() {
        let orders = orders(&Arc::default(), &Arc::default());
        let mut keys = None;
        round(&orders, &mut keys, Duration::from_millis(20)).await;
        assert!(keys.is_none());
    }

    #[tokio::test]
    async fn each_round_has_a_trace_of_its_own() {
        let order_id = OrderId::new();
        let repository = Arc::new(StubRepository {
            abandoned: Some(order_id),
            ..StubRepository::default()
        });
        let pay = Arc::<StubPay>::default();
        let (orders, mut keys) = (orders(&repository, &pay), None);
        for _ in 0..2 {
            round(&orders, &mut keys, ROUND_TIMEOUT).await;
        }
        assert_eq!(*repository.settled.lock().unwrap(), [order_id; 2]);
        let traces = pay.0.lock().unwrap().clone();
        let [Some(first), Some(second)] = traces.as_slice() else {
            panic!("{traces:?}");
        };
        assert_ne!(first, second);
    }
}
