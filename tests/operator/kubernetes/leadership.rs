//! Tests that only one of two operators writes, and that the other one takes over when the first is gone.

use std::time::{Duration, Instant};

use serde_json::json;

use fdp_test_operator::{Operator, World};

/// A Lease lasts 15 s, and standby operators poll it every 2 s.
const TAKE_OVER: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_one_writes_and_the_other_takes_over() {
    let world = World::start().await;
    let kubeconfig = world.plane.kubeconfig();
    let first = Operator::candidate(kubeconfig, "first");
    leads(&first, TAKE_OVER).await;
    let second = Operator::candidate(kubeconfig, "second");
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    assert!(
        first.requests("patch").await > 30,
        "the first one makes everything"
    );
    assert_eq!(writes(&second).await, 0, "the second one nothing");

    first.kill().await;
    let dead = Instant::now();
    // Without a leader nobody writes.
    let changed = json!({ "services": { "pay": { "replicas": 2 } } });
    world.apply("shop", &changed).await;
    leads(&second, TAKE_OVER).await;
    println!("taken over {:.1} s after a kill", dead.elapsed().as_secs_f64());
    world.settles("shop", &changed).await;

    let third = Operator::candidate(kubeconfig, "third");
    while third.metric("fdp_leader", "").await.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = Instant::now();
    second.stop().await;
    leads(&third, TAKE_OVER).await;
    let took = asked.elapsed();
    println!("taken over {:.1} s after a farewell", took.as_secs_f64());
    assert!(
        took < Duration::from_secs(8),
        "the Lease was given back: {took:?}"
    );
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
}

async fn leads(operator: &Operator, limit: Duration) {
    let deadline = Instant::now() + limit;
    while operator.metric("fdp_leader", "").await != Some(1) {
        assert!(Instant::now() < deadline, "nobody leads");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The number of its writes, except those of the Lease.
async fn writes(operator: &Operator) -> u64 {
    operator.requests("patch").await + operator.requests("delete").await
}
