//! Tests that a platform's resources at AWS are created, shown in its status, and deleted with it if its deletion
//! policy says so.

use std::time::{Duration, Instant};

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_test_aws::{Between, CodeBuildPeer, Moto, Rule};
use fdp_test_operator::{Operator, World};
use kube::api::{Patch, PatchParams};
use serde_json::json;

const TIMEOUT: Duration = Duration::from_mins(1);

/// An operator that may use AWS for the namespaces in these settings.
fn restricted(world: &World, endpoint: &str, namespaces: &str) -> Operator {
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "anybody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("FDP_AWS_NAMESPACES", namespaces),
    ];
    Operator::with_environment(world.plane.kubeconfig(), &environment)
}

/// Waits until the platform satisfies `like`; `None` if it is deleted.
async fn until(world: &World, what: &str, like: impl Fn(Option<&FoodDeliveryPlatform>) -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let platform = world.platforms().get_opt("shop").await.unwrap();
        if like(platform.as_ref()) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {platform:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn cloud_is(platform: Option<&FoodDeliveryPlatform>, status: &str, words: &str) -> bool {
    platform
        .and_then(|platform| platform.status.as_ref())
        .is_some_and(|told| {
            condition::find(&told.conditions, condition::CLOUD_READY)
                .is_some_and(|cloud| cloud.status == status && cloud.message.contains(words))
        })
}

fn repositories(platform: Option<&FoodDeliveryPlatform>) -> usize {
    platform
        .and_then(|platform| platform.status.as_ref()?.cloud.as_ref())
        .map_or(0, |cloud| cloud.repositories.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_come_with_a_platform_and_go_with_it_only_if_it_says_so() {
    let moto = Moto::start().await;
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), &moto.endpoint());
    let aws = |policy: &str| json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {}, "deletionPolicy": policy } } });

    world.apply("shop", &aws("Retain")).await;
    until(&world, "made", |platform| {
        cloud_is(platform, "True", "") && repositories(platform) == 9
    })
    .await;
    assert_eq!(moto.repositories().await, 9);
    world.delete("shop").await;
    until(&world, "gone", |platform| platform.is_none()).await;
    assert_eq!(moto.repositories().await, 9, "kept");

    world.apply("shop", &aws("Delete")).await;
    until(&world, "its own again", |platform| {
        cloud_is(platform, "True", "") && repositories(platform) == 9
    })
    .await;
    world.delete("shop").await;
    until(&world, "gone with all it had", |platform| platform.is_none()).await;
    assert_eq!(moto.repositories().await, 0);
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retain_rescues_what_a_platform_on_its_way_out_still_has_at_aws() {
    let moto = Moto::start().await;
    let between = Between::start(
        &moto.endpoint(),
        Rule::Refuse("DeleteRepository", "AccessDeniedException"),
    )
    .await;
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), &between.endpoint());
    let aws = |policy: &str| json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {}, "deletionPolicy": policy } } });
    world.apply("shop", &aws("Delete")).await;
    until(&world, "made", |platform| {
        cloud_is(platform, "True", "") && repositories(platform) == 9
    })
    .await;
    world.delete("shop").await;
    until(&world, "kept by what cannot be deleted", |platform| {
        cloud_is(platform, "False", "not allowed: AccessDeniedException")
    })
    .await;
    let change = Patch::Merge(json!({ "spec": aws("Retain") }));
    world
        .platforms()
        .patch("shop", &PatchParams::default(), &change)
        .await
        .unwrap();
    until(&world, "gone without it", |platform| platform.is_none()).await;
    assert_eq!(moto.repositories().await, 9, "kept");
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_aws_cannot_be_reached_the_platform_runs_and_the_condition_says_why() {
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), "http://127.0.0.1:1");
    let spec =
        json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {}, "deletionPolicy": "Delete" } } });
    world.apply("shop", &spec).await;
    until(&world, "told", |platform| {
        cloud_is(platform, "False", "AWS does not answer")
    })
    .await;
    world.settles("shop", &spec).await;

    // A resource that cannot be deleted keeps the platform, and the status says so.
    world.delete("shop").await;
    until(&world, "kept", |platform| {
        platform.is_some_and(|platform| platform.metadata.deletion_timestamp.is_some())
            && cloud_is(platform, "False", "list ECR repositories")
    })
    .await;
    operator.stop().await;
}

/// Whether the status shows a cluster whose creation has completed.
fn has_cluster(platform: Option<&FoodDeliveryPlatform>) -> bool {
    platform
        .and_then(|platform| platform.status.as_ref()?.cloud.as_ref()?.cluster.as_ref())
        .is_some_and(|cluster| {
            cluster.name == "food-shop" && cluster.version == "1.34" && cluster.state == "ACTIVE"
        })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_comes_and_goes_with_a_platform_whatever_becomes_of_its_repositories() {
    let moto = Moto::start().await;
    let between = Between::start(
        &moto.endpoint(),
        Rule::Refuse("CreateRepository", "AccessDeniedException"),
    )
    .await;
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), &between.endpoint());
    // Moto has no add-ons.
    let eks = json!({ "version": "1.34", "subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"], "addOns": [] });
    let spec = json!({ "cloud": { "aws": {
        "region": "eu-central-1", "ecr": {}, "eks": eks, "deletionPolicy": "Delete",
    } } });
    world.apply("shop", &spec).await;
    until(&world, "made, and the repositories refused", |platform| {
        has_cluster(platform) && cloud_is(platform, "False", "not allowed: AccessDeniedException")
    })
    .await;
    world.delete("shop").await;
    until(&world, "gone with all it had", |platform| platform.is_none()).await;
    let calls = between.calls();
    for operation in [
        "CreateRole",
        "CreateCluster",
        "CreateNodegroup",
        "CreateOpenIDConnectProvider",
        "DeleteNodegroup",
        "DeleteCluster",
        "DeleteOpenIDConnectProvider",
        "DeleteRole",
    ] {
        let expected = if operation.ends_with("Role") { 2 } else { 1 };
        let count = calls.iter().filter(|call| *call == operation).count();
        assert_eq!(count, expected, "{operation}: {calls:?}");
    }
    operator.stop().await;
}

fn projects(platform: Option<&FoodDeliveryPlatform>) -> usize {
    platform
        .and_then(|platform| platform.status.as_ref()?.cloud.as_ref())
        .map_or(0, |cloud| cloud.projects.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_come_and_go_with_a_platform_whatever_becomes_of_its_repositories() {
    let moto = Moto::start().await;
    let peer = CodeBuildPeer::start(&moto.endpoint()).await;
    let between = Between::start(
        &peer.endpoint(),
        Rule::Refuse("CreateRepository", "AccessDeniedException"),
    )
    .await;
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), &between.endpoint());
    let builds = json!({
        "repository": "https://github.com/example/food-delivery.git",
        "serviceRole": "arn:aws:iam::123456789012:role/food-delivery-build",
        "cluster": "food-delivery",
    });
    let spec = json!({
        "services": { "marketing": { "enabled": false } },
        "cloud": { "aws": {
            "region": "eu-central-1", "ecr": {}, "codeBuild": builds, "deletionPolicy": "Delete",
        } },
    });
    world.apply("shop", &spec).await;
    until(&world, "made, and the repositories refused", |platform| {
        projects(platform) == 8 && cloud_is(platform, "False", "not allowed: AccessDeniedException")
    })
    .await;
    until(&world, "started by pushes", |_| peer.webhooks().len() == 8).await;
    world.delete("shop").await;
    until(&world, "gone with all it had", |platform| platform.is_none()).await;
    assert_eq!(peer.webhooks(), Vec::<String>::new());
    let calls = between.calls();
    let deleted = calls.iter().filter(|call| *call == "DeleteProject").count();
    assert_eq!(deleted, 8, "{calls:?}");
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_without_an_entry_gets_nothing_at_aws_and_is_told_why() {
    let moto = Moto::start().await;
    let between = Between::start(&moto.endpoint(), Rule::Forward).await;
    let world = World::start().await;
    let operator = restricted(&world, &between.endpoint(), "{test: {}}");
    let spec =
        json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {}, "deletionPolicy": "Delete" } } });
    world.apply("shop", &spec).await;
    let words = ["False CloudNotAllowed", "--aws-namespaces", "namespace food"];
    world.says("shop", condition::CLOUD_READY, &words).await;
    // All else is made.
    world.settles("shop", &spec).await;
    assert_eq!(between.calls(), Vec::<String>::new());
    // It has nothing there, so nothing keeps it.
    world.delete("shop").await;
    until(&world, "gone", |platform| platform.is_none()).await;
    assert_eq!(between.calls(), Vec::<String>::new());
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_namespace_has_at_aws_is_made_by_its_own_role() {
    let moto = Moto::start().await;
    let between = Between::start(&moto.endpoint(), Rule::Forward).await;
    let world = World::start().await;
    let role = "{food: {services: [ecr], roleArn: 'arn:aws:iam::222222222222:role/food'}}";
    let operator = restricted(&world, &between.endpoint(), role);
    let spec = json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {} } } });
    world.apply("shop", &spec).await;
    until(&world, "made", |platform| {
        cloud_is(platform, "True", "") && repositories(platform) == 9
    })
    .await;
    let calls = between.calls();
    let assumed = calls.iter().filter(|call| *call == "AssumeRole").count();
    assert_eq!(assumed, 1, "{calls:?}");
    assert_eq!(
        moto.repositories().await,
        0,
        "the operator's own account has none"
    );
    operator.stop().await;
}
