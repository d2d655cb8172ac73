//! Wakes everyone on this replica who waits for a change of the view, whichever replica made it.
//!
//! PostgreSQL's NOTIFY carries the news between replicas. A notification can be lost while the connection is
//! broken, so after each reconnection everyone is told to look again.

use crate::store::CHANNEL;
use fdp_contracts::OrderId;
use fdp_kit::Check;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// How many wake-ups a slow waiter may leave unread; beyond that it is told to look again.
const CAPACITY: usize = 1024;
const RETRY: Duration = Duration::from_millis(500);
/// After this long without news the connection is asked whether it lives: a dead peer sends no goodbye.
const SILENCE: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
enum Wake {
    Order(OrderId),
    Everyone,
}

/// The place where waiters of this replica subscribe.
#[derive(Debug, Clone)]
pub struct Live {
    wakes: broadcast::Sender<Wake>,
}

/// One waiter's subscription, to the changes of one order.
#[derive(Debug)]
pub struct Subscription {
    order_id: OrderId,
    wakes: broadcast::Receiver<Wake>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            wakes: broadcast::channel(CAPACITY).0,
        }
    }
}

impl Live {
    /// Subscribes to the changes of an order. To miss none, subscribe first and read the view after.
    pub fn subscribe(&self, order_id: OrderId) -> Subscription {
        Subscription {
            order_id,
            wakes: self.wakes.subscribe(),
        }
    }

    fn wake(&self, wake: Wake) {
        // Without subscribers there is nobody to tell.
        let _ = self.wakes.send(wake);
    }

    /// Passes on what the database announces, until stopped; `check` shows whether it can.
    pub async fn listen(self, pool: PgPool, check: Check, stop: CancellationToken) {
        let work = async {
            loop {
                let Err(error) = self.relay(&pool, &check).await;
                check.failing(&error.to_string());
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = stop.cancelled() => {}
        }
    }

    async fn relay(&self, pool: &PgPool, check: &Check) -> Result<std::convert::Infallible, sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        check.ready();
        self.wake(Wake::Everyone);
        loop {
            match tokio::time::timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => {
                    let order_id = notification.payload().parse();
                    self.wake(order_id.map_or(Wake::Everyone, Wake::Order));
                }

                // The connection was lost and is back.
                Ok(Ok(None)) => self.wake(Wake::Everyone),
                Ok(Err(error)) => return Err(error),
                Err(_silence) => {
                    let ping = sqlx::query("SELECT 1").execute(&mut listener);
                    tokio::time::timeout(ANSWER, ping)
                        .await
                        .map_err(|_| sqlx::Error::PoolTimedOut)??;
                }
            }
        }
    }
}

impl Subscription {
    /// Waits until the order may have changed; whether it has, the view tells.
    pub async fn changed(&mut self) {
        loop {
            match self.wakes.recv().await {
                Ok(Wake::Order(order_id)) if order_id != self.order_id => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                // The service ends, and with it whoever waits here.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_waiter_wakes_for_its_own_order_and_not_for_others() {
        let live = Live::default();
        let (mine, other) = (OrderId::new(), OrderId::new());
        let mut subscription = live.subscribe(mine);
        live.wake(Wake::Order(other));
        assert!(subscription.changed().now_or_never().is_none());
        live.wake(Wake::Order(mine));
        assert!(subscription.changed().now_or_never().is_some());
        assert!(subscription.changed().now_or_never().is_none(), "once per change");
    }

    #[test]
    fn a_waiter_looks_again_after_a_lost_connection_and_when_it_lagged_behind() {
        let live = Live::default();
        let mut subscription = live.subscribe(OrderId::new());
        live.wake(Wake::Everyone);
        assert!(subscription.changed().now_or_never().is_some());
        for _ in 0..=CAPACITY {
            live.wake(Wake::Order(OrderId::new()));
        }
        assert!(subscription.changed().now_or_never().is_some());
    }
}
