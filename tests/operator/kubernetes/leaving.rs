//! Leaving, in whatever order: nothing hangs, and what remains is said.

use std::time::{Duration, Instant};

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_test_aws::Moto;
use fdp_test_operator::{NAMESPACE, Operator, World, eventually};
use k8s_openapi::{
    api::core::v1::Namespace, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{Api, api::DeleteParams, core::CustomResourceExt as _};
use serde_json::json;
use tokio::process::Command;

/// How long the end of a namespace or a definition may take.
const GONE: Duration = Duration::from_mins(2);

/// How often the operator may try to create something, an event included, before it knows that the namespace ends.
const FEW: u64 = 6;

/// What `fdp` prints, and its exit code.
async fn fdp(world: &World, arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(fdp_test_operator::process::program().unwrap())
        .args(arguments)
        .env("KUBECONFIG", world.plane.kubeconfig())
        .output()
        .await
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (said, output.status.code())
}

/// Waits until there is none, and tells how long that took.
async fn gone(what: &str, is_there: impl AsyncFn() -> bool) -> Duration {
    let started = Instant::now();
    while is_there().await {
        assert!(started.elapsed() < GONE, "{what} does not go");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    started.elapsed()
}

/// What the operators have said so far.
fn log(world: &World) -> String {
    std::fs::read_to_string(world.plane.kubeconfig().with_file_name("operator.log")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_is_deleted_goes_without_errors_of_the_operator() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    let before = operator.requests("create").await;
    let namespaces = Api::<Namespace>::all(world.client.clone());
    namespaces
        .delete(NAMESPACE, &DeleteParams::default())
        .await
        .unwrap();
    let took = gone("the namespace", async || {
        namespaces.get_opt(NAMESPACE).await.unwrap().is_some()
    })
    .await;
    let creates = operator.requests("create").await - before;
    println!(
        "a namespace with a platform is gone after {:.1} s, {creates} creates",
        took.as_secs_f64()
    );
    assert!(creates <= FEW, "{creates} creates in a namespace that ends");
    let said = log(&world);
    assert!(!said.contains("reconciliation failed"), "{said}");

    // The same again, as if nothing had been.
    world.plane.make_namespace(NAMESPACE).await.unwrap();
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_definition_the_operator_waits_and_goes_on_when_it_is_back() {
    let world = World::start().await;
    world.collects_garbage().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    let definitions = Api::<CustomResourceDefinition>::all(world.client.clone());
    let name = FoodDeliveryPlatform::crd_name();
    definitions.delete(name, &DeleteParams::default()).await.unwrap();
    let took = gone("the definition", async || {
        definitions.get_opt(name).await.unwrap().is_some()
    })
    .await;
    println!("the definition is gone after {:.1} s", took.as_secs_f64());
    let started = Instant::now();
    eventually("the operator says what it waits for", async || {
        let (code, said) = operator.page("/readyz").await;
        if code == 503 && said.contains("install the definition") {
            Ok(())
        } else {
            Err(format!("{code} {said}"))
        }
    })
    .await;
    println!(
        "the operator says so after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let took = gone("what the platform was made of", async || {
        !world.made_for("shop").await.is_empty()
    })
    .await;
    println!("what it was made of is gone {:.1} s later", took.as_secs_f64());
    let waits = "the cluster does not know FoodDeliveryPlatforms";
    let said = log(&world);
    assert_eq!(said.matches(waits).count(), 1, "{said}");
    assert!(!said.contains("reconciliation failed"), "{said}");

    world.plane.install(&fdp_crds::definitions()).await.unwrap();
    let started = Instant::now();
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    println!(
        "it goes on {:.1} s after the definition is back",
        started.elapsed().as_secs_f64()
    );
    assert_eq!(operator.page("/readyz").await.0, 200);
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_a_definition_starts_when_it_comes_and_stops_at_once() {
    let world = World::start().await;
    let definitions = Api::<CustomResourceDefinition>::all(world.client.clone());
    let name = FoodDeliveryPlatform::crd_name();
    definitions.delete(name, &DeleteParams::default()).await.unwrap();
    gone("the definition", async || {
        definitions.get_opt(name).await.unwrap().is_some()
    })
    .await;
    let waits = async |operator: &Operator| {
        eventually("the operator waits", async || {
            let (code, said) = operator.page("/readyz").await;
            said.contains("install the definition")
                .then_some(())
                .ok_or(format!("{code} {said}"))
        })
        .await;
    };
    let first = Operator::start(world.plane.kubeconfig());
    waits(&first).await;
    let started = Instant::now();
    first.stop().await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(5), "it stopped after {took:?}");

    let operator = Operator::start(world.plane.kubeconfig());
    waits(&operator).await;
    world.plane.install(&fdp_crds::definitions()).await.unwrap();
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_whose_operator_is_gone_can_be_let_go_by_hand() {
    let moto = Moto::start().await;
    let world = World::start().await;
    let operator = Operator::with_aws(world.plane.kubeconfig(), &moto.endpoint());
    let aws =
        json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": {}, "deletionPolicy": "Delete" } } });
    world.apply("shop", &aws).await;
    world.apply("other", &json!({})).await;
    world.says("shop", condition::CLOUD_READY, &["True"]).await;
    operator.kill().await;

    // What lives keeps its finalizers.
    let (said, code) = fdp(&world, &["leave", "-n", NAMESPACE, "--remove-finalizers"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("food/shop: is not being deleted, and keeps its finalizers"),
        "{said}"
    );
    world.delete("shop").await;
    world.delete("other").await;
    let (said, code) = fdp(&world, &["leave", "-n", NAMESPACE]).await;
    assert_eq!(code, Some(1), "{said}");
    for words in [
        "FoodDeliveryPlatform food/shop: is being deleted, and waits for the operator",
        "in eu-central-1: 9 ECR repositories",
        "fdp leave -n food --remove-finalizers",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(!said.contains("food/other"), "it needs no operator: {said}");
    let (said, code) = fdp(&world, &["leave", "shop", "-n", NAMESPACE, "--remove-finalizers"]).await;
    assert_eq!(code, Some(0), "{said}");
    let took = gone("the platform", async || {
        world.platforms().get_opt("shop").await.unwrap().is_some()
    })
    .await;
    println!("let go by hand, it is gone after {:.1} s", took.as_secs_f64());
    assert_eq!(moto.repositories().await, 9, "they stay, as was said");
}
