//! What owners and riders do on the pages: everything is done by the services that own stores, deliveries and stock, on behalf
//! of whom the gateway has named.

mod deliveries;
mod products;
mod recipients;
mod service_error;
mod stores;
mod tickets;
mod workplace;

pub use deliveries::{Delivery, DeliveryCommand, DeliveryService};
pub use products::{InventoryService, Product, ProductChange, Restock};
pub use recipients::RecipientService;
pub use service_error::ServiceError;
pub use stores::{Hours, MenuItem, Store, StoreService};
pub use tickets::{HistoryEntry, Ticket, TicketCommand, TicketService, TicketsPage};
pub use workplace::Workplace;
