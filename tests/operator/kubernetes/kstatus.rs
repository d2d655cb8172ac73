//! Tests that kstatus, the library with which Flux and kpt wait for objects, assesses a platform as the operator
//! does.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformStatus, condition};
use fdp_operator::{
    controller::report::next_status,
    model::{assessment::Unwritten, observed::Observed},
    plan::conditions::assess,
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use fdp_test_operator::{Operator, World};

/// The statuses that the library computes for objects.
pub(crate) fn judged(objects: &[Value]) -> Vec<String> {
    let mut library = Command::new(fdp_programs::program("kstatus").unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It reads all its input before it writes.
    let mut input = library.stdin.take().unwrap();
    input.write_all(&serde_json::to_vec(objects).unwrap()).unwrap();
    drop(input);
    let output = library.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let verdicts: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    verdicts
        .iter()
        .map(|verdict| verdict["status"].as_str().unwrap().to_owned())
        .collect()
}

/// A platform in the states that it goes through, each with the expected status.
#[derive(Default)]
struct States {
    names: Vec<&'static str>,
    expected: Vec<&'static str>,
    platforms: Vec<Value>,
}

impl States {
    fn add(&mut self, name: &'static str, expected: &'static str, platform: &FoodDeliveryPlatform) {
        self.names.push(name);
        self.expected.push(expected);
        self.platforms.push(serde_json::to_value(platform).unwrap());
    }

    /// Adds the current platform on the API server.
    async fn take(&mut self, name: &'static str, expected: &'static str, world: &World) {
        let platform = world.platforms().get("shop").await.unwrap();
        self.add(name, expected, &platform);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_platform_sees_it_as_the_operator_does() {
    let world = World::where_run(|image| !image.ends_with(":broken")).await;
    let mut states = States::default();

    world
        .apply("shop", &json!({ "image": { "tag": "broken" } }))
        .await;
    states.take("not looked at yet", "InProgress", &world).await;
    let operator = Operator::start(world.plane.kubeconfig());
    world
        .says("shop", condition::RECONCILING, &["True Progressing"])
        .await;
    states.take("being made", "InProgress", &world).await;

    world.apply("shop", &json!({})).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    states.take("ready", "Current", &world).await;
    states.add("refused in part", "InProgress", &refused(&world).await);

    world.apply("shop", &json!({ "suspend": true })).await;
    world.says("shop", condition::READY, &["True Suspended"]).await;
    states
        .take("suspended with nothing to do", "Current", &world)
        .await;

    let more = json!({ "suspend": true, "services": { "pay": { "replicas": 2 } } });
    world.apply("shop", &more).await;
    world.says("shop", condition::READY, &["False Suspended"]).await;
    states
        .take("suspended with something to do", "InProgress", &world)
        .await;

    // The schema does not reject this value, but the operator does.
    let senseless =
        json!({ "services": { "order": { "env": [{ "name": "PAY_URL", "value": "http://elsewhere" }] } } });
    world.apply("shop", &senseless).await;
    world
        .says("shop", condition::STALLED, &["True InvalidSpec"])
        .await;
    states.take("senseless", "Failed", &world).await;

    world.apply("shop", &json!({})).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    operator.kill().await;
    world
        .apply("shop", &json!({ "services": { "pay": { "replicas": 2 } } }))
        .await;
    states
        .take("ready, but for the generation before", "InProgress", &world)
        .await;

    let operator = Operator::start(world.plane.kubeconfig());
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    world
        .apply("shop", &json!({ "image": { "tag": "broken" } }))
        .await;
    world
        .says("shop", condition::RECONCILING, &["True RollingOut"])
        .await;
    states.take("rolling out", "InProgress", &world).await;

    held(&world, &["example.org/somebody-else"]).await;
    world.delete("shop").await;
    states.take("being deleted", "Terminating", &world).await;
    held(&world, &[]).await;
    operator.stop().await;

    let judged: Vec<_> = states.names.iter().zip(judged(&states.platforms)).collect();
    let expected: Vec<_> = states
        .names
        .iter()
        .zip(states.expected.iter().map(|&expected| expected.to_owned()))
        .collect();
    assert_eq!(judged, expected);
}

/// The platform with the status that it gets when the API server rejects an object.
async fn refused(world: &World) -> FoodDeliveryPlatform {
    let mut platform = world.platforms().get("shop").await.unwrap();
    let validated = Validated::new(&platform, &Settings::default()).unwrap();
    let unwritten = Unwritten {
        refused: vec!["Deployment shop-pay: forbidden: exceeded quota".to_owned()],
        ..Default::default()
    };
    let assessment = assess(&validated, &Observed::default()).with_unwritten(&unwritten);
    platform.status = Some(next_status(
        &FoodDeliveryPlatformStatus::default(),
        &assessment,
        platform.metadata.generation,
        Timestamp::UNIX_EPOCH,
    ));
    platform
}

/// Sets the finalizers, which keep the deleted platform until they are removed.
async fn held(world: &World, finalizers: &[&str]) {
    let patch = json!({ "metadata": { "finalizers": finalizers } });
    world
        .platforms()
        .patch("shop", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
}
