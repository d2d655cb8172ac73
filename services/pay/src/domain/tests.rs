//! Properties of every sequence of commands on a payment.

use super::*;
use chrono::Utc;
use fdp_contracts::{OrderId, PaymentState};
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
