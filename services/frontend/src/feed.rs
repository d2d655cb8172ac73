//! One reader's stream of an order's changes: each once, in order, to the end of the order.

use crate::app::App;
use crate::domain::OrderView;
use fdp_contracts::{OrderId, OrderSnapshot};
use fdp_kit::live::Subscription;
use std::collections::VecDeque;

/// A reader's place in the life of an order.
#[derive(Debug)]
pub struct Feed {
    app: App,
    order_id: OrderId,
    subscription: Subscription<OrderId>,
    heard: Option<u32>,
    pending: VecDeque<OrderSnapshot>,
    ended: bool,
}

/// What a reader who knocks gets.
#[derive(Debug)]
pub enum Opened {
    /// No such order in the view.
    Unknown,
    /// The order has ended and the reader knows.
    NothingMore,
    /// The stream.
    Feed(Box<Feed>),
}

impl Feed {
    /// Opens the changes of an order for a reader who has `heard` up to that version.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn open(app: &App, order_id: OrderId, heard: Option<u32>) -> Result<Opened, sqlx::Error> {
        let subscription = app.live.subscribe(order_id);
        let Some(view) = app.order(order_id).await? else {
            return Ok(Opened::Unknown);
        };
        let mut feed = Self {
            app: app.clone(),
            order_id,
            subscription,
            heard,
            pending: VecDeque::new(),
            ended: false,
        };
        feed.take(&view);
        if feed.ended && feed.pending.is_empty() {
            return Ok(Opened::NothingMore);
        }
        Ok(Opened::Feed(Box::new(feed)))
    }

    fn take(&mut self, view: &OrderView) {
        self.pending = view.news(self.heard).into();
        self.ended = view.latest().state.is_final();
    }

    /// The next change. `None` when there will be none, when the service stops, or when the database cannot be
    /// read: the reader comes back with its place and misses nothing.
    pub async fn next(&mut self) -> Option<OrderSnapshot> {
        loop {
            if let Some(snapshot) = self.pending.pop_front() {
                self.heard = Some(snapshot.version);
                return Some(snapshot);
            }
            if self.ended {
                return None;
            }
            tokio::select! {
                () = self.subscription.changed() => {}
                () = self.app.stopping.cancelled() => return None,
            }
            match self.app.order(self.order_id).await {
                Ok(Some(view)) => self.take(&view),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, order_id = %self.order_id, "a stream of changes breaks off");
                    return None;
                }
            }
        }
    }
}
