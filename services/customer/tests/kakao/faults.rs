//! Tests random faults, with three senders that are killed at random times.

use crate::mock::{Delivered, Mock, Reply};
use crate::world::{CUSTOMER, Running, World};
use customer::application::sender::SenderConfig;
use customer::domain::{Notification, SendState};
use fdp_contracts::OrderId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

const ORDERS: usize = 30;
const KILLS: usize = 25;
const HASTY: SenderConfig = SenderConfig {
    concurrency: 4,
    send_timeout: Duration::from_millis(800),
    lease: Duration::from_secs(1),
};

fn fault(random: &mut StdRng) -> Reply {
    let taken = random.random_bool(0.5);
    match random.random_range(0..100) {
        0..57 => Reply::Take,
        57..72 => Reply::Break { taken },
        72..79 => Reply::Fail { taken },
        79..85 => Reply::Hang { taken },
        85..90 => Reply::Reject(401, -401, None),
        90..92 => Reply::Reject(429, -10, Some(0)),
        92..94 => Reply::Reject(400, -536, Some(0)),
        _ => Reply::Reject(400, -530, None),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts PostgreSQL"]
async fn no_fault_makes_a_message_arrive_twice_or_be_sent_without_arriving() {
    let seed = std::env::var("FDP_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("FDP_SEED={seed} starts with the same faults");
    let mut random = StdRng::seed_from_u64(seed);
    let (world, mock) = (World::new().await, Mock::start().await);
    let mut faults = StdRng::seed_from_u64(seed.wrapping_add(1));
    mock.lock().otherwise = Some(Box::new(move || fault(&mut faults)));

    let orders: Vec<OrderId> = (0..ORDERS).map(|_| OrderId::new()).collect();
    let mut senders: Vec<Running> = (0..3)
        .map(|_| world.sender_with(mock.settings(), HASTY))
        .collect();
    let changes = async {
        for version in 1..=5 {
            for order_id in &orders {
                world.order(*order_id, CUSTOMER, version..=version).await;
            }
        }
    };
    let kills = async {
        for _ in 0..KILLS {
            tokio::time::sleep(Duration::from_millis(random.random_range(20..250))).await;
            senders[random.random_range(0..3)] = world.sender_with(mock.settings(), HASTY);
        }
    };
    tokio::join!(changes, kills);
    world.until_all_sent().await;
    for sender in senders {
        sender.stop().await;
    }

    let delivered = mock.delivered();
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for order_id in orders {
        let page = format!("https://shop.example/shop/orders/{order_id}");
        let arrived: Vec<&Delivered> = delivered.iter().filter(|message| message.page == page).collect();
        let messages = world.messages(order_id).await;
        assert_eq!(messages.len(), 5);
        let mut versions = Vec::new();
        for message in &messages {
            *outcomes.entry(message.sending.name()).or_default() += 1;
            check(
                message,
                arrived
                    .iter()
                    .filter(|one| one.text == message.text.korean)
                    .count(),
            );
        }
        for one in arrived {
            let message = messages
                .iter()
                .find(|message| message.text.korean == one.text)
                .unwrap();
            versions.push(message.version);
        }
        assert!(
            versions.is_sorted(),
            "the messages about {order_id} arrived in the order {versions:?}"
        );
    }
    println!("  {outcomes:?}");
    for outcome in ["Sent", "Unknown", "Failed"] {
        assert!(
            outcomes.contains_key(outcome),
            "no message was {outcome}, so this proves little"
        );
    }
}

fn check(message: &Notification, arrived: usize) {
    let fits = match message.sending {
        SendState::Sent => arrived == 1,
        SendState::Unknown => arrived <= 1,
        SendState::Failed => arrived == 0,
        SendState::Local | SendState::Pending | SendState::Sending => false,
    };
    assert!(fits, "{message:#?} has arrived {arrived} times");
}
