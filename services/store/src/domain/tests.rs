//! The ticket's states: what leads from one to the next, and what cannot.

use super::*;
use TicketState::{Cancelled, CookingFinished, Received};
use fdp_contracts::OrderState;
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
fn a_store_that_acts_by_itself_gets_every_ticket_cooked() {
    let mut ticket = ticket();
    while let Some(command) = next(ticket.state) {
        ticket.obey(&command, Utc::now()).unwrap();
    }
    assert_eq!(ticket.state, CookingFinished);
}

#[test]
fn a_refusal_says_where_the_ticket_is_and_what_is_possible() {
    let mut ticket = ticket();
    let refusal = ticket.obey(&Command::FinishCooking, Utc::now()).unwrap_err();
    let words = "is Received, so that 'finish-cooking' is not possible; possible now: accept, reject";
    assert!(refusal.to_string().ends_with(words), "{refusal}");
    ticket.cancel(None, Utc::now());
    let refusal = ticket.obey(&Command::Accept, Utc::now()).unwrap_err();
    assert!(
        refusal.to_string().ends_with("nothing more can be done with it"),
        "{refusal}"
    );
}

#[test]
fn an_owner_cannot_refuse_what_is_accepted_nor_accept_what_is_refused() {
    let [accept, reject, ..] = commands();
    for (first, second) in [(&accept, &reject), (&reject, &accept)] {
        let mut ticket = ticket();
        ticket.obey(first, Utc::now()).unwrap();
        let before = ticket.clone();
        assert!(
            ticket.obey(second, Utc::now()).is_err(),
            "{second:?} after {first:?}"
        );
        assert_eq!(ticket, before);
    }
}

#[test]
fn cooked_food_is_not_uncooked_by_a_cancellation() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    ticket.cancel(None, Utc::now());
    assert_eq!(ticket.state, CookingFinished);
}

#[test]
fn nobody_comes_for_cooked_food_whose_order_has_ended() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    let before = ticket.snapshot();
    ticket.cancel(None, Utc::now());
    assert!(ticket.order_ended_at.is_some() && ticket.possible().is_empty());
    let refusal = ticket.obey(&Command::HandOver, Utc::now()).unwrap_err();
    assert!(
        refusal.to_string().ends_with("nothing more can be done with it"),
        "{refusal}"
    );
    assert_eq!(ticket.snapshot(), before, "the world hears nothing of it");
}

#[test]
fn food_that_was_handed_over_stays_so_when_its_order_ends() {
    let mut ticket = ticket();
    ticket.state = CookingFinished;
    ticket.obey(&Command::HandOver, Utc::now()).unwrap();
    ticket.cancel(None, Utc::now());
    ticket.obey(&Command::HandOver, Utc::now()).unwrap();
    assert!(ticket.handed_over_at.is_some() && ticket.order_ended_at.is_some());
}

#[test]
fn food_is_handed_over_once_it_is_cooked_and_the_world_hears_nothing_of_it() {
    let mut ticket = ticket();
    assert!(ticket.obey(&Command::HandOver, Utc::now()).is_err());
    ticket.state = CookingFinished;
    let before = ticket.snapshot();
    ticket.obey(&Command::HandOver, Utc::now()).unwrap();
    assert!(ticket.handed_over_at.is_some());
    assert_eq!(ticket.snapshot(), before);
    assert!(ticket.possible().is_empty());
}

proptest! {
    #[test]
    fn a_ticket_changes_by_exactly_the_commands_that_it_lists_and_never_leaves_its_end(inputs in inputs()) {
        let mut ticket = ticket();
        for input in inputs {
            let before = ticket.clone();
            match input {
                Input::Owner(command) => {
                    let listed = before.possible().contains(&command.name());
                    let obeyed = ticket.obey(&command, Utc::now()).is_ok();
                    prop_assert_eq!(ticket != before, listed);
                    prop_assert!(obeyed || !listed);
                }
                Input::OrderEnded => {
                    ticket.cancel(Some("changed my mind".into()), Utc::now());
                    let under_way = next(before.state).is_some();
                    let cooked = before.state == CookingFinished && before.order_ended_at.is_none();
                    prop_assert_eq!(ticket != before, under_way || cooked);
                    prop_assert_eq!(ticket.state == Cancelled, under_way || before.state == Cancelled);
                }
            }
            prop_assert!(ticket == before || ticket.state != Received);
        }
    }

    #[test]
    fn a_command_given_twice_has_the_effect_of_one(inputs in inputs(), again in 0usize..5) {
        let mut ticket = ticket();
        for input in inputs {
            match input {
                Input::Owner(command) => drop(ticket.obey(&command, Utc::now())),
                Input::OrderEnded => ticket.cancel(None, Utc::now()),
            }
        }
        let command = &commands()[again];
        if ticket.obey(command, Utc::now()).is_ok() {
            let once = ticket.clone();
            prop_assert!(ticket.obey(command, Utc::now()).is_ok());
            prop_assert_eq!(ticket, once);
        }
    }
}
