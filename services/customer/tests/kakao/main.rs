//! Tests messages that are sent over HTTP to a mock of Kakao, from a real database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod faults;
mod kill;
mod mock;
#[path = "../support/mod.rs"]
mod support;
mod world;

use chrono::{TimeDelta, Utc};
use customer::adapters::kakao::Kakao;
use customer::application::ports::{Message, Messenger as _};
use customer::application::sender::SenderConfig;
use customer::domain::{Language, SendResult, SendState};
use fdp_contracts::OrderId;
use mock::{Mock, Reply};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use world::{CUSTOMER, FRIEND, World};

use SendState::{Failed, Local, Pending, Sent, Unknown};

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn each_change_is_sent_once_and_in_order_in_the_customers_language() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let sender = world.sender(&mock);
    world
        .set_contact("200", "kakao-friend-200", Language::English)
        .await;
    let (korean, english) = (OrderId::new(), OrderId::new());
    world.order(korean, CUSTOMER, 1..=5).await;
    let messages = world.until(korean, &[Sent; 5]).await;
    world.order(english, "200", 1..=1).await;
    let english_messages = world.until(english, &[Sent]).await;

    let expected: Vec<&str> = messages
        .iter()
        .map(|message| message.text.korean.as_str())
        .collect();
    let delivered = mock.delivered();
    let texts: Vec<&str> = delivered[..5]
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(texts, expected);
    assert!(delivered[..5].iter().all(|message| message.receiver == FRIEND));
    assert_eq!(
        delivered[0].page,
        format!("https://shop.example/shop/orders/{korean}")
    );
    assert_eq!(delivered[5].text, english_messages[0].text.english);
    assert_eq!(delivered.len(), 6);
    assert_eq!(mock.lock().granted, 1, "one token serves all");
    sender.stop().await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn messages_to_a_customer_without_a_contact_stay_local() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let _sender = world.sender(&mock);
    let stranger = OrderId::new();
    world.order(stranger, "stranger", 1..=2).await;
    let known = world.placed().await;
    world.until(known, &[Sent]).await;
    world.until(stranger, &[Local, Local]).await;
    assert_eq!(mock.delivered().len(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_message_stays_local_if_its_contact_is_removed_before_it_is_sent() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let order_id = world.placed().await;
    world.until(order_id, &[Pending]).await;
    world.state().contacts.remove(CUSTOMER).await.unwrap();
    let _sender = world.sender(&mock);
    world.until(order_id, &[Local]).await;
    assert_eq!(mock.delivered(), []);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_sending_account_itself_is_reached_through_its_own_chatroom() {
    let (world, mock) = (World::new().await, Mock::start().await);
    world.set_contact(CUSTOMER, "me", Language::Korean).await;
    let _sender = world.sender(&mock);
    let order_id = world.placed().await;
    world.until(order_id, &[Sent]).await;
    assert_eq!(mock.delivered()[0].receiver, "me");
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_expired_token_is_renewed_and_the_message_sent_all_the_same() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let _sender = world.sender(&mock);
    let first = world.placed().await;
    world.until(first, &[Sent]).await;
    mock.lock().access_token = "another".to_owned();
    let second = world.placed().await;
    let message = world.until(second, &[Sent]).await.remove(0);
    assert_eq!(message.attempts, 1, "a rejected token is no failed attempt");
    assert_eq!(mock.lock().granted, 2);
    assert_eq!(mock.delivered().len(), 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn replicas_share_a_token_and_a_rotated_one_survives_a_restart() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.lock().rotates = true;
    let sender = world.sender(&mock);
    let first = world.placed().await;
    world.until(first, &[Sent]).await;
    sender.stop().await;

    // The next process has the old refresh token in its settings, which Kakao does not accept any more.
    let _next = world.sender(&mock);
    let second = world.placed().await;
    world.until(second, &[Sent]).await;
    assert_eq!(mock.lock().granted, 1, "the access token is shared");
    mock.lock().access_token.clear();
    let third = world.placed().await;
    world.until(third, &[Sent]).await;
    assert_eq!(mock.lock().granted, 2);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_expired_refresh_token_blocks_messages_until_it_is_replaced() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let mut settings = mock.settings();
    settings.refresh_token = "forgotten".to_owned();
    let sender = world.sender_with(settings, world::CONFIG);
    let order_id = world.placed().await;
    let held = world.until_tried(order_id).await;
    let reason = held.reason.unwrap_or_default();
    assert!(
        reason.contains("KOE322") && reason.contains("KAKAO_REFRESH_TOKEN"),
        "{reason}"
    );
    sender.stop().await;

    let _repaired = world.sender(&mock);
    world.until(order_id, &[Sent]).await;
    assert_eq!(mock.delivered().len(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn no_message_becomes_unknown_while_kakaos_token_server_hangs() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.lock().holds_tokens = true;
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(world.placed().await);
    }
    // Longer than one refresh takes to fail, and much shorter than one for each message would.
    let config = SenderConfig {
        send_timeout: Duration::from_secs(12),
        lease: Duration::from_secs(20),
        ..world::CONFIG
    };
    let _sender = world.sender_with(mock.settings(), config);
    for order_id in &orders {
        let held = world.until_tried(*order_id).await;
        assert!(held.reason.is_some_and(|reason| reason.contains("access token")));
    }
    assert_eq!(mock.lock().granted, 1, "one refresh serves all");
    mock.lock().holds_tokens = false;
    for order_id in orders {
        world.until(order_id, &[Sent]).await;
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_granted_token_is_saved_even_if_its_caller_stopped_waiting() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.lock().rotates = true;
    mock.lock().holds_tokens = true;
    let kakao = Kakao::new(mock.settings(), world.pool.clone()).unwrap();
    let message = Message {
        receiver: FRIEND.to_owned(),
        text: "주문됨".to_owned(),
        language: Language::Korean,
        order_id: OrderId::new(),
    };
    tokio::select! {
        result = kakao.send(&message) => panic!("{result:?}"),
        () = mock.until_granted() => {}
    }
    // The first caller was dropped. The next token replaces the refresh token of the settings.
    mock.lock().holds_tokens = false;
    mock.release_tokens.notify_one();
    assert_eq!(kakao.send(&message).await, SendResult::Sent);
    let restarted = Kakao::new(mock.settings(), world.pool.clone()).unwrap();
    assert_eq!(restarted.send(&message).await, SendResult::Sent);
    assert_eq!(mock.lock().granted, 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn at_kakaos_rate_limit_all_messages_wait_as_long_as_it_says() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.script([Reply::Reject(429, -10, Some(2))]);
    let sender = world.sender(&mock);
    let first = world.placed().await;
    world.until_tried(first).await;
    let others = [world.placed().await, world.placed().await];
    for order_id in others.into_iter().chain([first]) {
        world.until(order_id, &[Sent]).await;
    }
    let requested_at = mock.lock().requested_at.clone();
    assert_eq!(requested_at.len(), 4);
    let pause = requested_at[1] - requested_at[0];
    assert!(pause >= Duration::from_secs(2), "sent again after {pause:?}");
    sender.stop().await;
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_message_with_an_unknown_outcome_is_never_sent_again() {
    for reply in [
        Reply::Hang { taken: true },
        Reply::Hang { taken: false },
        Reply::Break { taken: true },
        Reply::Fail { taken: false },
        Reply::Reject(400, -603, None),
    ] {
        let (world, mock) = (World::new().await, Mock::start().await);
        mock.script([reply]);
        let _sender = world.sender(&mock);
        let order_id = OrderId::new();
        world.order(order_id, CUSTOMER, 1..=2).await;
        let messages = world.until(order_id, &[Unknown, Sent]).await;
        assert!(messages[0].reason.is_some(), "{reply:?} is not explained");
        // A further message shows that the sender has polled again.
        let later = world.placed().await;
        world.until(later, &[Sent]).await;
        assert_eq!(mock.lock().requested_at.len(), 3, "{reply:?}");
    }
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn an_unknown_receiver_fails_with_kakaos_reason_and_blocks_nobody() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.script([Reply::Reject(400, -502, None)]);
    let _sender = world.sender(&mock);
    let order_id = OrderId::new();
    world.order(order_id, CUSTOMER, 1..=2).await;
    let messages = world.until(order_id, &[Failed, Sent]).await;
    let reason = messages[0].reason.as_deref().unwrap();
    assert!(
        reason.contains("-502") && reason.contains("the test says so"),
        "{reason}"
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_message_about_an_old_change_fails_and_stays_in_the_outbox() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let order_id = OrderId::new();
    let long_ago = Utc::now() - TimeDelta::hours(25);
    world.order_since(order_id, CUSTOMER, 1..=1, long_ago).await;
    world.order(order_id, CUSTOMER, 2..=2).await;
    let _sender = world.sender(&mock);
    let messages = world.until(order_id, &[Failed, Sent]).await;
    let reason = messages[0].reason.as_deref().unwrap();
    assert!(reason.contains("more than a day ago"), "{reason}");
    let delivered = mock.delivered();
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].text, messages[1].text.korean);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn messages_wait_while_kakao_is_unreachable_and_are_then_sent_once() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let _sender = world.sender_with(mock::settings(&format!("http://{address}")), world::CONFIG);
    let order_id = world.placed().await;
    world.until_tried(order_id).await;
    let mock = Mock::on(TcpListener::bind(address).await.unwrap());
    let message = world.until(order_id, &[Sent]).await.remove(0);
    assert!(message.attempts > 1);
    assert_eq!(mock.delivered().len(), 1);
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_message_is_sent_at_once_when_its_order_changes() {
    let (world, mock) = (World::new().await, Mock::start().await);
    let _sender = world.sender(&mock);
    let first = world.placed().await;
    world.until(first, &[Sent]).await;
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let order_id = world.placed().await;
        world.until(order_id, &[Sent]).await;
        quickest = quickest.min(started.elapsed());
    }
    // The sender polls once a second, so five fast messages in a row are no coincidence.
    assert!(
        quickest < Duration::from_millis(200),
        "the quickest took {quickest:?}"
    );
}
