//! Decides whether a payment is reversed: it is voided if its order was abandoned, and refunded if its order was
//! cancelled or rejected.

use crate::domain::Payment;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId, PaymentState};

/// Voids the payment of an abandoned order. Without a payment, it records that the order must never be paid. Returns
/// `None` if nothing changes.
pub fn void(present: Option<&Payment>, order_id: OrderId, now: DateTime<Utc>) -> Option<Payment> {
    reverse(present, order_id, PaymentState::Voided, now)
}

/// Refunds the payment of an order that was cancelled or rejected. Returns `None` if nothing changes.
pub fn refund(present: Option<&Payment>, order_id: OrderId, now: DateTime<Utc>) -> Option<Payment> {
    reverse(present, order_id, PaymentState::Refunded, now)
}

fn reverse(
    present: Option<&Payment>,
    order_id: OrderId,
    to: PaymentState,
    now: DateTime<Utc>,
) -> Option<Payment> {
    let Some(payment) = present else {
        return Some(Payment {
            payment_id: PaymentId::new(),
            order_id,
            customer_id: None,
            amount: 0,
            state: PaymentState::Voided,
            changed_at: now,
        });
    };
    (payment.state == PaymentState::Approved).then(|| Payment {
        state: to,
        changed_at: now,
        ..payment.clone()
    })
}
