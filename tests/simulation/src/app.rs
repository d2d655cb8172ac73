//! What a process of each service can be asked for.

use delivery::app::Deliveries;
use order::app::Orders;
use pay::app::Payments;
use store::app::Tickets;

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
