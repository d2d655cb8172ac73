//! What the pages of owners and riders need.

use super::{DeliveryService, InventoryService, RecipientService, StoreService, TicketService};
use crate::application::ports::ViewRepository;
use std::sync::Arc;

/// Everything that the requests of owners and riders share.
#[derive(Clone)]
pub struct Workplace {
    /// The view of stores and orders, for their names.
    pub view: Arc<dyn ViewRepository>,
    /// Stores and menus.
    pub stores: Arc<dyn StoreService>,
    /// Tickets.
    pub tickets: Arc<dyn TicketService>,
    /// Deliveries.
    pub deliveries: Arc<dyn DeliveryService>,
    /// Whom orders go to.
    pub recipients: Arc<dyn RecipientService>,
    /// Products.
    pub inventory: Arc<dyn InventoryService>,
}
