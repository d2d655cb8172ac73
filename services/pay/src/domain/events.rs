//! How a payment is announced to other services.

use crate::domain::Payment;
use fdp_contracts::{Event, PaymentSnapshot};

impl Payment {
    /// The payment as other services see it.
    pub fn snapshot(&self) -> PaymentSnapshot {
        PaymentSnapshot {
            payment_id: self.payment_id,
            order_id: self.order_id,
            amount: self.amount,
            state: self.state,
            changed_at: self.changed_at,
        }
    }

    /// The event that announces the payment's current state.
    pub fn event(&self) -> Event {
        Event::Payment(self.snapshot())
    }
}
