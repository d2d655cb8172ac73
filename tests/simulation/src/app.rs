//! What a process of each service can be asked for.

use delivery::application::deliveries::Deliveries;
use order::application::Orders;
use pay::application::Payments;
use store::application::tickets::Tickets;

/// What a process can be asked for.
#[derive(Clone)]
pub enum App {
    /// Orders.
    Order(Orders),
    /// Payments.
    Pay(Payments),
    /// Tickets.
    Store(Tickets),
    /// Deliveries.
    Delivery(Deliveries),
    /// Nothing that matters here.
    Silent,
}
