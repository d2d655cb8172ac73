//! Tests of the ticket's states: which commands lead from one to the next.

use super::*;
use TicketState::{Cancelled, CookingFinished, Received};
use chrono::Utc;
use fdp_contracts::{OrderId, OrderSnapshot, OrderState, TicketState};
use proptest::prelude::*;

fn ticket() -> Ticket {
    let order = OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    };
    Ticket::received(&order, Utc::now())
}

fn commands() -> [Command; 5] {
    let reason = "sold out".to_owned();
    [
        Command::Accept,
        Command::Reject { reason },
        Command::StartCooking,
        Command::FinishCooking,
        Command::HandOver,
    ]
}

#[derive(Debug, Clone)]
enum Input {
    Owner(Command),
    OrderEnded,
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        8 => proptest::sample::select(commands().to_vec()).prop_map(Input::Owner),
        1 => Just(Input::OrderEnded),
    ];
    prop::collection::vec(input, 0..20)
}

#[test]
fn an_automatic_store_cooks_every_ticket() {
    let mut ticket = ticket();
    while let Some(command) = next(ticket.state) {
        ticket.execute(&command, Utc::now()).unwrap();
    }
    assert_eq!(ticket.state, CookingFinished);
}

#[test]
fn a_command_error_names_the_state_and_what_is_possible() {
    let mut ticket = ticket();
    let error = ticket.execute(&Command::FinishCooking, Utc::now()).unwrap_err();
    let expected = "is Received, so that 'finish-cooking' is not possible; possible now: accept, reject";
    assert!(error.to_string().ends_with(expected), "{error}");
    ticket.cancel(None, Utc::now());
    let error = ticket.execute(&Command::Accept, Utc::now()).unwrap_err();
    assert!(
        error.to_string().ends_with("nothing more can be done with it"),
        "{error}"
    );
}

#[test]
fn an_accepted_ticket_cannot_be_rejected_nor_a_rejected_one_accepted() {
    let [accept, reject, ..] = commands();
    for (first, second) in [(&accept, &reject), (&reject, &accept)] {
        let mut ticket = ticket();
        ticket.execute(first, Utc::now()).unwrap();
        let before = ticket.clone();
        assert!(
            ticket.execute(second, Utc::now()).is_err(),
            "{second:?} after {first:?}"
        );
        assert_eq!(ticket, before);
    }
}

#[test]
fn a_cancellation_leaves_cooked_food_cooked() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    ticket.cancel(None, Utc::now());
    assert_eq!(ticket.state, CookingFinished);
}

#[test]
fn no_rider_comes_for_cooked_food_whose_order_has_ended() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    let before = ticket.snapshot();
    ticket.cancel(None, Utc::now());
    assert!(ticket.order_ended_at.is_some() && ticket.possible().is_empty());
    let error = ticket.execute(&Command::HandOver, Utc::now()).unwrap_err();
    assert!(
        error.to_string().ends_with("nothing more can be done with it"),
        "{error}"
    );
    assert_eq!(ticket.snapshot(), before, "nothing is published");
}

#[test]
fn food_that_was_handed_over_stays_so_when_its_order_ends() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    ticket.execute(&Command::HandOver, Utc::now()).unwrap();
    ticket.cancel(None, Utc::now());
    ticket.execute(&Command::HandOver, Utc::now()).unwrap();
    assert!(ticket.handed_over_at.is_some() && ticket.order_ended_at.is_some());
}

#[test]
fn cooked_food_is_handed_over_and_nothing_is_published() {
    let mut ticket = ticket();
    assert!(ticket.execute(&Command::HandOver, Utc::now()).is_err());
    ticket.state = CookingFinished;
    let before = ticket.snapshot();
    ticket.execute(&Command::HandOver, Utc::now()).unwrap();
    assert!(ticket.handed_over_at.is_some());
    assert_eq!(ticket.snapshot(), before);
    assert!(ticket.possible().is_empty());
}

proptest! {
    #[test]
    fn a_ticket_changes_by_exactly_the_commands_that_it_lists(inputs in inputs()) {
        let mut ticket = ticket();
        for input in inputs {
            let before = ticket.clone();
            match input {
                Input::Owner(command) => {
                    let listed = before.possible().contains(&command.name());
                    let executed = ticket.execute(&command, Utc::now()).is_ok();
                    prop_assert_eq!(ticket != before, listed);
                    prop_assert!(executed || !listed);
                }
                Input::OrderEnded => {
                    ticket.cancel(Some("changed my mind".into()), Utc::now());
                    let active = next(before.state).is_some();
                    let cooked = before.state == CookingFinished && before.order_ended_at.is_none();
                    prop_assert_eq!(ticket != before, active || cooked);
                    prop_assert_eq!(ticket.state == Cancelled, active || before.state == Cancelled);
                }
            }
            prop_assert!(ticket == before || ticket.state != Received);
        }
    }

    #[test]
    fn a_repeated_command_has_no_effect(inputs in inputs(), again in 0usize..5) {
        let mut ticket = ticket();
        for input in inputs {
            match input {
                Input::Owner(command) => drop(ticket.execute(&command, Utc::now())),
                Input::OrderEnded => ticket.cancel(None, Utc::now()),
            }
        }
        let command = &commands()[again];
        if ticket.execute(command, Utc::now()).is_ok() {
            let once = ticket.clone();
            prop_assert!(ticket.execute(command, Utc::now()).is_ok());
            prop_assert_eq!(ticket, once);
        }
    }
}
