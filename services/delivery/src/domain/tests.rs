//! The delivery's states: what leads from one to the next, and what cannot.

use super::*;
use DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
use chrono::TimeDelta;
use proptest::prelude::*;

fn heard(news: &[News]) -> Delivery {
    let parcel = Parcel {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
    };
    let mut delivery = Delivery::new(parcel, news[0], Utc::now());
    for news in &news[1..] {
        delivery.hear(*news, Utc::now());
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
fn the_news_of_order_and_food_may_come_in_either_order() {
    for news in [
        [News::OrderPlaced, News::FoodReady],
        [News::FoodReady, News::OrderPlaced],
    ] {
        assert_eq!(heard(&news).state, Ready, "{news:?}");
    }
}

#[test]
fn a_rider_leaves_when_the_order_says_so() {
    let mut delivery = heard(&[News::OrderPlaced, News::FoodReady]);
    delivery.obey(None, &Command::Start, Utc::now()).unwrap();
    assert_eq!(delivery.state, Departing);
    delivery.hear(News::OrderOnTheWay, Utc::now());
    assert_eq!(delivery.state, Started);
    delivery.obey(None, &Command::Deliver, Utc::now()).unwrap();
    assert_eq!(delivery.state, Delivered);
}

#[test]
fn an_order_that_ends_while_the_rider_is_about_to_leave_is_not_delivered() {
    let mut delivery = heard(&[News::FoodReady]);
    delivery.obey(None, &Command::Start, Utc::now()).unwrap();
    delivery.hear(News::OrderEnded, Utc::now());
    assert_eq!(delivery.state, Cancelled);
    assert!(delivery.obey(None, &Command::Deliver, Utc::now()).is_err());
}

#[test]
fn a_refusal_says_where_the_delivery_is_and_what_is_possible() {
    for (state, command, words) in [
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
        let mut delivery = heard(&[News::OrderPlaced]);
        delivery.state = state;
        let refusal = delivery.obey(None, &command, Utc::now()).unwrap_err().to_string();
        let named = refusal.contains(state_name(state)) && refusal.contains(command.name());
        assert!(named && refusal.contains(words), "{refusal}");
    }
}

#[test]
fn a_delivery_changes_hands_only_until_the_rider_leaves() {
    let mut delivery = heard(&[News::FoodReady]);
    for rider in ["a", "b", "b"] {
        delivery.obey(None, &assign(rider), Utc::now()).unwrap();
        assert_eq!(delivery.rider_id.as_deref(), Some(rider));
    }
    delivery.obey(None, &Command::Start, Utc::now()).unwrap();
    assert!(delivery.obey(None, &assign("c"), Utc::now()).is_err());
    assert!(delivery.obey(None, &assign("b"), Utc::now()).is_ok());
}

#[test]
fn the_latest_position_counts_whichever_comes_first() {
    let now = Utc::now();
    let ago = |seconds| at(now - TimeDelta::seconds(seconds));
    let mut delivery = heard(&[News::FoodReady]);
    for (told, kept) in [(ago(20), ago(20)), (ago(10), ago(10)), (ago(15), ago(10))] {
        delivery.obey(None, &Command::Locate(told), now).unwrap();
        assert_eq!(delivery.position, Some(kept));
    }
}

#[test]
fn a_position_from_a_clock_that_is_fast_counts_as_told_now() {
    let now = Utc::now();
    let mut delivery = heard(&[News::FoodReady]);
    delivery
        .obey(None, &Command::Locate(at(now + TimeDelta::hours(1))), now)
        .unwrap();
    assert_eq!(delivery.position, Some(at(now)));
}

#[test]
fn a_rider_who_leaves_with_what_nobody_has_taken_on_has_taken_it_on() {
    let mut delivery = heard(&[News::FoodReady]);
    delivery.obey(Some("a"), &Command::Start, Utc::now()).unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Departing, Some("a"))
    );
    let refusal = delivery.obey(Some("b"), &Command::Start, Utc::now());
    assert_eq!(refusal, Err(Refusal::AnotherRiders(delivery.parcel.order_id)));
}

#[test]
fn who_may_do_all_leaves_it_open_who_delivers() {
    let mut delivery = heard(&[News::FoodReady]);
    delivery.obey(None, &Command::Start, Utc::now()).unwrap();
    assert_eq!((delivery.state, delivery.rider_id), (Departing, None));
}

#[test]
fn a_rider_gives_no_delivery_to_another() {
    let mut delivery = heard(&[News::FoodReady]);
    let refusal = delivery.obey(Some("a"), &assign("b"), Utc::now());
    assert_eq!(refusal, Err(Refusal::ForAnother));
    assert_eq!(delivery.rider_id, None);
}

#[test]
fn a_rider_neither_locates_nor_delivers_what_nobody_has_taken_on() {
    let mut delivery = heard(&[News::OrderOnTheWay]);
    for command in [Command::Deliver, Command::Locate(at(Utc::now()))] {
        let before = delivery.clone();
        let refusal = delivery.obey(Some("a"), &command, Utc::now());
        assert_eq!(refusal, Err(Refusal::Unassigned(before.parcel.order_id)));
        assert_eq!(delivery, before);
    }
    delivery.obey(Some("a"), &Command::Start, Utc::now()).unwrap();
    delivery.obey(Some("a"), &Command::Deliver, Utc::now()).unwrap();
    assert_eq!(
        (delivery.state, delivery.rider_id.as_deref()),
        (Delivered, Some("a"))
    );
}

/// Who acts: two riders, or someone who may do all.
const ACTORS: [Option<&str>; 3] = [None, Some("a"), Some("b")];

#[derive(Debug, Clone)]
enum Input {
    News(News),
    Says(Option<&'static str>, Command),
}

fn apply(delivery: &mut Delivery, input: Input) -> Result<(), Refusal> {
    match input {
        Input::News(news) => {
            delivery.hear(news, Utc::now());
            Ok(())
        }
        Input::Says(by, command) => delivery.obey(by, &command, Utc::now()),
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
    let news = [
        News::OrderPlaced,
        News::FoodReady,
        News::OrderOnTheWay,
        News::OrderEnded,
    ];
    let says = (
        proptest::sample::select(ACTORS.to_vec()),
        proptest::sample::select(commands().to_vec()),
    );
    let input = prop_oneof![
        proptest::sample::select(news.to_vec()).prop_map(Input::News),
        says.prop_map(|(by, command)| Input::Says(by, command)),
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
    fn whatever_comes_a_delivery_only_moves_forward_and_its_end_is_final(inputs in inputs()) {
        let mut delivery = heard(&[News::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let refused = apply(&mut delivery, input).is_err();
            let moved = delivery.state != before.state;
            prop_assert!(!moved || rank(delivery.state) > rank(before.state));
            prop_assert!(!refused || delivery == before);
        }
    }

    #[test]
    fn a_command_given_twice_has_the_effect_of_one(inputs in inputs(), by in 0usize..3, command in 0usize..5) {
        let mut delivery = heard(&[News::OrderPlaced]);
        for input in inputs {
            let _ = apply(&mut delivery, input);
        }
        let (by, command) = (ACTORS[by], commands()[command].clone());
        if delivery.obey(by, &command, Utc::now()).is_ok() {
            let once = delivery.clone();
            prop_assert!(delivery.obey(by, &command, Utc::now()).is_ok());
            prop_assert_eq!(delivery, once);
        }
    }

    #[test]
    fn no_rider_changes_what_another_has(inputs in inputs()) {
        let mut delivery = heard(&[News::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Says(by, _) => *by,
                Input::News(_) => None,
            };
            let refused = apply(&mut delivery, input).is_err();
            if let (Some(rider), Some(owner)) = (by, before.rider_id.as_deref()) && rider != owner {
                prop_assert!(refused && delivery == before);
            }
        }
    }

    #[test]
    fn what_a_rider_changes_is_theirs_from_then_on(inputs in inputs()) {
        let mut delivery = heard(&[News::OrderPlaced]);
        for input in inputs {
            let before = delivery.clone();
            let by = match &input {
                Input::Says(by, _) => *by,
                Input::News(_) => None,
            };
            let _ = apply(&mut delivery, input);
            if by.is_some() && delivery != before {
                prop_assert_eq!(delivery.rider_id.as_deref(), by);
            }
        }
    }

    #[test]
    fn nothing_is_delivered_unless_the_order_said_that_it_is_on_its_way(inputs in inputs()) {
        let mut delivery = heard(&[News::OrderPlaced]);
        let mut allowed = false;
        for input in inputs {
            allowed |= matches!(input, Input::News(News::OrderOnTheWay));
            let _ = apply(&mut delivery, input);
            prop_assert!(allowed || !matches!(delivery.state, Started | Delivered));
        }
    }

    #[test]
    fn what_the_order_said_first_stands(inputs in inputs()) {
        let mut delivery = heard(&[News::OrderPlaced]);
        let mut first = None;
        for input in inputs {
            if let Input::News(word @ (News::OrderOnTheWay | News::OrderEnded)) = input {
                first.get_or_insert(word);
            }
            let _ = apply(&mut delivery, input);
            match first {
                Some(News::OrderEnded) => prop_assert_eq!(delivery.state, Cancelled),
                Some(_) => prop_assert!(matches!(delivery.state, Started | Delivered)),
                None => prop_assert!(rank(delivery.state) < 3),
            }
        }
    }
}
