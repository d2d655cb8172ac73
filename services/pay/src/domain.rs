//! What may become of a payment: pure decisions about the one payment that an order can have.
//!
//! ```text
//! (none) ─ approve ─→ Approved ─ order ended ─→ Refunded
//!    │                   │
//!    └──── void ─────────┴─────→ Voided       a void that comes first makes the payment impossible
//! ```

use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId, PaymentSnapshot, PaymentState};

/// The one payment of an order, or the note that there must never be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Names the payment.
    pub payment_id: PaymentId,
    /// The order that it pays.
    pub order_id: OrderId,
    /// Who pays, if told.
    pub customer_id: Option<String>,
    /// In won; 0 where nothing was ever paid.
    pub amount: u64,
    /// What became of it.
    pub state: PaymentState,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// A wish to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// For which order.
    pub order_id: OrderId,
    /// Who pays, if told.
    pub customer_id: Option<String>,
    /// In won.
    pub amount: u64,
}

/// Why an order cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing, or more than anybody may pay at once.
    #[error("{amount} won cannot be paid: the amount has to be 1 to {limit} won")]
    Amount {
        /// What was asked for.
        amount: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// It is paid, and with another amount.
    #[error("the order {order_id} is paid already, with {paid} won and not {amount} won")]
    OtherAmount {
        /// The order.
        order_id: OrderId,
        /// What was paid.
        paid: u64,
        /// What was asked for.
        amount: u64,
    },
    /// The order was given up.
    #[error("the order {order_id} was given up, so it cannot be paid; place a new order")]
    Voided {
        /// The order.
        order_id: OrderId,
    },
    /// The order has ended.
    #[error("the payment of the order {order_id} went back to the customer, so it cannot be paid again")]
    Refunded {
        /// The order.
        order_id: OrderId,
    },
}

/// Decides about `charge`, given the order's payment so far: the payment that is made now, or `None` when it was made
/// before. At most `limit` won are taken at once.
///
/// # Errors
/// When the order cannot be paid.
pub fn approve(
    present: Option<&Payment>,
    charge: &Charge,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Option<Payment>, Refusal> {
    let (order_id, amount) = (charge.order_id, charge.amount);
    if amount == 0 || amount > limit {
        return Err(Refusal::Amount { amount, limit });
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
        PaymentState::Voided => Err(Refusal::Voided { order_id }),
        PaymentState::Refunded => Err(Refusal::Refunded { order_id }),
        PaymentState::Approved if payment.amount == amount => Ok(None),
        PaymentState::Approved => Err(Refusal::OtherAmount {
            order_id,
            paid: payment.amount,
            amount,
        }),
    }
}

/// Gives the order up: what was paid goes back, and what was not paid never will be. `None` when it was so already.
pub fn void(present: Option<&Payment>, order_id: OrderId, now: DateTime<Utc>) -> Option<Payment> {
    give_back(present, order_id, PaymentState::Voided, now)
}

/// The order was placed and has ended before the door: its payment goes back. `None` when it has.
pub fn refund(present: Option<&Payment>, order_id: OrderId, now: DateTime<Utc>) -> Option<Payment> {
    give_back(present, order_id, PaymentState::Refunded, now)
}

fn give_back(
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

    /// Does `command` and gives the payment afterwards, with what the command changed.
    fn step(
        present: Option<&Payment>,
        command: Command,
        order_id: OrderId,
    ) -> (Option<Payment>, Result<Option<Payment>, Refusal>) {
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
        fn an_order_has_one_payment_that_is_paid_at_most_once_and_goes_back_at_most_once(all in commands()) {
            let order_id = OrderId::new();
            let mut present: Option<Payment> = None;
            let (mut paid, mut gone_back) = (0, 0);
            for command in all {
                let (after, decided) = step(present.as_ref(), command, order_id);
                let before = std::mem::replace(&mut present, after);
                match (before, decided) {
                    (None, Ok(Some(made))) => paid += u32::from(made.state == PaymentState::Approved),
                    (Some(before), Ok(Some(changed))) => {
                        prop_assert_eq!(before.state, PaymentState::Approved);
                        prop_assert_eq!((before.payment_id, before.amount), (changed.payment_id, changed.amount));
                        prop_assert_ne!(changed.state, PaymentState::Approved);
                        gone_back += 1;
                    }
                    (before, Ok(None) | Err(_)) => prop_assert_eq!(before, present.clone()),
                }
            }
            prop_assert!(paid <= 1 && gone_back <= paid);
            let live = present.is_some_and(|payment| payment.state == PaymentState::Approved);
            prop_assert_eq!(u32::from(live), paid - gone_back);
        }

        #[test]
        fn doing_a_command_twice_changes_nothing_more(all in commands()) {
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
    fn another_amount_for_a_paid_order_is_refused_with_both_amounts() {
        let order_id = OrderId::new();
        let (paid, _) = step(None, Command::Approve(100), order_id);
        let (_, refused) = step(paid.as_ref(), Command::Approve(200), order_id);
        let words = refused.unwrap_err().to_string();
        assert!(words.contains("100 won and not 200 won"), "{words}");
    }
}
