//! Tests that the service's own process can be killed between sending a message and receiving the response.

use crate::mock::{KEY, Mock, REFRESH_TOKEN, Reply, SECRET};
use crate::world::World;
use customer::application::sender::SenderConfig;
use customer::domain::SendState;
use sqlx::PgPool;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

fn service(pool: &PgPool, mock: &Mock) -> Child {
    let options = pool.connect_options();
    let socket = options.get_socket().unwrap().display().to_string();
    let database = options.get_database().unwrap();
    Command::new(env!("CARGO_BIN_EXE_customer"))
        .env_clear()
        .env(
            "DATABASE_URL",
            format!("postgres://postgres@localhost/{database}?host={socket}"),
        )
        // No broker listens there: this process consumes no events, and only sends what is in the database.
        .env("KAFKA_BROKERS", "127.0.0.1:1")
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("PORT", "0")
        .env("KAKAO_REST_API_KEY", KEY)
        .env("KAKAO_CLIENT_SECRET", SECRET)
        .env("KAKAO_REFRESH_TOKEN", REFRESH_TOKEN)
        .env("KAKAO_API_URL", mock.url())
        .env("KAKAO_AUTH_URL", mock.url())
        .env("PUBLIC_URL", "https://shop.example")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn a_message_of_a_killed_process_becomes_unknown_and_stays_so() {
    let (world, mock) = (World::new().await, Mock::start().await);
    mock.script([Reply::Hang { taken: true }]);
    let order_id = world.placed().await;
    let mut process = service(&world.pool, &mock);
    let deadline = Instant::now() + Duration::from_secs(30);
    while mock.delivered().is_empty() {
        assert!(Instant::now() < deadline, "the service sends nothing");
        assert!(
            process.try_wait().unwrap().is_none(),
            "the service has ended by itself"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill().await.unwrap();
    world.until(order_id, &[SendState::Sending]).await;

    let quick = SenderConfig {
        lease: Duration::from_secs(1),
        ..SenderConfig::default()
    };
    let _survivor = world.sender_with(mock.settings(), quick);
    let message = world.until(order_id, &[SendState::Unknown]).await.remove(0);
    assert!(message.reason.unwrap_or_default().contains("the sender ended"));
    let later = world.placed().await;
    world.until(later, &[SendState::Sent]).await;
    assert_eq!(mock.delivered().len(), 2, "one each");
}
