//! Tests of replicas that wake each other's waiters, without a database.

use super::*;
use futures::FutureExt as _;

fn woken(subscription: &mut Subscription<String>) -> bool {
    subscription.changed().now_or_never().is_some()
}

fn live() -> Live<String> {
    Live::new("test")
}

#[tokio::test]
async fn a_waiter_wakes_once_for_its_own_key_and_not_for_others() {
    let live = live();
    let mut subscription = live.subscribe("mine".into());
    live.announce(["other".to_owned()]);
    assert!(!woken(&mut subscription));
    live.announce(["mine".to_owned(), "other".to_owned()]);
    assert!(woken(&mut subscription));
    assert!(!woken(&mut subscription));
}

#[tokio::test]
async fn another_replica_receives_what_this_one_sends() {
    let (here, there) = (live(), live());
    let mut mine = there.subscribe("mine".into());
    let mut other = there.subscribe("other".into());
    here.announce(["mine".to_owned()]);
    for message in here.hub.messages().unwrap() {
        there.hub.receive(&message);
    }
    assert!(woken(&mut mine));
    assert!(!woken(&mut other));
    assert!(here.hub.messages().unwrap().is_empty(), "it is told once");
}

#[tokio::test]
async fn a_replicas_own_message_wakes_nobody_twice() {
    let live = live();
    let mut subscription = live.subscribe("mine".into());
    live.announce(["mine".to_owned()]);
    assert!(woken(&mut subscription));
    for message in live.hub.messages().unwrap() {
        live.hub.receive(&message);
    }
    assert!(!woken(&mut subscription));
}

#[tokio::test]
async fn keys_that_are_too_long_and_unknown_messages_wake_everyone() {
    let (here, there) = (live(), live());
    let mut subscription = there.subscribe("mine".into());
    here.announce(["x".repeat(LONGEST_PAYLOAD)]);
    let messages = here.hub.messages().unwrap();
    assert!(messages.iter().all(|text| text.len() <= LONGEST_PAYLOAD));
    there.hub.receive(&messages[0]);
    assert!(woken(&mut subscription));
    there.hub.receive("ord_1");
    assert!(woken(&mut subscription));
}

#[tokio::test]
async fn a_key_that_nobody_waits_for_any_more_is_forgotten() {
    let live = live();
    let (first, second) = (live.subscribe("mine".into()), live.subscribe("mine".into()));
    drop(first);
    assert_eq!(lock(&live.hub.waiting).len(), 1);
    drop(second);
    assert!(lock(&live.hub.waiting).is_empty());
}
