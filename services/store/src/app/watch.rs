//! One owner's view of the store's tickets as they change: the newest form of each, none left out.
//!
//! A watcher's place is the last transaction of which it has seen everything. Transactions get their numbers when they
//! begin and may end in another order: what changed in one that is not yet followed by finished ones alone has to wait.

use super::Bell;
use crate::domain::Ticket;
use crate::store::changes;
use fdp_kit::live::Subscription;
use sqlx::PgPool;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How soon to look again for a change that still has to wait.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The longest pause between two looks: a transaction that takes hours, in any database of the server, makes changes
/// wait for as long.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where owners come to watch.
#[derive(Debug, Clone)]
pub struct Watch {
    pool: PgPool,
    bell: Bell,
    stopping: CancellationToken,
}

/// How far a watcher has come: all changes up to this one are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The number of the transaction that made the change.
    pub transaction: i64,
    /// The order whose ticket it was; one transaction may change many.
    pub order_id: String,
}

/// One watching owner.
#[derive(Debug)]
pub struct Watcher {
    watch: Watch,
    store_id: String,
    subscription: Subscription<String>,
    place: Place,
    pending: VecDeque<(Place, Ticket)>,
}

impl Place {
    /// Before anything was seen.
    pub(crate) fn nowhere() -> Self {
        Self {
            transaction: -1,
            order_id: String::new(),
        }
    }
}

impl Watch {
    /// Watches the tickets in the database behind `pool`; `bell` says when to look, and `stopping` ends it.
    pub fn new(pool: PgPool, bell: Bell, stopping: CancellationToken) -> Self {
        Self { pool, bell, stopping }
    }

    /// Watches the tickets of `store_id` from `place` on; without one, first come all that are under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(&self, store_id: String, place: Option<Place>) -> Result<Watcher, sqlx::Error> {
        let subscription = self.bell.subscribe(store_id.clone());
        let (place, pending) = changes::start(&self.pool, &store_id, place).await?;
        Ok(Watcher {
            watch: self.clone(),
            store_id,
            subscription,
            place,
            pending: pending.into(),
        })
    }
}

impl Watcher {
    /// The next ticket that is new or has changed, and the place after it. `None` when the service stops, or when the
    /// database cannot be read: the owner comes back with the last place and misses nothing.
    pub async fn next(&mut self) -> Option<(Place, Ticket)> {
        let mut pause = LOOK_AGAIN;
        loop {
            if let Some((place, ticket)) = self.pending.pop_front() {
                self.place = self.place.clone().max(place.clone());
                return Some((place, ticket));
            }
            match changes::after(&self.watch.pool, &self.store_id, &self.place).await {
                Ok(news) => {
                    self.pending = news.settled.into();
                    if !self.pending.is_empty() {
                        continue;
                    }
                    let wait = async {
                        if news.some_have_to_wait {
                            tokio::time::sleep(pause).await;
                        } else {
                            self.subscription.changed().await;
                        }
                    };
                    tokio::select! {
                        () = wait => {}
                        () = self.watch.stopping.cancelled() => return None,
                    }
                    pause = if news.some_have_to_wait {
                        longer(pause)
                    } else {
                        LOOK_AGAIN
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

/// The pause after this one, while there is nothing to show.
fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.transaction, self.order_id)
    }
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event of tickets")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (transaction, order_id) = text.trim().split_once('.').ok_or(NoPlace)?;
        Ok(Self {
            transaction: transaction.parse().map_err(|_| NoPlace)?,
            order_id: order_id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_wait_looks_again_at_once_and_then_ever_less_often_down_to_once_a_second() {
        let pauses: Vec<_> = std::iter::successors(Some(LOOK_AGAIN), |pause| Some(longer(*pause)))
            .take(9)
            .map(|pause| pause.as_millis())
            .collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
    }

    #[test]
    fn a_place_reads_back_as_it_was_written_and_anything_else_is_none() {
        let place = Place {
            transaction: 42,
            order_id: "ord_1".into(),
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "42", "x.ord_1", ".ord_1"] {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text:?}");
        }
    }
}
