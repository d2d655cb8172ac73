//! What the use cases need from the database and from the order service.

use crate::domain::{OrderView, Recipient};
use async_trait::async_trait;
use fdp_contracts::{AwaitingPayment, OrderId, OrderLine, OrderSnapshot, ProductSnapshot, StoreSnapshot};
use fdp_http::Problem;
use fdp_storage::RepositoryError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;

/// Reads the view.
#[async_trait]
pub trait ViewRepository: Send + Sync + 'static {
    /// One order with its history; `None` if the view does not contain it.
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderView>, RepositoryError>;

    /// A customer's orders, newest first, at most `limit`.
    async fn orders_of(&self, customer_id: &str, limit: u32) -> Result<Vec<OrderSnapshot>, RepositoryError>;

    /// Products by name, at most `limit`.
    async fn products(&self, limit: u32) -> Result<Vec<ProductSnapshot>, RepositoryError>;

    /// Stores with their menus by id, shorter ids first so that 2 comes before 10; at most `limit`.
    async fn stores(&self, limit: u32) -> Result<Vec<StoreSnapshot>, RepositoryError>;

    /// The stores with these ids, in any order, without those that have told nothing yet.
    async fn stores_by_id(&self, store_ids: &[String]) -> Result<Vec<StoreSnapshot>, RepositoryError>;
}

/// The view, inside the transaction of one batch of events.
#[async_trait]
pub trait ViewTransaction: Send {
    /// The error of the database.
    type Error;

    /// Adds snapshots of orders. Those that the view contains already stay.
    async fn add_orders(
        &mut self,
        orders: &BTreeMap<(OrderId, u32), OrderSnapshot>,
    ) -> Result<(), Self::Error>;

    /// Saves the newest snapshot of each product.
    async fn put_products(&mut self, products: &BTreeMap<String, ProductSnapshot>)
    -> Result<(), Self::Error>;

    /// Saves each store, unless the view contains a higher version of it.
    async fn put_stores(&mut self, stores: &BTreeMap<String, StoreSnapshot>) -> Result<(), Self::Error>;
}

/// The order service did not do what was requested.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It rejected the request.
    #[error("{operation}: the order service answers {} {}", problem.status, problem.detail)]
    Rejected {
        /// What was requested.
        operation: &'static str,
        /// Its reason.
        problem: Problem,
    },
    /// It is still processing the same request, sent before.
    #[error("{operation}: the order service is still busy with it")]
    InProgress {
        /// What was requested.
        operation: &'static str,
    },
    /// It was not reached, so nothing was done.
    #[error("{operation}: the order service cannot be reached: {source}")]
    Unreachable {
        /// What was requested.
        operation: &'static str,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It is unknown whether it was done.
    #[error("{operation}: the order service gives no answer: {source}")]
    NoResponse {
        /// What was requested.
        operation: &'static str,
        /// The failure of the HTTP request.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// An order that a customer places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRequest {
    /// The customer.
    pub customer_id: String,
    /// The store.
    pub store_id: String,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// What the customer was told that the delivery costs, in won.
    pub delivery_fee: u64,
    /// Whom it goes to, if the customer has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver_to: Option<Recipient>,
}

/// What has become of a request to place an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It is paid and placed.
    Placed(OrderId),
    /// Its customer has to pay first.
    AwaitingPayment(OrderId),
}

impl Placement {
    /// The order, or the one that it becomes.
    pub fn order_id(self) -> OrderId {
        match self {
            Self::Placed(order_id) | Self::AwaitingPayment(order_id) => order_id,
        }
    }
}

/// Where an order stands whose customer had to pay at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStanding {
    /// It waits for its payment.
    Awaited(AwaitingPayment),
    /// It is paid, and an order.
    Placed,
    /// It was not paid in time, or was given up.
    NotPaid,
    /// There is no such order.
    Unknown,
}

/// The order service.
#[async_trait]
pub trait OrderService: Send + Sync + 'static {
    /// Places an order; the same `key` with the same order places it once.
    async fn place(&self, order: &OrderRequest, key: &str) -> Result<Placement, OrderError>;

    /// Where an order stands whose customer had to pay at a provider.
    async fn payment(&self, order_id: OrderId) -> Result<PaymentStanding, OrderError>;

    /// Whom an order goes to; `None` if nobody has said so, or it is kept no longer. It gives up soon: pages can be shown without.
    async fn recipient(&self, order_id: OrderId) -> Result<Option<Recipient>, OrderError>;

    /// Cancels an order; doing it twice is the same as once.
    async fn cancel(&self, order_id: OrderId) -> Result<(), OrderError>;
}
