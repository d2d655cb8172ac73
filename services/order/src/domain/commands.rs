//! The commands on an order: the progress that other services report, and why a cancellation is rejected.

/// The progress that another service reports about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Its products were in stock and are reserved.
    StockTaken,
    /// The store has accepted it.
    Accepted,
    /// The store is cooking it.
    Cooking,
    /// This rider has its delivery now, or nobody has it any more.
    RiderChanged(Option<String>),
    /// A rider is ready to leave with it.
    Departing,
    /// A rider has left with it.
    OnTheWay,
    /// The customer has received it.
    Delivered,
    /// It cannot be fulfilled, with the reason.
    Rejected(String),
}

/// Why an order cannot be cancelled any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLate {
    /// A rider has left with it.
    #[error("a rider is on the way with this order, so it cannot be cancelled any more")]
    OnTheWay,
    /// It has been delivered.
    #[error("this order has been delivered, so it cannot be cancelled any more")]
    Delivered,
    /// It has been rejected.
    #[error("this order was rejected and its payment goes back by itself, so there is nothing to cancel")]
    Rejected,
}
