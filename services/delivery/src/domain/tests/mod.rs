//! Tests of the delivery's states: which events and commands lead from one to the next.

mod deadlines;
mod history;
mod riders;

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

const FOOD_READY: UpstreamEvent = UpstreamEvent::FoodReady {
    pick_up_within_minutes: 15,
};

/// That of a rider who may take one on.
const ROOM: Load = Load { others: 2, limit: 3 };

fn rider(rider_id: &str) -> Actor {
    Actor::Rider(rider_id.into())
}

fn assign(rider_id: &str) -> Command {
    Command::Assign {
        rider_id: rider_id.into(),
    }
}

fn give_back() -> Command {
    Command::GiveBack {
        reason: "a flat tyre".into(),
    }
}

fn at(time: DateTime<Utc>) -> Position {
    Position::new(37.5, 127.0, time).unwrap()
}

#[test]
fn the_events_of_order_and_food_may_arrive_in_either_order() {
    for events in [
        [UpstreamEvent::OrderPlaced, FOOD_READY],
        [FOOD_READY, UpstreamEvent::OrderPlaced],
    ] {
        assert_eq!(after(&events).state, Ready, "{events:?}");
    }
}

#[test]
fn a_rider_leaves_when_the_order_allows_it() {
    let mut delivery = after(&[UpstreamEvent::OrderPlaced, FOOD_READY]);
    delivery
        .execute(&Actor::System, &Command::Start, ROOM, Utc::now())
        .unwrap();
    assert_eq!(delivery.state, Departing);
    delivery.apply(UpstreamEvent::OrderOnTheWay, Utc::now());
    assert_eq!(delivery.state, Started);
    delivery
        .execute(&Actor::System, &Command::Deliver, ROOM, Utc::now())
        .unwrap();
    assert_eq!(delivery.state, Delivered);
}

#[test]
fn an_order_that_ends_while_the_rider_departs_is_not_delivered() {
    let mut delivery = after(&[FOOD_READY]);
    delivery
        .execute(&Actor::System, &Command::Start, ROOM, Utc::now())
        .unwrap();
    delivery.apply(UpstreamEvent::OrderEnded, Utc::now());
    assert_eq!(delivery.state, Cancelled);
    assert!(
        delivery
            .execute(&Actor::System, &Command::Deliver, ROOM, Utc::now())
            .is_err()
    );
}

#[test]
fn a_command_error_names_the_state_and_what_is_possible() {
    for (state, command, advice) in [
        (Requested, Command::Start, "it waits for the store"),
        (
            Ready,
            Command::Deliver,
            "possible now: assign, give-back, position, start",
        ),
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
            .execute(&Actor::System, &command, ROOM, Utc::now())
            .unwrap_err()
            .to_string();
        let named = error.contains(state.name()) && error.contains(command.name());
        assert!(named && error.contains(advice), "{error}");
    }
}

#[test]
fn a_delivery_changes_its_rider_only_until_the_rider_leaves() {
    let mut delivery = after(&[FOOD_READY]);
    for rider in ["a", "b", "b"] {
        delivery
            .execute(&Actor::System, &assign(rider), ROOM, Utc::now())
            .unwrap();
        assert_eq!(delivery.rider_id.as_deref(), Some(rider));
    }
    delivery
        .execute(&Actor::System, &Command::Start, ROOM, Utc::now())
        .unwrap();
    assert!(
        delivery
            .execute(&Actor::System, &assign("c"), ROOM, Utc::now())
            .is_err()
    );
    assert!(
        delivery
            .execute(&Actor::System, &assign("b"), ROOM, Utc::now())
            .is_ok()
    );
}

#[test]
fn the_position_with_the_latest_time_is_kept() {
    let now = Utc::now();
    let ago = |seconds| at(now - TimeDelta::seconds(seconds));
    let mut delivery = after(&[FOOD_READY]);
    for (reported, kept) in [(ago(20), ago(20)), (ago(10), ago(10)), (ago(15), ago(10))] {
        delivery
            .execute(&Actor::System, &Command::Locate(reported), ROOM, now)
            .unwrap();
        assert_eq!(delivery.position, Some(kept));
    }
}

#[test]
fn a_position_from_a_fast_clock_counts_as_reported_now() {
    let now = Utc::now();
    let mut delivery = after(&[FOOD_READY]);
    delivery
        .execute(
            &Actor::System,
            &Command::Locate(at(now + TimeDelta::hours(1))),
            ROOM,
            now,
        )
        .unwrap();
    assert_eq!(delivery.position, Some(at(now)));
}

#[test]
fn a_rider_who_leaves_with_an_unassigned_delivery_takes_it_on() {
    let mut delivery = after(&[FOOD_READY]);
    delivery
        .execute(&rider("a"), &Command::Start, ROOM, Utc::now())
        .unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Departing, Some("a"))
    );
    let result = delivery.execute(&rider("b"), &Command::Start, ROOM, Utc::now());
    assert_eq!(
        result,
        Err(CommandError::AssignedToOther(delivery.parcel.order_id))
    );
}

#[test]
fn an_administrator_who_starts_a_delivery_assigns_no_rider() {
    let mut delivery = after(&[FOOD_READY]);
    delivery
        .execute(&Actor::System, &Command::Start, ROOM, Utc::now())
        .unwrap();
    assert_eq!((delivery.state, delivery.rider_id), (Departing, None));
}

#[test]
fn a_rider_cannot_assign_a_delivery_to_another_rider() {
    let mut delivery = after(&[FOOD_READY]);
    let result = delivery.execute(&rider("a"), &assign("b"), ROOM, Utc::now());
    assert_eq!(result, Err(CommandError::AssignsOther));
    assert_eq!(delivery.rider_id, None);
}

#[test]
fn a_rider_neither_locates_nor_delivers_an_unassigned_delivery() {
    let mut delivery = after(&[UpstreamEvent::OrderOnTheWay]);
    for command in [Command::Deliver, Command::Locate(at(Utc::now()))] {
        let before = delivery.clone();
        let result = delivery.execute(&rider("a"), &command, ROOM, Utc::now());
        assert_eq!(result, Err(CommandError::Unassigned(before.parcel.order_id)));
        assert_eq!(delivery, before);
    }
    delivery
        .execute(&rider("a"), &Command::Start, ROOM, Utc::now())
        .unwrap();
    delivery
        .execute(&rider("a"), &Command::Deliver, ROOM, Utc::now())
        .unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Delivered, Some("a"))
    );
}

/// Who acts: two riders, or someone who may do everything.
fn actors() -> [Actor; 3] {
    [Actor::System, rider("a"), rider("b")]
}

#[derive(Debug, Clone)]
enum Input {
    Event(UpstreamEvent),
    Command(Actor, Command),
}

fn feed(delivery: &mut Delivery, input: Input) -> Result<(), CommandError> {
    match input {
        Input::Event(event) => {
            delivery.apply(event, Utc::now());
            Ok(())
        }
        Input::Command(by, command) => delivery.execute(&by, &command, ROOM, Utc::now()),
    }
}

fn commands() -> [Command; 6] {
    [
        assign("a"),
        assign("b"),
        give_back(),
        Command::Locate(at(Utc::now())),
        Command::Start,
        Command::Deliver,
    ]
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let events = [
        UpstreamEvent::OrderPlaced,
        UpstreamEvent::CookingStarted,
        FOOD_READY,
        UpstreamEvent::OrderOnTheWay,
        UpstreamEvent::OrderEnded,
    ];
    let commands = (
        proptest::sample::select(actors().to_vec()),
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
    fn a_repeated_command_has_no_effect(inputs in inputs(), by in 0usize..3, command in 0usize..6) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let _ = feed(&mut delivery, input);
        }
        let (by, command) = (actors()[by].clone(), commands()[command].clone());
        if delivery.execute(&by, &command, ROOM, Utc::now()).is_ok() {
            let once = delivery.clone();
            prop_assert!(delivery.execute(&by, &command, ROOM, Utc::now()).is_ok());
            prop_assert_eq!(delivery, once);
        }
    }

    #[test]
    fn no_rider_changes_the_delivery_of_another(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Command(by, _) => by.rider().map(str::to_owned),
                Input::Event(_) => None,
            };
            let rejected = feed(&mut delivery, input).is_err();
            if let (Some(rider), Some(owner)) = (by, before.rider_id.clone()) && rider != owner {
                prop_assert!(rejected && delivery == before);
            }
        }
    }

    #[test]
    fn a_delivery_that_a_rider_changes_is_theirs_until_they_give_it_back(inputs in inputs()) {
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Command(by, _) => by.rider().map(str::to_owned),
                Input::Event(_) => None,
            };
            let gives_back = matches!(input, Input::Command(_, Command::GiveBack { .. }));
            let _ = feed(&mut delivery, input);
            if by.is_some() && delivery != before {
                prop_assert_eq!(delivery.rider_id.as_deref(), if gives_back { None } else { by.as_deref() });
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
