//! What customers and their banks do, as the test says.

use crate::page::pays;
use crate::peer::StripePeer;
use crate::records::{IntentStatus, SessionStatus};

impl StripePeer {
    fn session_id(&self, order_id: &str) -> String {
        self.with_books(|books| {
            let session = books.session_of(order_id);
            session
                .unwrap_or_else(|| panic!("no page for {order_id}"))
                .id
                .clone()
        })
    }

    fn intent(&self, order_id: &str, status: IntentStatus) {
        let session_id = self.session_id(order_id);
        self.with_books(|books| {
            let intent = books.intent_of_session(&session_id);
            books.intent_mut(&intent).status = status;
        });
    }

    /// The customer of an order pays; returns whether that was possible.
    pub fn customer_pays(&self, order_id: &str) -> bool {
        pays(&self.shared, &self.session_id(order_id))
    }

    /// The bank wants to know whether it is the customer (3-D Secure); [`Self::customer_pays`] answers that.
    pub fn bank_asks(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::RequiresAction);
    }

    /// The bank declines the customer's card.
    pub fn bank_declines(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::RequiresPaymentMethod);
    }

    /// The customer lets the time pass.
    pub fn page_expires(&self, order_id: &str) {
        let session_id = self.session_id(order_id);
        self.with_books(|books| books.session_mut(&session_id).status = SessionStatus::Expired);
    }

    /// The bank gives up what it held for too long.
    pub fn held_for_too_long(&self, order_id: &str) {
        self.intent(order_id, IntentStatus::Canceled);
    }
}
