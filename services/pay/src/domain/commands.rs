//! The commands on a payment: pure decisions about the one payment that an order can have.
//!
//! ```text
//! (none) ─ approve ─→ Approved ─ order ended ─→ Refunded
//!    │                   │
//!    └──── void ─────────┴─────→ Voided       a void that comes first makes the payment impossible
//! ```

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: u64 = 1_000;

    #[derive(Debug, Clone, Copy)]
    enum Command {
        Approve(u64),
        Void,
        Refund,
    }

    fn commands() -> impl Strategy<Value = Vec<Command>> {
        let command = prop_oneof![
            (0..LIMIT + 2).prop_map(Command::Approve),
            prop_oneof![Just(100_u64), Just(200)].prop_map(Command::Approve),
            Just(Command::Void),
            Just(Command::Refund),
        ];
        proptest::collection::vec(command, 0..12)
    }

    /// Executes `command`; returns the payment afterwards and the decision.
    fn step(
        present: Option<&Payment>,
        command: Command,
        order_id: OrderId,
    ) -> (Option<Payment>, Result<Option<Payment>, ChargeError>) {
        let now = Utc::now();
        let decided = match command {
            Command::Approve(amount) => {
                let charge = Charge {
                    order_id,
                    customer_id: None,
                    amount,
                };
                approve(present, &charge, LIMIT, now)
            }
            Command::Void => Ok(void(present, order_id, now)),
            Command::Refund => Ok(refund(present, order_id, now)),
        };
        let after = match &decided {
            Ok(Some(changed)) => Some(changed.clone()),
            Ok(None) | Err(_) => present.cloned(),
        };
        (after, decided)
    }

    proptest! {
        #[test]
        fn an_order_is_paid_at_most_once_and_reversed_at_most_once(all in commands()) {
            let order_id = OrderId::new();
            let mut present: Option<Payment> = None;
            let (mut paid, mut reversed) = (0, 0);
            for command in all {
                let (after, decided) = step(present.as_ref(), command, order_id);
                let before = std::mem::replace(&mut present, after);
                match (before, decided) {
                    (None, Ok(Some(made))) => paid += u32::from(made.state == PaymentState::Approved),
                    (Some(before), Ok(Some(changed))) => {
                        prop_assert_eq!(before.state, PaymentState::Approved);
                        prop_assert_eq!((before.payment_id, before.amount), (changed.payment_id, changed.amount));
                        prop_assert_ne!(changed.state, PaymentState::Approved);
                        reversed += 1;
                    }
                    (before, Ok(None) | Err(_)) => prop_assert_eq!(before, present.clone()),
                }
            }
            prop_assert!(paid <= 1 && reversed <= paid);
            let live = present.is_some_and(|payment| payment.state == PaymentState::Approved);
            prop_assert_eq!(u32::from(live), paid - reversed);
        }

        #[test]
        fn repeating_a_command_changes_nothing(all in commands()) {
            let order_id = OrderId::new();
            let mut present = None;
            for command in all {
                let (once, _) = step(present.as_ref(), command, order_id);
                let (twice, decided) = step(once.as_ref(), command, order_id);
                prop_assert_eq!(&once, &twice);
                prop_assert!(!matches!(decided, Ok(Some(_))));
                present = twice;
            }
        }

        #[test]
        fn after_a_void_no_payment_is_ever_approved(all in commands()) {
            let order_id = OrderId::new();
            let (mut present, _) = step(None, Command::Void, order_id);
            for command in all {
                (present, _) = step(present.as_ref(), command, order_id);
                prop_assert_eq!(present.as_ref().map(|payment| payment.state), Some(PaymentState::Voided));
            }
        }
    }

    #[test]
    fn another_amount_for_a_paid_order_is_rejected_naming_both() {
        let order_id = OrderId::new();
        let (paid, _) = step(None, Command::Approve(100), order_id);
        let (_, rejected) = step(paid.as_ref(), Command::Approve(200), order_id);
        let message = rejected.unwrap_err().to_string();
        assert!(message.contains("100 won and not 200 won"), "{message}");
    }
}
