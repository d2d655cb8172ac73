//! The requests that a process of each service can handle.

use delivery::application::deliveries::Deliveries;
use order::application::Orders;
use pay::application::Payments;
use store::application::tickets::Tickets;

/// The API of a process.
#[derive(Clone)]
pub enum App {
    Order(Orders),
    Pay(Payments),
    Store(Tickets),
    Delivery(Deliveries),
    /// No API that matters here.
    Silent,
}
