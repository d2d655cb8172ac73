//! Tests that a delivery keeps who did what.

use super::*;

#[test]
fn each_step_is_kept_with_who_took_it_and_why() {
    let mut delivery = after(&[UpstreamEvent::OrderPlaced, UpstreamEvent::CookingStarted]);
    let admin = Actor::Administrator(Some("root".into()));
    for (by, command) in [
        (&rider("a"), assign("a")),
        (&rider("a"), Command::Locate(at(Utc::now()))),
        (&rider("a"), give_back()),
        (&rider("a"), give_back()),
        (&admin, assign("b")),
    ] {
        delivery.execute(by, &command, ROOM, Utc::now()).unwrap();
    }
    delivery.apply(FOOD_READY, Utc::now());
    delivery.release(Overdue::NotPickedUp, Utc::now());
    delivery
        .execute(&Actor::Autopilot, &Command::Start, ROOM, Utc::now())
        .unwrap();
    delivery.apply(UpstreamEvent::OrderOnTheWay, Utc::now());
    let kept: Vec<_> = delivery
        .happened
        .iter()
        .map(|entry| (&*entry.what, &*entry.by, entry.rider_id.as_deref()))
        .collect();
    assert_eq!(
        kept,
        [
            ("Requested", "order", None),
            ("Offered", "store", None),
            ("Assigned", "rider a", Some("a")),
            ("GivenBack", "rider a", Some("a")),
            ("Assigned", "admin root", Some("b")),
            ("Ready", "store", Some("b")),
            ("Released", "deadline", Some("b")),
            ("Departing", "autopilot", None),
            ("Started", "order", None),
        ]
    );
    let reasons: Vec<_> = delivery
        .happened
        .iter()
        .filter_map(|entry| entry.reason.as_deref())
        .collect();
    assert_eq!(reasons, ["a flat tyre", Overdue::NotPickedUp.reason()]);
}
