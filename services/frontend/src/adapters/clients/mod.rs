//! Clients of other services.

mod delivery_client;
mod inventory_client;
mod order_client;
mod recipient_client;
mod service_client;
mod store_client;

pub use delivery_client::DeliveryClient;
pub use inventory_client::InventoryClient;
pub use order_client::OrderClient;
pub use recipient_client::RecipientClient;
pub use store_client::StoreClient;
