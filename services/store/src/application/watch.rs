//! The use case of owners who watch the tickets of their store: after each change, they get the current ticket.
//!
//! Transactions get their numbers when they begin and may end in another order. A change is settled, and returned to
//! the watcher, when no transaction with a lower number is active any more.

use super::notifier::TicketNotifier;
use super::ports::{TicketChange, TicketChangeLog};
use super::stream_position::StreamPosition;
use fdp_storage::RepositoryError;
use fdp_storage::live::Subscription;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The first pause before changes that are not settled yet are read again.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause: a transaction that takes hours, in any database of the server, keeps changes unsettled for as
/// long.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Watches tickets.
#[derive(Debug, Clone)]
pub struct TicketWatch {
    log: Arc<dyn TicketChangeLog>,
    notifier: TicketNotifier,
    stopping: CancellationToken,
}

/// One owner who watches.
#[derive(Debug)]
pub struct Watcher {
    watch: TicketWatch,
    store_id: String,
    subscription: Subscription<String>,
    position: StreamPosition,
    pending: VecDeque<TicketChange>,
}

impl TicketWatch {
    /// Watches the changes in `log`; `notifier` wakes the watchers, and `stopping` ends all streams.
    pub fn new(log: Arc<dyn TicketChangeLog>, notifier: TicketNotifier, stopping: CancellationToken) -> Self {
        Self {
            log,
            notifier,
            stopping,
        }
    }

    /// Watches the tickets of `store_id` from `position` on; without one, the stream begins with all active tickets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(
        &self,
        store_id: String,
        position: Option<StreamPosition>,
    ) -> Result<Watcher, RepositoryError> {
        let subscription = self.notifier.subscribe(store_id.clone());
        let (position, pending) = self.log.start(&store_id, position).await?;
        Ok(Watcher {
            watch: self.clone(),
            store_id,
            subscription,
            position,
            pending: pending.into(),
        })
    }
}

impl Watcher {
    /// The next ticket that is new or has changed, and the position after it. `None` when the service stops or the
    /// database fails: the client resumes with its last position and misses nothing.
    pub async fn next(&mut self) -> Option<TicketChange> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some((position, ticket)) = self.pending.pop_front() {
                self.position = self.position.clone().max(position.clone());
                return Some((position, ticket));
            }
            match self.watch.log.after(&self.store_id, &self.position).await {
                Ok(read) => {
                    self.pending = read.settled.into();
                    if !self.pending.is_empty() {
                        continue;
                    }
                    let wait = async {
                        if read.has_unsettled {
                            tokio::time::sleep(pause).await;
                        } else {
                            self.subscription.changed().await;
                        }
                    };
                    tokio::select! {
                        () = wait => {}
                        () = self.watch.stopping.cancelled() => return None,
                    }
                    pause = if read.has_unsettled {
                        longer(pause)
                    } else {
                        FIRST_PAUSE
                    };
                }
                Err(error) => {
                    tracing::warn!(%error, store_id = %self.store_id, "a stream of tickets breaks off");
                    return None;
                }
            }
        }
    }
}

/// The pause after this one, while there are only unsettled changes.
fn longer(pause: Duration) -> Duration {
    (pause * 2).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_before_unsettled_changes_double_up_to_a_second() {
        let pauses: Vec<_> = std::iter::successors(Some(FIRST_PAUSE), |pause| Some(longer(*pause)))
            .take(9)
            .map(|pause| pause.as_millis())
            .collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
    }
}
