//! The priced basket: everything that an order needs to be placed.

use fdp_contracts::OrderLine;

/// A valid, priced order request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// The customer who orders.
    pub customer_id: String,
    /// The store that prepares the order.
    pub store_id: String,
    /// At least one line.
    pub lines: Vec<OrderLine>,
    /// What the delivery costs, in won.
    pub delivery_fee: u64,
    /// The version of the store and its menu that sets the prices.
    pub store_version: u64,
    /// The total to pay, in won.
    pub amount: u64,
}
