//! Tests that pods that cannot start or be created are shown within seconds, reported as stalled within half a
//! minute, and recover by themselves.
//!
//! There is no kubelet here, so the tests write the status that it would write.

use std::time::{Duration, Instant};

use fdp_crds::{ServiceStatus, condition};
use k8s_openapi::{
    api::core::v1::{Event, Pod, ResourceQuota},
    apimachinery::pkg::apis::meta::v1::Time,
    jiff::{SignedDuration, Timestamp},
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use fdp_test_operator::{NAMESPACE, Operator, World, eventually};

/// A failure counts as lasting after this time; the test waits ten times as long before it fails.
const RED: Duration = Duration::from_secs(30);

fn api<K>(world: &World) -> Api<K>
where
    K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(world.client.clone(), NAMESPACE)
}

/// The pod of a part that waits for its image.
async fn pending(world: &World, part: &str) -> Pod {
    let ours = ListParams::default().labels(&format!("app.kubernetes.io/name={part}"));
    eventually(&format!("a pod of {part} waits"), async || {
        let pods = api::<Pod>(world).list(&ours).await.unwrap().items;
        let phase = |pod: &Pod| pod.status.as_ref().and_then(|status| status.phase.clone());
        let waits = pods.iter().find(|pod| {
            phase(pod).as_deref() == Some("Pending") && pod.metadata.deletion_timestamp.is_none()
        });
        waits.cloned().ok_or_else(|| format!("{} pods", pods.len()))
    })
    .await
}

/// A platform whose pay has an image that no node can pull, its operator, and the pod that waits for the image.
async fn with_an_image_of_pay_that_nobody_has() -> (World, Operator, Pod) {
    let world = World::where_run(|image| !image.ends_with(":broken")).await;
    let operator = Operator::start(world.plane.kubeconfig());
    world
        .apply(
            "shop",
            &json!({ "services": { "pay": { "image": "r.example/pay:broken" } } }),
        )
        .await;
    let pod = pending(&world, "pay").await;
    (world, operator, pod)
}

/// Writes the status that a kubelet writes for a pod whose image cannot be pulled, since `ago`.
async fn says_of(world: &World, pod: &Pod, reason: &str, message: &str, ago: SignedDuration) {
    let begun = Timestamp::now().checked_sub(ago).unwrap();
    let begun = Timestamp::from_second(begun.as_second()).unwrap().to_string();
    let container = &pod.spec.as_ref().unwrap().containers[0];
    let condition =
        |type_: &str, status: &str| json!({ "type": type_, "status": status, "lastTransitionTime": begun });
    let status = json!({ "status": {
        "phase": "Pending", "startTime": begun,
        "conditions": [
            condition("PodReadyToStartContainers", "True"), condition("Initialized", "True"),
            condition("PodScheduled", "True"), condition("Ready", "False"), condition("ContainersReady", "False"),
        ],
        "containerStatuses": [{
            "name": container.name, "image": container.image, "imageID": "", "ready": false, "started": false,
            "restartCount": 0, "state": { "waiting": { "reason": reason, "message": message } },
        }],
    } });
    api::<Pod>(world)
        .patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Merge(status))
        .await
        .unwrap();
}

/// Writes the event with the kubelet's count of attempts.
async fn counts(world: &World, pod: &Pod, message: &str, first: Timestamp, count: i32) {
    let time = |time: Timestamp| Time(Timestamp::from_second(time.as_second()).unwrap());
    let event: Event = serde_json::from_value(json!({
        "metadata": { "name": format!("{}.{count}", pod.name_any()) },
        "involvedObject": {
            "kind": "Pod", "apiVersion": "v1", "namespace": NAMESPACE, "name": pod.name_any(), "uid": pod.uid(),
        },
        "reason": "Failed", "type": "Warning", "message": message, "count": count,
        "firstTimestamp": time(first), "lastTimestamp": time(Timestamp::now()),
        "source": { "component": "kubelet", "host": "node-1" },
    }))
    .unwrap();
    api::<Event>(world)
        .create(&PostParams::default(), &event)
        .await
        .unwrap();
}

async fn service(world: &World, name: &str) -> ServiceStatus {
    let status = world.platforms().get("shop").await.unwrap().status.unwrap();
    status
        .services
        .into_iter()
        .find(|service| service.name == name)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tag_is_seen_at_once_and_red_within_half_a_minute() {
    let world = World::where_run(|image| !image.ends_with(":broken")).await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    let version = service(&world, "pay").await.running.unwrap();

    world
        .apply("shop", &json!({ "image": { "tag": "broken" } }))
        .await;
    let pod = pending(&world, "setup").await;
    let image = pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap();
    let why = format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \
         \"{image}\": {image}: not found"
    );
    let first = Timestamp::now();
    let told = Instant::now();
    says_of(&world, &pod, "ErrImagePull", &why, SignedDuration::from_secs(1)).await;
    counts(
        &world,
        &pod,
        &format!("Failed to pull image \"{image}\": {why}"),
        first,
        1,
    )
    .await;
    let words = format!("cannot pull image {image}: not found");
    world
        .says("shop", condition::SETUP_COMPLETE, &["False", &words])
        .await;
    let seen = told.elapsed();
    let backs_off = format!("Back-off pulling image \"{image}\": ErrImagePull: {why}");
    says_of(
        &world,
        &pod,
        "ImagePullBackOff",
        &backs_off,
        SignedDuration::from_secs(1),
    )
    .await;

    // A first failure may be temporary.
    let deadline = told + RED * 10;
    while !world
        .condition("shop", condition::STALLED)
        .await
        .starts_with("True")
    {
        assert!(
            Instant::now() < deadline,
            "{}",
            world.condition("shop", condition::STALLED).await
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let red = told.elapsed();
    assert!(
        red > Duration::from_secs(20),
        "red after {red:?}, which a registry may be away"
    );
    println!(
        "a wrong tag: shown {:.1} s after the kubelet reported it, stalled {:.1} s after it",
        seen.as_secs_f64(),
        red.as_secs_f64()
    );
    let stalled = world.condition("shop", condition::STALLED).await;
    assert!(stalled.contains(&words), "{stalled}");

    // The running version is distinguished from the desired one.
    let pay = service(&world, "pay").await;
    assert_eq!(
        (
            pay.running.as_deref(),
            pay.wanted.as_deref(),
            pay.version.as_deref()
        ),
        (Some(version.as_str()), Some("broken"), Some(version.as_str()))
    );
    let status = world.platforms().get("shop").await.unwrap().status.unwrap();
    assert_eq!(status.version.as_deref(), Some(version.as_str()));

    // Finally the image is available.
    let runs = json!({ "status": { "phase": "Succeeded", "containerStatuses": [] } });
    api::<Pod>(&world)
        .patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Merge(runs))
        .await
        .unwrap();
    world
        .says("shop", condition::STALLED, &["False NotStalled"])
        .await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_failure_is_enough_even_for_an_operator_that_has_just_started() {
    let (world, operator, pod) = with_an_image_of_pay_that_nobody_has().await;
    operator.kill().await;
    let first = Timestamp::now()
        .checked_sub(SignedDuration::from_secs(12))
        .unwrap();
    says_of(
        &world,
        &pod,
        "ErrImagePull",
        "r.example/pay:broken: not found",
        SignedDuration::from_secs(14),
    )
    .await;
    let failed = "Failed to pull image \"r.example/pay:broken\": r.example/pay:broken: not found";
    counts(&world, &pod, failed, first, 2).await;

    let operator = Operator::start(world.plane.kubeconfig());
    world
        .says(
            "shop",
            condition::STALLED,
            &[
                "True PartFailed",
                "cannot pull image r.example/pay:broken: not found",
            ],
        )
        .await;
    let pay = service(&world, "pay").await;
    assert_eq!(
        (pay.running, pay.wanted.as_deref(), pay.problem.as_deref()),
        (None, Some("broken"), Some("cannot be pulled"))
    );
    world
        .says(
            "shop",
            condition::READY,
            &["orders are refused: no replica of pay is ready"],
        )
        .await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_away_for_20_s_never_makes_it_red() {
    let (world, operator, pod) = with_an_image_of_pay_that_nobody_has().await;
    let away = "failed to do request: Head \"https://r.example/v2/pay/manifests/broken\": dial tcp 10.0.0.9:443: \
                connect: connection refused";
    let failed = format!("Failed to pull image \"r.example/pay:broken\": {away}");
    let first = Timestamp::now();
    // The kubelet retries after 12 s, which fails, and after 36 s, when the registry has been back for some time.
    for (second, count) in [(0_u64, 1), (12, 2)] {
        let since = SignedDuration::try_from(Duration::from_secs(second + 1)).unwrap();
        says_of(&world, &pod, "ErrImagePull", away, since).await;
        counts(&world, &pod, &failed, first, count).await;
        let waits = format!("Back-off pulling image \"r.example/pay:broken\": ErrImagePull: {away}");
        says_of(&world, &pod, "ImagePullBackOff", &waits, since).await;
        world
            .says("shop", condition::SERVICES_READY, &["connection refused"])
            .await;
        let until = Timestamp::now()
            .checked_add(SignedDuration::from_secs(if count == 1 { 12 } else { 24 }))
            .unwrap();
        while Timestamp::now() < until {
            let stalled = world.condition("shop", condition::STALLED).await;
            assert!(!stalled.starts_with("True"), "{stalled}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    let now = Timestamp::now().to_string();
    let runs = ["Ready", "ContainersReady"]
        .map(|type_| json!({ "type": type_, "status": "True", "lastTransitionTime": now }));
    let runs = json!({ "status": { "phase": "Running", "conditions": runs, "containerStatuses": [] } });
    api::<Pod>(&world)
        .patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Merge(runs))
        .await
        .unwrap();
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_a_quota_refuses_are_told_in_its_words_and_come_when_it_is_lifted() {
    let world = World::start().await;
    let quota: ResourceQuota = serde_json::from_value(json!({
        "metadata": { "name": "none" }, "spec": { "hard": { "pods": "0" } },
    }))
    .unwrap();
    let quotas = api::<ResourceQuota>(&world);
    quotas.create(&PostParams::default(), &quota).await.unwrap();
    eventually("the quota holds", async || {
        let status = quotas.get("none").await.unwrap().status;
        let hard: Value = serde_json::to_value(&status).unwrap();
        status
            .and_then(|status| status.hard)
            .map(|_| ())
            .ok_or_else(|| hard.to_string())
    })
    .await;
    let operator = Operator::start(world.plane.kubeconfig());
    let begun = Instant::now();
    world.apply("shop", &json!({})).await;
    for (type_, object) in [
        (condition::KAFKA_READY, "StatefulSet shop-kafka"),
        (condition::SETUP_COMPLETE, "Job shop-setup-"),
        (condition::SERVICES_READY, "Deployment shop-gateway"),
    ] {
        world
            .says(
                "shop",
                type_,
                &["False", object, "refused: ", "exceeded quota: none"],
            )
            .await;
    }
    println!(
        "pods that a quota rejects: shown after {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    world
        .says(
            "shop",
            condition::STALLED,
            &["True PartFailed", "exceeded quota: none"],
        )
        .await;
    println!("red after {:.1} s", begun.elapsed().as_secs_f64());

    quotas.delete("none", &DeleteParams::default()).await.unwrap();
    // The delay of controllers increases with each retry.
    let deadline = Instant::now() + Duration::from_mins(5);
    while !world
        .condition("shop", condition::READY)
        .await
        .starts_with("True PlatformReady")
    {
        assert!(
            Instant::now() < deadline,
            "{}",
            world.condition("shop", condition::READY).await
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    operator.stop().await;
}
