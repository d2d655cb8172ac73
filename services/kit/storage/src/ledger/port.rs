//! The ledger's port for use cases, independent of the data store; a simulation has its own implementation.

use crate::ledger::change::{Change, Decide, Decided};
use crate::ledger::error::LedgerError;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use std::sync::{Mutex, PoisonError};

/// Aggregates of one kind, one per order.
#[async_trait]
pub trait Ledger<A: Send>: Send + Sync + 'static {
    /// Changes the order's aggregate with `decide`, atomically with the events.
    async fn change(&self, order_id: OrderId, decide: Decide<'_, A>) -> Result<Decided<A>, LedgerError>;

    /// The order's aggregate as it was last committed.
    async fn find(&self, order_id: OrderId) -> Result<Option<A>, LedgerError>;
}

impl<A: Send + 'static> dyn Ledger<A> {
    /// Changes the order's aggregate with `decide`, atomically with the events; returns the rejection if the final
    /// decision is one. The ledger may call `decide` several times, because another transaction may change the
    /// aggregate meanwhile; only the last call counts.
    ///
    /// # Errors
    /// When the ledger fails. Nothing has changed then, unless only its last response was lost.
    pub async fn decide<E: Send>(
        &self,
        order_id: OrderId,
        decide: impl Fn(Option<&A>) -> Result<Option<Change<A>>, E> + Send + Sync,
    ) -> Result<Result<Decided<A>, E>, LedgerError> {
        let rejection = Mutex::new(None);
        let last = |present: Option<&A>| {
            let (change, rejected) = match decide(present) {
                Ok(change) => (change, None),
                Err(error) => (None, Some(error)),
            };
            *rejection.lock().unwrap_or_else(PoisonError::into_inner) = rejected;
            change
        };
        let decided = self.change(order_id, &last).await?;
        let rejected = rejection.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(rejected.map_or(Ok(decided), Err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of one number. Before each second decision, another transaction doubles the number.
    struct Contended(Mutex<u32>);

    #[async_trait]
    impl Ledger<u32> for Contended {
        async fn change(&self, _: OrderId, decide: Decide<'_, u32>) -> Result<Decided<u32>, LedgerError> {
            let mut number = self.0.lock().unwrap();
            // This decision is discarded: the number that it is based on is outdated.
            let _ = decide(Some(&number));
            *number *= 2;
            let change = decide(Some(&number));
            let changed = change.is_some();
            if let Some(change) = change {
                *number = change.aggregate;
            }
            Ok(Decided {
                aggregate: Some(*number),
                changed,
            })
        }

        async fn find(&self, _: OrderId) -> Result<Option<u32>, LedgerError> {
            Ok(Some(*self.0.lock().unwrap()))
        }
    }

    async fn halved(number: u32) -> Result<u32, String> {
        let ledger: &dyn Ledger<u32> = &Contended(Mutex::new(number));
        let halve = |present: Option<&u32>| match present {
            Some(number) if *number > 10 => Err(format!("{number} is too much")),
            Some(number) => Ok(Some(Change {
                aggregate: number / 2,
                events: vec![],
            })),
            None => Ok(None),
        };
        let decided = ledger.decide(OrderId::new(), halve).await.unwrap();
        decided.map(|decided| decided.aggregate.unwrap())
    }

    #[tokio::test]
    async fn the_decision_that_counts_is_the_one_whose_rejection_is_returned() {
        assert_eq!(halved(4).await, Ok(4));
        assert_eq!(halved(8).await, Err("16 is too much".to_owned()));
    }
}
