//! A reader's stream of an order's changes: each once, in order, until the order is final.

use super::storefront::Storefront;
use crate::domain::OrderView;
use fdp_contracts::{OrderId, OrderSnapshot};
use fdp_storage::RepositoryError;
use fdp_storage::live::Subscription;
use std::collections::VecDeque;

/// The stream of one reader.
pub struct OrderFeed {
    storefront: Storefront,
    order_id: OrderId,
    subscription: Subscription<OrderId>,
    last_seen: Option<u32>,
    pending: VecDeque<OrderSnapshot>,
    is_final: bool,
}

/// The result of opening a feed.
pub enum OpenedFeed {
    /// The view does not contain the order.
    UnknownOrder,
    /// The order is final, and the reader has seen that.
    Ended,
    /// The stream.
    Open(Box<OrderFeed>),
}

impl OrderFeed {
    /// Opens the feed of an order for a reader who has seen it up to the version `last_seen`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(
        storefront: &Storefront,
        order_id: OrderId,
        last_seen: Option<u32>,
    ) -> Result<OpenedFeed, RepositoryError> {
        let subscription = storefront.live.subscribe(order_id);
        let Some(view) = storefront.view.order(order_id).await? else {
            return Ok(OpenedFeed::UnknownOrder);
        };
        let mut feed = Self {
            storefront: storefront.clone(),
            order_id,
            subscription,
            last_seen,
            pending: VecDeque::new(),
            is_final: false,
        };
        feed.update(&view);
        if feed.is_final && feed.pending.is_empty() {
            return Ok(OpenedFeed::Ended);
        }
        Ok(OpenedFeed::Open(Box::new(feed)))
    }

    fn update(&mut self, view: &OrderView) {
        self.pending = view.unseen(self.last_seen).into();
        self.is_final = view.latest().state.is_final();
    }

    /// The next change. `None` when there will be none, when the service stops, or when the database fails: the reader
    /// reconnects with its last version and misses nothing.
    pub async fn next(&mut self) -> Option<OrderSnapshot> {
        loop {
            if let Some(snapshot) = self.pending.pop_front() {
                self.last_seen = Some(snapshot.version);
                return Some(snapshot);
            }
            if self.is_final {
                return None;
            }
            tokio::select! {
                () = self.subscription.changed() => {}
                () = self.storefront.stopping.cancelled() => return None,
            }
            match self.storefront.view.order(self.order_id).await {
                Ok(Some(view)) => self.update(&view),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, order_id = %self.order_id, "a stream of changes breaks off");
                    return None;
                }
            }
        }
    }
}
