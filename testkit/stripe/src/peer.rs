//! The server: started on a loopback port, and steered by the test.

use crate::books::Books;
use crate::fault::{Fault, Operation};
use crate::records::{Refund, RefundStatus};
use crate::shared::Shared;
use crate::{calls, page};
use axum::Router;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that stands in for Stripe; it ends when its value is dropped.
pub struct StripePeer {
    pub(crate) shared: Arc<Shared>,
    endpoint: String,
    server: JoinHandle<()>,
}

impl StripePeer {
    /// The secret key of the account.
    pub const SECRET_KEY: &'static str = "sk_test_peer";
    /// The secret with which messages are signed.
    pub const WEBHOOK_SECRET: &'static str = "whsec_peer";

    /// Starts a server with empty books.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::new(Self::SECRET_KEY, Books::new(endpoint.clone())));
        let routes: Router = calls::routes().merge(page::routes()).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            shared,
            endpoint,
            server,
        }
    }

    /// The value for `STRIPE_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes the next call of this kind that is not planned yet go wrong.
    pub fn plan(&self, operation: Operation, fault: Fault) {
        self.shared.plan(operation, fault);
    }

    /// How many calls of this kind have arrived.
    pub fn calls(&self, operation: Operation) -> usize {
        self.shared
            .begun
            .borrow()
            .get(&operation)
            .copied()
            .unwrap_or_default()
    }

    /// Waits until so many calls of this kind have arrived.
    pub async fn until_called(&self, operation: Operation, times: usize) {
        let mut begun = self.shared.begun.subscribe();
        let enough =
            |begun: &BTreeMap<Operation, usize>| begun.get(&operation).is_some_and(|seen| *seen >= times);
        begun.wait_for(enough).await.unwrap();
    }

    /// A copy of the books.
    pub fn books(&self) -> Books {
        self.shared.books.lock().unwrap().clone()
    }

    /// Reads or changes the books.
    pub fn with_books<T>(&self, work: impl FnOnce(&mut Books) -> T) -> T {
        work(&mut self.shared.books.lock().unwrap())
    }

    /// What is held or was taken for an order and did not go back, in won.
    pub fn held(&self, order_id: &str) -> u64 {
        self.shared.books.lock().unwrap().held(order_id)
    }

    /// What refunds are from now on, until [`Self::end_refunds`].
    pub fn new_refunds_are(&self, status: RefundStatus) {
        self.with_books(|books| books.new_refunds = status);
    }

    /// All refunds that are pending end so.
    pub fn end_refunds(&self, status: RefundStatus) {
        self.with_books(|books| {
            let pending = |refund: &&mut Refund| refund.status == RefundStatus::Pending;
            for refund in books.refunds.iter_mut().filter(pending) {
                refund.status = status;
            }
        });
    }
}

impl Drop for StripePeer {
    fn drop(&mut self) {
        self.server.abort();
    }
}
