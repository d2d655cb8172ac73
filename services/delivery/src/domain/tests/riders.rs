//! Tests what riders may take on, and how they give it back.

use super::*;

fn offered() -> Delivery {
    after(&[UpstreamEvent::OrderPlaced, UpstreamEvent::CookingStarted])
}

#[test]
fn nobody_takes_a_delivery_on_before_the_store_begins_to_cook() {
    let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
    for (by, command) in [
        (rider("a"), assign("a")),
        (rider("a"), give_back()),
        (Actor::Administrator(Some("root".into())), assign("a")),
    ] {
        let error = delivery.execute(&by, &command, ROOM, Utc::now()).unwrap_err();
        assert_eq!(error, CommandError::NotOffered(delivery.parcel.order_id));
        assert!(error.to_string().contains("waits for the store to begin to cook"));
    }
    assert_eq!((delivery.rider_id.as_deref(), delivery.is_free()), (None, false));
    delivery.apply(UpstreamEvent::CookingStarted, Utc::now());
    assert_eq!((delivery.state, delivery.is_free()), (Requested, true));
    delivery
        .execute(&rider("a"), &assign("a"), ROOM, Utc::now())
        .unwrap();
    assert_eq!(delivery.rider_id.as_deref(), Some("a"));
}

#[test]
fn a_delivery_is_offered_from_the_first_event_that_shows_that_the_store_cooks() {
    for event in [
        UpstreamEvent::CookingStarted,
        FOOD_READY,
        UpstreamEvent::OrderOnTheWay,
    ] {
        let now = Utc::now();
        let mut delivery = after(&[UpstreamEvent::OrderPlaced]);
        delivery.apply(event, now);
        assert_eq!(delivery.offered_at, Some(now), "{event:?}");
        delivery.apply(FOOD_READY, now + TimeDelta::seconds(1));
        assert_eq!(delivery.offered_at, Some(now), "{event:?}");
        assert!(after(&[event]).offered_at.is_some(), "{event:?}");
    }
    for event in [UpstreamEvent::OrderPlaced, UpstreamEvent::OrderEnded] {
        assert_eq!(after(&[event]).offered_at, None, "{event:?}");
    }
}

#[test]
fn a_rider_with_as_many_deliveries_as_are_allowed_takes_no_more_on() {
    let full = Load { others: 3, limit: 3 };
    for (by, command) in [
        (rider("a"), assign("a")),
        (rider("a"), Command::Start),
        (Actor::System, assign("a")),
    ] {
        let mut delivery = after(&[FOOD_READY]);
        let before = delivery.clone();
        let error = delivery.execute(&by, &command, full, Utc::now()).unwrap_err();
        assert!(
            error.to_string().contains("has 3 deliveries under way"),
            "{error}"
        );
        assert_eq!(delivery, before);
        assert!(delivery.execute(&by, &command, ROOM, Utc::now()).is_ok());
        assert_eq!(delivery.rider_id.as_deref(), Some("a"));
    }
}

#[test]
fn a_rider_goes_on_with_what_they_have_also_beyond_the_limit() {
    let beyond = Load { others: 7, limit: 3 };
    let mut delivery = offered();
    delivery
        .execute(&rider("a"), &assign("a"), ROOM, Utc::now())
        .unwrap();
    delivery.apply(FOOD_READY, Utc::now());
    for command in [assign("a"), Command::Start] {
        delivery
            .execute(&rider("a"), &command, beyond, Utc::now())
            .unwrap();
    }
    assert_eq!(delivery.state, Departing);
}

#[test]
fn only_commands_that_may_give_a_rider_one_more_have_a_taker() {
    let a = rider("a");
    for (by, command, taker) in [
        (&a, assign("a"), Some("a")),
        (&Actor::System, assign("b"), Some("b")),
        (&a, Command::Start, Some("a")),
        (&Actor::System, Command::Start, None),
        (&a, give_back(), None),
        (&a, Command::Deliver, None),
    ] {
        assert_eq!(command.taker(by), taker, "{by} {}", command.name());
    }
}

#[test]
fn a_delivery_that_is_given_back_is_free_for_others() {
    let mut delivery = offered();
    for command in [assign("a"), Command::Locate(at(Utc::now())), give_back()] {
        delivery.execute(&rider("a"), &command, ROOM, Utc::now()).unwrap();
    }
    assert_eq!((&delivery.rider_id, delivery.position), (&None, None));
    assert!(delivery.is_free());
    delivery
        .execute(&rider("b"), &assign("b"), ROOM, Utc::now())
        .unwrap();
    let again = delivery.execute(&rider("a"), &give_back(), ROOM, Utc::now());
    assert_eq!(
        again,
        Err(CommandError::AssignedToOther(delivery.parcel.order_id))
    );
}

#[test]
fn a_delivery_is_not_given_back_once_its_rider_leaves() {
    for state in [Departing, Started, Delivered, Cancelled] {
        let mut delivery = after(&[FOOD_READY]);
        delivery
            .execute(&rider("a"), &assign("a"), ROOM, Utc::now())
            .unwrap();
        delivery.state = state;
        let error = delivery
            .execute(&rider("a"), &give_back(), ROOM, Utc::now())
            .unwrap_err();
        assert!(matches!(error, CommandError::WrongState { .. }), "{error}");
        assert_eq!(delivery.rider_id.as_deref(), Some("a"));
    }
}

#[test]
fn the_position_of_one_rider_is_not_that_of_the_next() {
    let mut delivery = offered();
    for command in [assign("a"), Command::Locate(at(Utc::now())), assign("b")] {
        delivery
            .execute(&Actor::System, &command, ROOM, Utc::now())
            .unwrap();
    }
    assert_eq!(delivery.position, None);
}
