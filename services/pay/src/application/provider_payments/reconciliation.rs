//! The use case of comparing the ledger, the table of payments at the provider, and the provider's own books.

use crate::application::ports::{
    Booked, HeldPayment, PaymentProvider, ProviderError, ProviderPaymentRepository,
};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{OrderId, PaymentState};
use fdp_runtime::{Clock, Health};
use fdp_storage::RepositoryError;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to compare.
const EVERY: Duration = Duration::from_hours(1);
/// How far back the hourly comparison looks: longer than a provider holds money that is not taken.
const DAYS: i64 = 8;
/// How long after its last change a payment is compared: the books are not read at the same moment.
const AT_REST_AFTER: TimeDelta = TimeDelta::minutes(5);
/// How long after its row was written a payment begins at the provider, at the latest: once its customer has paid.
const BEGINS_THERE_WITHIN: TimeDelta = TimeDelta::hours(2);

/// Compares the books.
#[derive(Clone)]
pub struct Reconciliation {
    repository: Arc<dyn ProviderPaymentRepository>,
    provider: Arc<dyn PaymentProvider>,
    clock: Arc<dyn Clock>,
}

/// Why the books could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconciliationError {
    /// Ours could not be read.
    #[error("reading what is booked here: {0}")]
    Ours(#[from] RepositoryError),
    /// The provider's could not be read.
    #[error(transparent)]
    Theirs(#[from] ProviderError),
}

/// One order whose books differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The order.
    pub order_id: OrderId,
    /// What the ledger and the table say.
    pub here: String,
    /// What the provider holds or has taken, in won.
    pub there: u64,
    /// What it should be, in won.
    pub expected: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            order_id,
            here,
            there,
            expected,
        } = self;
        write!(
            formatter,
            "order {order_id}: {here}, so that the provider should have {expected} won, and it has {there} won"
        )
    }
}

impl Reconciliation {
    /// Compares the payments of `repository` with those of `provider`.
    pub fn new(
        repository: Arc<dyn ProviderPaymentRepository>,
        provider: Arc<dyn PaymentProvider>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            repository,
            provider,
            clock,
        }
    }

    /// The differences among the payments that began in the last `days` days, but for those that are being settled.
    ///
    /// # Errors
    /// When one of the books cannot be read as a whole.
    pub async fn differences(&self, days: i64) -> Result<Vec<Difference>, ReconciliationError> {
        let now = self.clock.now();
        let since = now - TimeDelta::days(days);
        // The provider's books first: each payment there has a row here that was written before.
        let there = self.provider.payments_since(since).await?;
        let here = self.repository.booked_since(since - BEGINS_THERE_WITHIN).await?;
        Ok(compare(&here, &there, since, now - AT_REST_AFTER))
    }

    /// Compares once an hour, until stopped.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        let work = async {
            loop {
                health.until_tasks_may_run().await;
                match self.differences(DAYS).await {
                    Ok(differences) => report(&differences),
                    Err(error) => tracing::warn!(%error, "the books of payments could not be compared"),
                }
                tokio::time::sleep(EVERY.mul_f64(rand::random_range(0.9..=1.1))).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }
}

fn report(differences: &[Difference]) {
    for difference in differences {
        tracing::error!(order_id = %difference.order_id, "the books of a payment differ: {difference}");
    }
    #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
    metrics::gauge!("payment_differences").set(differences.len() as f64);
}

/// The differences between the books. Payments that began here before `since` need not be there; what changed after
/// `at_rest_since`, or is being settled, is not compared.
fn compare(
    here: &[Booked],
    there: &[HeldPayment],
    since: DateTime<Utc>,
    at_rest_since: DateTime<Utc>,
) -> Vec<Difference> {
    let mut held: BTreeMap<OrderId, u64> = BTreeMap::new();
    for payment in there {
        *held.entry(payment.order_id).or_default() += payment.held;
    }
    let mut differences = Vec::new();
    for booked in here {
        let there = held.remove(&booked.order_id);
        let is_missing_for_its_age = there.is_none() && booked.created_at < since;
        if is_missing_for_its_age || booked.is_moving || booked.changed_at > at_rest_since {
            continue;
        }
        let (there, expected) = (there.unwrap_or(0), expected(booked));
        if there != expected {
            let ledger = booked.ledger.map_or("no payment", PaymentState::name);
            differences.push(Difference {
                order_id: booked.order_id,
                here: format!(
                    "the ledger says {ledger} and the provider's last answer was {}",
                    booked.standing
                ),
                there,
                expected,
            });
        }
    }
    let unknown = held.into_iter().filter(|(_, held)| *held > 0);
    differences.extend(unknown.map(|(order_id, there)| Difference {
        order_id,
        here: "nothing is known here".to_owned(),
        there,
        expected: 0,
    }));
    differences
}

/// What the provider should have of a payment, in won.
fn expected(booked: &Booked) -> u64 {
    match booked.ledger {
        // An approved payment of which nothing is wanted is a difference too.
        Some(PaymentState::Approved) if booked.wanted == 0 => booked.amount,
        Some(PaymentState::Approved) => booked.wanted,
        Some(PaymentState::Refunded | PaymentState::Voided) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: TimeDelta = TimeDelta::days(1);

    fn booked(ledger: Option<PaymentState>, wanted: u64) -> Booked {
        let day_ago = Utc::now() - DAY;
        Booked {
            order_id: OrderId::new(),
            ledger,
            amount: 500,
            wanted,
            standing: "Captured",
            is_moving: false,
            created_at: day_ago,
            changed_at: day_ago,
        }
    }

    fn compared(here: &[Booked], there: &[(OrderId, u64)]) -> Vec<(OrderId, u64, u64)> {
        let there = there.iter().map(|(order_id, held)| HeldPayment {
            order_id: *order_id,
            held: *held,
        });
        let there: Vec<HeldPayment> = there.collect();
        let now = Utc::now();
        let found = compare(here, &there, now - DAY * 8, now - AT_REST_AFTER);
        let found = found.iter();
        found
            .map(|found| (found.order_id, found.there, found.expected))
            .collect()
    }

    #[test]
    fn books_that_agree_have_no_difference() {
        let paid = booked(Some(PaymentState::Approved), 500);
        let reduced = booked(Some(PaymentState::Approved), 200);
        let refunded = booked(Some(PaymentState::Refunded), 0);
        let never_paid = booked(None, 500);
        let there = [
            (paid.order_id, 500),
            (reduced.order_id, 200),
            (refunded.order_id, 0),
        ];
        assert_eq!(compared(&[paid, reduced, refunded, never_paid], &there), []);
    }

    #[test]
    fn each_order_without_its_money_and_all_money_without_an_order_is_named() {
        let unpaid = booked(Some(PaymentState::Approved), 500);
        let not_refunded = booked(Some(PaymentState::Refunded), 0);
        let never_approved = booked(None, 500);
        let unknown = OrderId::new();
        let there = [
            (not_refunded.order_id, 500),
            (never_approved.order_id, 500),
            (unknown, 300),
        ];
        let expected = [
            (unpaid.order_id, 0, 500),
            (not_refunded.order_id, 500, 0),
            (never_approved.order_id, 500, 0),
            (unknown, 300, 0),
        ];
        assert_eq!(
            compared(&[unpaid, not_refunded, never_approved], &there),
            expected
        );
    }

    #[test]
    fn what_is_being_settled_has_just_changed_or_is_older_than_the_provider_was_asked_for_is_not_compared() {
        let mut moving = booked(Some(PaymentState::Refunded), 0);
        moving.is_moving = true;
        let mut fresh = booked(Some(PaymentState::Approved), 500);
        fresh.changed_at = Utc::now();
        let mut old = booked(Some(PaymentState::Approved), 500);
        old.created_at = Utc::now() - DAY * 9;
        let there = [(moving.order_id, 500)];
        assert_eq!(compared(&[moving, fresh, old], &there), []);
    }
}
