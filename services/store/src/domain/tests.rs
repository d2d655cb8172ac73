//! Tests of the ticket's states: which commands lead from one to the next.

use super::*;
use TicketState::{Accepted, Cancelled, CookingFinished, CookingStarted, Received, Rejected};
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
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    };
    Ticket::received(&order, Utc::now())
}

fn owner() -> Actor {
    Actor::Owner(Some("7".to_owned()))
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
        ticket.execute(&owner(), &command, Utc::now()).unwrap();
    }
    assert_eq!(ticket.state, CookingFinished);
}

#[test]
fn a_command_error_names_the_state_and_what_is_possible() {
    let mut ticket = ticket();
    let error = ticket
        .execute(&owner(), &Command::FinishCooking, Utc::now())
        .unwrap_err();
    let expected = "is Received, so that 'finish-cooking' is not possible; possible now: accept, reject";
    assert!(error.to_string().ends_with(expected), "{error}");
    ticket.cancel(None, Utc::now());
    let error = ticket
        .execute(&owner(), &Command::Accept, Utc::now())
        .unwrap_err();
    assert!(
        error.to_string().ends_with("nothing more can be done with it"),
        "{error}"
    );
}

#[test]
fn a_rejected_ticket_cannot_be_accepted() {
    let [accept, reject, ..] = commands();
    let mut ticket = ticket();
    ticket.execute(&owner(), &reject, Utc::now()).unwrap();
    let before = ticket.clone();
    assert!(ticket.execute(&owner(), &accept, Utc::now()).is_err());
    assert_eq!(ticket, before);
}

#[test]
fn an_owner_may_give_up_until_the_food_is_ready() {
    let [_, reject, ..] = commands();
    for (state, possible) in [
        (Received, true),
        (Accepted, true),
        (CookingStarted, true),
        (CookingFinished, false),
        (Cancelled, false),
    ] {
        let mut ticket = ticket();
        ticket.state = state;
        assert_eq!(ticket.possible().contains(&"reject"), possible, "{state:?}");
        assert_eq!(
            ticket.execute(&owner(), &reject, Utc::now()).is_ok(),
            possible,
            "{state:?}"
        );
        assert_eq!(ticket.state == Rejected, possible);
        assert_eq!(ticket.reason.as_deref(), possible.then_some("sold out"));
    }
}

#[test]
fn only_a_ticket_that_waits_for_its_store_expires() {
    for state in [
        Received,
        Accepted,
        Rejected,
        CookingStarted,
        CookingFinished,
        Cancelled,
    ] {
        let mut ticket = ticket();
        ticket.state = state;
        let before = ticket.clone();
        ticket.expire(Utc::now());
        if state == Received {
            assert_eq!(ticket.state, Rejected);
            assert_eq!(ticket.reason.as_deref(), Some(NOT_ACCEPTED_IN_TIME));
        } else {
            assert_eq!(ticket, before, "{state:?}");
        }
    }
}

/// What happened, by whom and why.
fn told(ticket: &Ticket) -> Vec<(&str, &str, Option<&str>)> {
    let entries = ticket.happened.iter();
    entries
        .map(|entry| (&*entry.what, &*entry.by, entry.reason.as_deref()))
        .collect()
}

#[test]
fn the_history_tells_who_did_what_and_why_and_nothing_twice() {
    let [accept, reject, ..] = commands();
    let mut ticket = ticket();
    for _ in 0..2 {
        ticket.execute(&owner(), &accept, Utc::now()).unwrap();
    }
    for _ in 0..2 {
        let admin = Actor::Administrator(Some("1".to_owned()));
        ticket.execute(&admin, &reject, Utc::now()).unwrap();
    }
    assert_eq!(
        told(&ticket),
        [
            ("Received", "order", None),
            ("Accepted", "owner 7", None),
            ("Rejected", "admin 1", Some("sold out"))
        ]
    );
}

#[test]
fn the_history_includes_what_is_no_state() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    ticket.happened.clear();
    for _ in 0..2 {
        ticket.execute(&owner(), &Command::HandOver, Utc::now()).unwrap();
        ticket.cancel(Some("changed my mind".to_owned()), Utc::now());
    }
    assert_eq!(
        told(&ticket),
        [
            (what::HANDED_OVER, "owner 7", None),
            (what::ORDER_ENDED, "order", Some("changed my mind"))
        ]
    );
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
    let error = ticket
        .execute(&owner(), &Command::HandOver, Utc::now())
        .unwrap_err();
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
    ticket.execute(&owner(), &Command::HandOver, Utc::now()).unwrap();
    ticket.cancel(None, Utc::now());
    ticket.execute(&owner(), &Command::HandOver, Utc::now()).unwrap();
    assert!(ticket.handed_over_at.is_some() && ticket.order_ended_at.is_some());
}

#[test]
fn cooked_food_is_handed_over_and_nothing_is_published() {
    let mut ticket = ticket();
    assert!(ticket.execute(&owner(), &Command::HandOver, Utc::now()).is_err());
    ticket.state = CookingFinished;
    let before = ticket.snapshot();
    ticket.execute(&owner(), &Command::HandOver, Utc::now()).unwrap();
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
                    let executed = ticket.execute(&owner(), &command, Utc::now()).is_ok();
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
                Input::Owner(command) => drop(ticket.execute(&owner(), &command, Utc::now())),
                Input::OrderEnded => ticket.cancel(None, Utc::now()),
            }
        }
        let command = &commands()[again];
        if ticket.execute(&owner(), command, Utc::now()).is_ok() {
            let once = ticket.clone();
            prop_assert!(ticket.execute(&owner(), command, Utc::now()).is_ok());
            prop_assert_eq!(ticket, once);
        }
    }
}
