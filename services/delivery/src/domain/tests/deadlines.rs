//! Tests when a delivery is taken from its rider.

use super::*;
use std::time::Duration;

const SILENT: Duration = Duration::from_mins(10);

fn taken(events: &[UpstreamEvent]) -> Delivery {
    let mut delivery = after(events);
    delivery
        .execute(&rider("a"), &assign("a"), ROOM, Utc::now())
        .unwrap();
    delivery
}

fn waited(to_leave: Option<u64>, silent: u64) -> Waited {
    Waited {
        to_leave: to_leave.map(Duration::from_secs),
        silent: Duration::from_secs(silent),
    }
}

#[test]
fn food_waits_for_its_rider_as_long_as_the_store_says() {
    let ready = UpstreamEvent::FoodReady {
        pick_up_within_minutes: 2,
    };
    let delivery = taken(&[UpstreamEvent::CookingStarted, ready]);
    for (seconds, overdue) in [(119, None), (120, Some(Overdue::NotPickedUp))] {
        assert_eq!(delivery.overdue(waited(Some(seconds), 0), SILENT), overdue);
    }
}

#[test]
fn a_rider_may_be_silent_until_the_limit_while_the_food_is_cooked() {
    let delivery = taken(&[UpstreamEvent::CookingStarted]);
    for (seconds, overdue) in [(599, None), (600, Some(Overdue::Silent))] {
        assert_eq!(delivery.overdue(waited(None, seconds), SILENT), overdue);
    }
}

#[test]
fn no_deadline_passes_without_a_rider_or_once_the_rider_leaves() {
    let long = waited(Some(100_000), 100_000);
    assert_eq!(after(&[FOOD_READY]).overdue(long, SILENT), None);
    for state in [Departing, Started, Delivered, Cancelled] {
        let mut delivery = taken(&[FOOD_READY]);
        delivery.state = state;
        assert_eq!(delivery.overdue(long, SILENT), None, "{state:?}");
    }
}

#[test]
fn a_released_delivery_is_free_for_others() {
    let mut delivery = taken(&[FOOD_READY]);
    delivery.release(Overdue::NotPickedUp, Utc::now());
    assert_eq!((delivery.state, &delivery.rider_id), (Ready, &None));
    assert!(delivery.is_free());
    delivery
        .execute(&rider("b"), &Command::Start, ROOM, Utc::now())
        .unwrap();
    assert_eq!(delivery.rider_id.as_deref(), Some("b"));
}
