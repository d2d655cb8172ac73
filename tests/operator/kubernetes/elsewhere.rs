//! Tests a platform whose resource is in one cluster and that runs in another cluster at AWS, with two real API
//! servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::{Duration, Instant},
};

use fdp_cluster::command::run;
use fdp_crds::condition;
use fdp_operator::{
    kubernetes::names::{self, ADOPT},
    plan::owned_kinds,
};
use fdp_test_control_plane::ControlPlane;
use fdp_test_operator::{NAMESPACE, Operator, World, eventually, expected, without_hash};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams},
    core::DynamicObject,
};
use serde_json::{Value, json};

use crate::amazon::Amazon;

/// Longer than it takes to detect that a cluster does not respond any more.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A small platform, because two API servers share the machine.
fn spec() -> Value {
    let (off, none) = (json!({ "enabled": false }), json!({ "replicas": 0 }));
    json!({
        "target": "eks",
        // Without inventory and delivery at all, orders would never end.
        "services": { "marketing": off, "customer": off, "inventory": none, "delivery": none, "frontend": off },
        "cloud": { "aws": {
            "region": "eu-central-1",
            "deletionPolicy": "Delete",
            // Moto has no add-ons.
            "eks": { "version": "1.34", "subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"], "addOns": [] },
        } },
    })
}

/// Kind and name of every object in a cluster with the platform's label, with its version and its owners.
async fn made(client: &Client) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut made = BTreeMap::new();
    for kind in owned_kinds() {
        let api = Api::<DynamicObject>::namespaced_with(client.clone(), NAMESPACE, &kind);
        let ours = ListParams::default().labels(&format!("{}=shop", names::PLATFORM_LABEL));
        for object in api.list(&ours).await.unwrap() {
            let owners = object.owner_references().iter();
            let owners = owners
                .map(|owner| format!("{} {}", owner.kind, owner.name))
                .collect();
            let version = object.resource_version().unwrap();
            made.insert(format!("{} {}", kind.kind, object.name_any()), (version, owners));
        }
    }
    made
}

/// Waits until the condition of the platform's current generation contains these texts.
async fn says(world: &World, type_: &str, words: &[&str]) {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let said = world.condition("shop", type_).await;
        if words.iter().all(|word| said.contains(word)) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{type_} should contain {words:?}, but is: {said}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The output of kubectl in the cluster of a kubeconfig.
fn kubectl(
    plane: &ControlPlane,
    kubeconfig: &std::path::Path,
    amazon: &Amazon,
    arguments: &[&str],
) -> String {
    let program = fdp_test_operator::process::program().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut kubectl = plane.kubectl();
    kubectl
        .env("KUBECONFIG", kubeconfig)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .envs(environment(amazon))
        .args(arguments);
    run(&mut kubectl).unwrap()
}

fn environment(amazon: &Amazon) -> [(&'static str, String); 3] {
    [
        ("AWS_ENDPOINT_URL", amazon.endpoint().to_owned()),
        ("AWS_ACCESS_KEY_ID", "somebody".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "nothing".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_runs_in_the_cluster_that_it_has_at_aws_and_leaves_it_before_the_cluster_goes() {
    let amazon = Amazon::start().await;
    let there = amazon.cluster().await;
    let client = there.client().unwrap();
    let nodes = tokio::spawn(fdp_test_control_plane::pods::pretend_to_run(
        client.clone(),
        |_| true,
    ));
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), amazon.endpoint());

    world.apply("shop", &spec()).await;
    says(&world, condition::READY, &["True PlatformReady"]).await;
    let platform = world.platforms().get("shop").await.unwrap();
    assert!(
        platform
            .finalizers()
            .contains(&"fooddelivery.dev/objects".to_owned())
    );
    assert_eq!(made(&world.client).await, BTreeMap::new(), "beside its resource");
    let objects = eventually("all services have reached what they call", async || {
        let objects = made(&client).await;
        match objects.keys().find(|name| name.contains("-reach-")) {
            Some(job) => Err(job.clone()),
            None => Ok(objects),
        }
    })
    .await;
    let mut wanted = expected("shop", &spec());
    wanted.insert("ConfigMap shop-platform".to_owned());
    let found: BTreeSet<String> = objects.keys().map(|name| without_hash(name)).collect();
    assert_eq!(found, wanted);
    for (name, (_, owners)) in &objects {
        let owner = (name != "ConfigMap shop-platform").then(|| "ConfigMap shop-platform".to_owned());
        assert_eq!(*owners, owner.into_iter().collect(), "{name}");
    }
    assert!(
        amazon
            .visitors()
            .iter()
            .all(|visitor| visitor.starts_with("arn:aws:")),
        "{:?}",
        amazon.visitors()
    );

    // A change in the other cluster is corrected from this one.
    comes_back(&client, "shop-order").await;
    says(&world, condition::READY, &["True PlatformReady"]).await;

    // An operator that starts knows the cluster only after AWS has described it, and changes nothing before.
    rolled_out(&client, "shop-order").await;
    operator.kill().await;
    let settled = made(&client).await;
    let visits = amazon.visitors().len();
    let before = world.condition("shop", condition::READY).await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), amazon.endpoint());
    eventually("the new operator is there", async || {
        let said = world.condition("shop", condition::READY).await;
        assert!(said == before || said.starts_with("True"), "{said}");
        let now = amazon.visitors().len();
        if now > visits {
            Ok(())
        } else {
            Err(format!("{now} visits"))
        }
    })
    .await;
    comes_back(&client, "shop-pay").await;
    let others = |made: BTreeMap<String, _>| -> BTreeMap<String, _> {
        let others = made.into_iter().filter(|(name, _)| !name.ends_with("shop-pay"));
        others.collect()
    };
    assert_eq!(others(made(&client).await), others(settled));
    says(&world, condition::READY, &["True PlatformReady"]).await;

    people_get_in(&world, &there, &amazon);

    // A cluster that rejects all tokens is reported, and used again when it accepts them.
    amazon.refuse_tokens(true);
    says(
        &world,
        condition::CLOUD_READY,
        &[
            "False",
            "does not take the operator's token",
            "AmazonEKSClusterAdminPolicy",
        ],
    )
    .await;
    says(&world, condition::SERVICES_READY, &["Unknown"]).await;
    amazon.refuse_tokens(false);
    says(&world, condition::READY, &["True PlatformReady"]).await;

    world.delete("shop").await;
    let deadline = Instant::now() + TIMEOUT;
    while let Some(platform) = world.platforms().get_opt("shop").await.unwrap() {
        assert!(Instant::now() < deadline, "it stays: {platform:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(made(&client).await, BTreeMap::new(), "in its cluster");
    let left = amazon.left();
    assert!(!left.is_empty() && left.iter().all(|left| *left == 0), "{left:?}");
    operator.stop().await;
    nodes.abort();
}

/// Deletes a Deployment, and waits until it is recreated.
async fn comes_back(client: &Client, name: &str) {
    let deployments = Api::<Deployment>::namespaced(client.clone(), NAMESPACE);
    let before = deployments.get(name).await.unwrap();
    deployments.delete(name, &DeleteParams::default()).await.unwrap();
    eventually(&format!("{name} is there again"), async || {
        match deployments.get_opt(name).await.unwrap() {
            Some(again) if again.uid() != before.uid() => Ok(()),
            other => Err(format!("{:?}", other.map(|deployment| deployment.metadata.uid))),
        }
    })
    .await;
}

/// Waits until all pods of a Deployment are of its last version, so that an observer sees it ready from now on.
async fn rolled_out(client: &Client, name: &str) {
    let deployments = Api::<Deployment>::namespaced(client.clone(), NAMESPACE);
    eventually(&format!("{name} is rolled out"), async || {
        let deployment = deployments.get(name).await.unwrap();
        let status = deployment.status.clone().unwrap_or_default();
        let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas);
        if status.observed_generation == deployment.metadata.generation && status.ready_replicas == replicas {
            Ok(())
        } else {
            Err(format!("{status:?}"))
        }
    })
    .await;
}

/// With the kubeconfig that `fdp kubeconfig` prints, kubectl must be able to use the cluster with tokens from
/// `fdp eks-token`.
fn people_get_in(world: &World, there: &ControlPlane, amazon: &Amazon) {
    let program = fdp_test_operator::process::program().unwrap();
    let mut command = Command::new(program);
    command
        .args(["kubeconfig", "shop", "--namespace", NAMESPACE])
        .env("KUBECONFIG", world.plane.kubeconfig())
        .envs(environment(amazon));
    let kubeconfig = run(&mut command).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig).unwrap();
    let printed = kubectl(
        there,
        &file,
        amazon,
        &["get", "configmap", "shop-platform", "-o", "name"],
    );
    assert_eq!(printed, "configmap/shop-platform\n");
    let who = kubectl(there, &file, amazon, &["auth", "whoami"]);
    assert!(who.contains("arn:aws:"), "{who}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_platform_of_the_same_name_has_in_the_cluster_is_left_alone_unless_told_otherwise() {
    let amazon = Amazon::start().await;
    let there = amazon.cluster().await;
    there.make_namespace(NAMESPACE).await.unwrap();
    let client = there.client().unwrap();
    let anchors = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE);
    let foreign: ConfigMap = serde_json::from_value(json!({
        "metadata": { "name": "shop-platform", "labels": {
            "app.kubernetes.io/managed-by": "fdp-operator", "fooddelivery.dev/platform": "shop",
        } },
        "data": { "resource": "FoodDeliveryPlatform food/shop", "uid": "of-another-cluster" },
    }))
    .unwrap();
    let foreign = anchors
        .create(&kube::api::PostParams::default(), &foreign)
        .await
        .unwrap();
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), amazon.endpoint());

    world.apply("shop", &spec()).await;
    says(
        &world,
        condition::CLOUD_READY,
        &[
            "False Failed",
            "ConfigMap shop-platform",
            "belongs to FoodDeliveryPlatform food/shop",
            ADOPT,
        ],
    )
    .await;
    assert_eq!(made(&client).await.len(), 1);

    let given = serde_json::json!({ "metadata": { "annotations": { ADOPT: "shop" } } });
    anchors
        .patch(
            "shop-platform",
            &kube::api::PatchParams::default(),
            &kube::api::Patch::Merge(&given),
        )
        .await
        .unwrap();
    eventually("it is taken over", async || {
        let made = made(&client).await.len();
        if made > 20 {
            Ok(())
        } else {
            Err(format!("{made} objects"))
        }
    })
    .await;
    let taken = anchors.get("shop-platform").await.unwrap();
    assert_eq!(taken.uid(), foreign.uid());
    let uid = world.platforms().get("shop").await.unwrap().uid();
    assert_eq!(taken.data.unwrap().get("uid").cloned(), uid);
    operator.stop().await;
}
