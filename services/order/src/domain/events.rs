//! How a change of an order is announced to other services.

use crate::domain::Order;
use fdp_contracts::Event;

impl Order {
    /// The event that announces the change from `before` (`None` if the order is new). Returns `None` if the version is
    /// the same, because only internal fields have changed.
    pub fn announcement(&self, before: Option<&Self>) -> Option<Event> {
        let is_visible = before.is_none_or(|before| before.snapshot().version != self.snapshot().version);
        is_visible.then(|| Event::Order(self.snapshot().clone()))
    }
}
