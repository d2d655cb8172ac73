//! Tests of the delivery's states: which events and commands lead from one to the next.

use super::*;
use DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::{DeliveryState, OrderId};
use proptest::prelude::*;

fn after(events: &[UpstreamEvent]) -> Delivery {
    let parcel = Parcel {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
    };
    let mut delivery = Delivery::new(parcel, events[0], Utc::now());
    for event in &events[1..] {
        delivery.apply(*event, Utc::now());
    }
    delivery
}

fn assign(rider_id: &str) -> Command {
    Command::Assign {
        rider_id: rider_id.into(),
    }
}

fn at(time: DateTime<Utc>) -> Position {
    Position::new(37.5, 127.0, time).unwrap()
}

#[test]
fn the_events_of_order_and_food_may_arrive_in_either_order() {
    for events in [
        [UpstreamEvent::OrderPlaced, UpstreamEvent::FoodReady],
        [UpstreamEvent::FoodReady, UpstreamEvent::OrderPlaced],
    ] {
        assert_eq!(after(&events).state, Ready, "{events:?}");
    }
}

#[test]
fn a_rider_leaves_when_the_order_allows_it() {
    let mut delivery = after(&[UpstreamEvent::OrderPlaced, UpstreamEvent::FoodReady]);
    delivery.execute(None, &Command::Start, Utc::now()).unwrap();
    assert_eq!(delivery.state, Departing);
    delivery.apply(UpstreamEvent::OrderOnTheWay, Utc::now());
    assert_eq!(delivery.state, Started);
    delivery.execute(None, &Command::Deliver, Utc::now()).unwrap();
    assert_eq!(delivery.state, Delivered);
}

#[test]
fn an_order_that_ends_while_the_rider_departs_is_not_delivered() {
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    delivery.execute(None, &Command::Start, Utc::now()).unwrap();
    delivery.apply(UpstreamEvent::OrderEnded, Utc::now());
    assert_eq!(delivery.state, Cancelled);
    assert!(delivery.execute(None, &Command::Deliver, Utc::now()).is_err());
}

#[test]
fn a_command_error_names_the_state_and_what_is_possible() {
    for (state, command, advice) in [
        (Requested, Command::Start, "it waits for the store"),
        (Ready, Command::Deliver, "possible now: assign, position, start"),
        (Departing, Command::Deliver, "the order's word"),
        (Departing, assign("another"), "the order's word"),
        (Started, assign("another"), "possible now: position, deliver"),
        (
            Delivered,
            Command::Locate(at(Utc::now())),
            "nothing more can be done",
        ),
        (Cancelled, Command::Start, "the order has ended"),
    ] {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        delivery.state = state;
        let error = delivery
            .execute(None, &command, Utc::now())
            .unwrap_err()
            .to_string();
        let named = error.contains(state.name()) && error.contains(command.name());
        assert!(named && error.contains(advice), "{error}");
    }
}

#[test]
fn a_delivery_changes_its_rider_only_until_the_rider_leaves() {
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    for rider in ["a", "b", "b"] {
        delivery.execute(None, &assign(rider), Utc::now()).unwrap();
        assert_eq!(delivery.rider_id.as_deref(), Some(rider));
    }
    delivery.execute(None, &Command::Start, Utc::now()).unwrap();
    assert!(delivery.execute(None, &assign("c"), Utc::now()).is_err());
    assert!(delivery.execute(None, &assign("b"), Utc::now()).is_ok());
}

#[test]
fn the_position_with_the_latest_time_is_kept() {
    let now = Utc::now();
    let ago = |seconds| at(now - TimeDelta::seconds(seconds));
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    for (reported, kept) in [(ago(20), ago(20)), (ago(10), ago(10)), (ago(15), ago(10))] {
        delivery.execute(None, &Command::Locate(reported), now).unwrap();
        assert_eq!(delivery.position, Some(kept));
    }
}

#[test]
fn a_position_from_a_fast_clock_counts_as_reported_now() {
    let now = Utc::now();
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    delivery
        .execute(None, &Command::Locate(at(now + TimeDelta::hours(1))), now)
        .unwrap();
    assert_eq!(delivery.position, Some(at(now)));
}

#[test]
fn a_rider_who_leaves_with_an_unassigned_delivery_takes_it_on() {
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    delivery.execute(Some("a"), &Command::Start, Utc::now()).unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Departing, Some("a"))
    );
    let result = delivery.execute(Some("b"), &Command::Start, Utc::now());
    assert_eq!(
        result,
        Err(CommandError::AssignedToOther(delivery.parcel.order_id))
    );
}

#[test]
fn an_administrator_who_starts_a_delivery_assigns_no_rider() {
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    delivery.execute(None, &Command::Start, Utc::now()).unwrap();
    assert_eq!((delivery.state, delivery.rider_id), (Departing, None));
}

#[test]
fn a_rider_cannot_assign_a_delivery_to_another_rider() {
    let mut delivery = after(&[UpstreamEvent::FoodReady]);
    let result = delivery.execute(Some("a"), &assign("b"), Utc::now());
    assert_eq!(result, Err(CommandError::AssignsOther));
    assert_eq!(delivery.rider_id, None);
}

#[test]
fn a_rider_neither_locates_nor_delivers_an_unassigned_delivery() {
    let mut delivery = after(&[UpstreamEvent::OrderOnTheWay]);
    for command in [Command::Deliver, Command::Locate(at(Utc::now()))] {
        let before = delivery.clone();
        let result = delivery.execute(Some("a"), &command, Utc::now());
        assert_eq!(result, Err(CommandError::Unassigned(before.parcel.order_id)));
        assert_eq!(delivery, before);
    }
    delivery.execute(Some("a"), &Command::Start, Utc::now()).unwrap();
    delivery
        .execute(Some("a"), &Command::Deliver, Utc::now())
        .unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Delivered, Some("a"))
    );
}

/// Who acts: two riders, or an administrator.
const ACTORS: [Option<&str>; 3] = [None, Some("a"), Some("b")];

#[derive(Debug, Clone)]
enum Input {
    Event(UpstreamEvent),
    Command(Option<&'static str>, Command),
}

fn feed(delivery: &mut Delivery, input: Input) -> Result<(), CommandError> {
    match input {
        Input::Event(event) => {
            delivery.apply(event, Utc::now());
            Ok(())
        }
        Input::Command(by, command) => delivery.execute(by, &command, Utc::now()),
    }
}

fn commands() -> [Command; 5] {
    [
        assign("a"),
        assign("b"),
        Command::Locate(at(Utc::now())),
        Command::Start,
        Command::Deliver,
    ]
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let events = [
        UpstreamEvent::OrderPlaced,
        UpstreamEvent::FoodReady,
        UpstreamEvent::OrderOnTheWay,
        UpstreamEvent::OrderEnded,
    ];
    let commands = (
        proptest::sample::select(ACTORS.to_vec()),
        proptest::sample::select(commands().to_vec()),
    );
    let input = prop_oneof![
        proptest::sample::select(events.to_vec()).prop_map(Input::Event),
        commands.prop_map(|(by, command)| Input::Command(by, command)),
    ];
    prop::collection::vec(input, 0..30)
}

fn rank(state: DeliveryState) -> u8 {
    match state {
        Requested => 0,
        Ready => 1,
        Departing => 2,
        Started => 3,
        Delivered | Cancelled => 4,
    }
}

proptest! {
    #[test]
    fn a_delivery_only_moves_forward_and_its_end_is_final(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let rejected = feed(&mut delivery, input).is_err();
            let moved = delivery.state != before.state;
            prop_assert!(!moved || rank(delivery.state) > rank(before.state));
            prop_assert!(!rejected || delivery == before);
        }
    }

    #[test]
    fn a_repeated_command_has_no_effect(inputs in inputs(), by in 0usize..3, command in 0usize..5) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let _ = feed(&mut delivery, input);
        }
        let (by, command) = (ACTORS[by], commands()[command].clone());
        if delivery.execute(by, &command, Utc::now()).is_ok() {
            let once = delivery.clone();
            prop_assert!(delivery.execute(by, &command, Utc::now()).is_ok());
            prop_assert_eq!(delivery, once);
        }
    }

    #[test]
    fn no_rider_changes_the_delivery_of_another(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Command(by, _) => *by,
                Input::Event(_) => None,
            };
            let rejected = feed(&mut delivery, input).is_err();
            if let (Some(rider), Some(owner)) = (by, before.rider_id.as_deref()) && rider != owner {
                prop_assert!(rejected && delivery == before);
            }
        }
    }

    #[test]
    fn a_delivery_that_a_rider_changes_is_theirs(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Command(by, _) => *by,
                Input::Event(_) => None,
            };
            let _ = feed(&mut delivery, input);
            if by.is_some() && delivery != before {
                prop_assert_eq!(delivery.rider_id.as_deref(), by);
            }
        }
    }

    #[test]
    fn nothing_is_delivered_before_the_order_is_on_its_way(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        let mut allowed = false;
        for input in inputs {
            allowed |= matches!(input, Input::Event(UpstreamEvent::OrderOnTheWay));
            let _ = feed(&mut delivery, input);
            prop_assert!(allowed || !matches!(delivery.state, Started | Delivered));
        }
    }

    #[test]
    fn the_first_decision_of_the_order_stands(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        let mut first = None;
        for input in inputs {
            if let Input::Event(decision @ (UpstreamEvent::OrderOnTheWay | UpstreamEvent::OrderEnded)) = input {
                first.get_or_insert(decision);
            }
            let _ = feed(&mut delivery, input);
            match first {
                Some(UpstreamEvent::OrderEnded) => prop_assert_eq!(delivery.state, Cancelled),
                Some(_) => prop_assert!(matches!(delivery.state, Started | Delivered)),
                None => prop_assert!(rank(delivery.state) < 3),
            }
        }
    }
}
