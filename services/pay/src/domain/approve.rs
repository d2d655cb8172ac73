//! Decides whether the payment of an order is approved.

use crate::domain::Payment;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId, PaymentState};

/// The command to take the payment of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The order to pay for.
    pub order_id: OrderId,
    /// The customer who pays, if known.
    pub customer_id: Option<String>,
    /// In won.
    pub amount: u64,
}

/// Why a charge is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChargeError {
    /// The amount is 0, or above the limit of one payment.
    #[error("{amount} won cannot be paid: the amount has to be 1 to {limit} won")]
    Amount {
        /// The requested amount.
        amount: u64,
        /// The highest amount of one payment.
        limit: u64,
    },
    /// The order is paid already, with another amount.
    #[error("the order {order_id} is paid already, with {paid} won and not {amount} won")]
    OtherAmount {
        /// The order.
        order_id: OrderId,
        /// The amount that was paid.
        paid: u64,
        /// The requested amount.
        amount: u64,
    },
    /// The payment was voided because the order was abandoned.
    #[error("the order {order_id} was given up, so it cannot be paid; place a new order")]
    Voided {
        /// The order.
        order_id: OrderId,
    },
    /// The payment was refunded because the order was cancelled or rejected.
    #[error("the payment of the order {order_id} went back to the customer, so it cannot be paid again")]
    Refunded {
        /// The order.
        order_id: OrderId,
    },
}

/// Decides about `charge`, given the order's current payment: returns the new payment, or `None` if the order is paid
/// already with the same amount. `limit` is the highest amount of one payment, in won.
///
/// # Errors
/// When the order cannot be paid.
pub fn approve(
    present: Option<&Payment>,
    charge: &Charge,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Option<Payment>, ChargeError> {
    let (order_id, amount) = (charge.order_id, charge.amount);
    if amount == 0 || amount > limit {
        return Err(ChargeError::Amount { amount, limit });
    }
    let Some(payment) = present else {
        return Ok(Some(Payment {
            payment_id: PaymentId::new(),
            order_id,
            customer_id: charge.customer_id.clone(),
            amount,
            state: PaymentState::Approved,
            changed_at: now,
        }));
    };
    match payment.state {
        PaymentState::Voided => Err(ChargeError::Voided { order_id }),
        PaymentState::Refunded => Err(ChargeError::Refunded { order_id }),
        PaymentState::Approved if payment.amount == amount => Ok(None),
        PaymentState::Approved => Err(ChargeError::OtherAmount {
            order_id,
            paid: payment.amount,
            amount,
        }),
    }
}
