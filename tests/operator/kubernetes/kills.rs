//! Tests that an operator that is killed repeatedly at any point reaches the same result as one that is never killed.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

use fdp_test_operator::{Operator, World};

const KILLS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_killed_a_hundred_times_leaves_the_same_state_and_no_orphan() {
    let seed = std::env::var("FDP_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random::<u64>);
    println!("FDP_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let world = World::start().await;
    // A recreated platform waits until the objects of the previous one are deleted.
    world.collects_garbage().await;
    let names = ["one", "two", "three"];
    let mut specs: [Option<Value>; 3] = [const { None }; 3];
    let mut operator = Operator::start(world.plane.kubeconfig());
    for kill in 1..=KILLS {
        let which = random.random_range(0..names.len());
        if specs[which].is_some() && random.random_bool(0.25) {
            world.delete(names[which]).await;
            specs[which] = None;
        } else {
            let spec = specification(&mut random);
            world.apply(names[which], &spec).await;
            specs[which] = Some(spec);
        }
        // The operator may be starting, writing, or done at this time.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..900))).await;
        operator.kill().await;
        operator = Operator::start(world.plane.kubeconfig());
        if kill % 20 == 0 {
            for (name, spec) in names.iter().zip(&specs) {
                match spec {
                    Some(spec) => world.settles(name, spec).await,
                    None => nothing_is_left(&world, name).await,
                }
            }
            println!("{kill} kills, as it should be");
        }
    }
    for name in names {
        world.delete(name).await;
    }
    for name in names {
        nothing_is_left(&world, name).await;
    }
}

fn specification(random: &mut StdRng) -> Value {
    let tag = format!("v{}", random.random_range(1..4));
    let replicas = random.random_range(1..4);
    let mut spec = json!({ "image": { "tag": tag }, "services": { "pay": { "replicas": replicas } } });
    for service in ["marketing", "customer", "frontend"] {
        if random.random_bool(0.3) {
            spec["services"][service] = json!({ "enabled": false });
        }
    }
    if random.random_bool(0.5) {
        spec["services"]["order"] = json!({ "replicas": 2 });
    }
    spec
}

async fn nothing_is_left(world: &World, name: &str) {
    let deadline = std::time::Instant::now() + fdp_test_operator::TIMEOUT;
    loop {
        let left = world.made_for(name).await;
        if left.is_empty() {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "orphans of {name}: {left:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
