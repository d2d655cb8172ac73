//! The service's own process is killed in the middle of a call, and its command compares the books.

use crate::faults::{CALLS, about_to, is_made_good};
use crate::world::{AMOUNT, World};
use fdp_contracts::OrderState;
use fdp_test_stripe::{Fault, StripePeer};
use std::process::Stdio;
use tokio::process::Command;

/// The program, with the world's database and provider.
fn program(world: &World) -> Command {
    let options = world.pool.connect_options();
    let socket = options.get_socket().unwrap().display().to_string();
    let database = options.get_database().unwrap();
    let url = format!("postgres://postgres@localhost/{database}?host={socket}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pay"));
    command
        .env_clear()
        .env("DATABASE_URL", url)
        // No broker listens there: this process consumes no events, and only settles what is in the database.
        .env("KAFKA_BROKERS", "127.0.0.1:1")
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("PORT", "0")
        .env("PAYMENT_PROVIDER", "Stripe")
        .env("STRIPE_SECRET_KEY", StripePeer::SECRET_KEY)
        .env("STRIPE_WEBHOOK_SECRET", StripePeer::WEBHOOK_SECRET)
        .env("STRIPE_URL", world.peer.endpoint())
        .env("PUBLIC_URL", "https://shop.example.com")
        .kill_on_drop(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn the_call_of_a_killed_process_is_made_good_by_the_next() {
    let world = World::new().await;
    for operation in CALLS {
        for fault in [Fault::SilentBefore, Fault::SilentAfter] {
            let order_id = about_to(&world, operation).await;
            let before = world.peer.calls(operation);
            world.peer.plan(operation, fault);
            let mut process = program(&world).stdout(Stdio::null()).spawn().unwrap();
            tokio::select! {
                () = world.peer.until_called(operation, before + 1) => {}
                ended = process.wait() => panic!("the service has ended by itself: {ended:?}"),
            }
            process.kill().await.unwrap();
            world.leases_end().await;
            is_made_good(&world, order_id, operation, fault).await;
        }
    }
    assert_eq!(world.peer.books().refunds.len(), 2, "each was refunded once");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts PostgreSQL"]
async fn the_command_prints_a_line_for_each_difference_and_says_by_its_exit_code_whether_there_are_any() {
    let world = World::new().await;
    let order_id = world.paid().await;
    world.order_is(order_id, OrderState::Accepted).await;
    world.rest(order_id).await;
    world.let_pass().await;
    let agrees = program(&world).arg("reconcile").output().await.unwrap();
    assert_eq!(
        (agrees.status.code(), agrees.stdout.as_slice()),
        (Some(0), &b""[..]),
        "{agrees:?}"
    );
    sqlx::query("UPDATE payments SET state = 'Refunded'")
        .execute(&world.pool)
        .await
        .unwrap();
    let differs = program(&world)
        .args(["reconcile", "--days", "2"])
        .output()
        .await
        .unwrap();
    let lines = String::from_utf8(differs.stdout).unwrap();
    assert_eq!(
        (differs.status.code(), lines.lines().count()),
        (Some(1), 1),
        "{lines}"
    );
    assert!(
        lines.contains(&order_id.to_string()) && lines.contains(&format!("{AMOUNT} won")),
        "{lines}"
    );
}
