//! Secrets that a platform names are followed: a change replaces the pods that read it within seconds if the Secret is
//! labelled for platforms; and an operator that insists on the label gives no other Secret to pods.

use std::time::{Duration, Instant};

use fdp_crds::condition;
use k8s_openapi::{
    ByteString,
    api::{apps::v1::Deployment, core::v1::Secret},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use fdp_test_operator::{NAMESPACE, Operator, World, eventually};

const LABEL: &str = "fooddelivery.dev/shared-with";
const HASH: &str = "fooddelivery.dev/secrets-hash";

fn kakao() -> Value {
    json!({ "notifications": { "kakao": { "secretRef": { "name": "kakao-app" } } } })
}

fn secrets(world: &World) -> Api<Secret> {
    Api::namespaced(world.client.clone(), NAMESPACE)
}

async fn create(world: &World, labelled: bool) {
    let mut secret = Secret {
        data: Some(
            ["restApiKey", "refreshToken"]
                .map(|key| (key.to_owned(), ByteString("old".into())))
                .into(),
        ),
        ..Secret::default()
    };
    secret.metadata.name = Some("kakao-app".to_owned());
    secret.metadata.labels = labelled.then(|| [(LABEL.to_owned(), "platforms".to_owned())].into());
    secrets(world)
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
}

async fn change(world: &World, change: Value) {
    secrets(world)
        .patch("kakao-app", &PatchParams::default(), &Patch::Merge(change))
        .await
        .unwrap();
}

/// The hash in the template of a Deployment; the outer `None` if there is no such Deployment.
async fn hash(world: &World, name: &str) -> Option<Option<String>> {
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
    let deployment = deployments.get_opt(name).await.unwrap()?;
    let template = deployment.spec?.template.metadata?;
    Some(
        template
            .annotations
            .and_then(|annotations| annotations.get(HASH).cloned()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_labelled_secret_that_changes_replaces_its_readers_within_seconds() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    create(&world, true).await;
    world.apply("shop", &kakao()).await;
    world.says("shop", condition::READY, &["True"]).await;
    let before = hash(&world, "shop-customer").await.unwrap().unwrap();
    assert_eq!(hash(&world, "shop-pay").await, Some(None), "pay does not read it");

    let changed = Instant::now();
    change(&world, json!({ "stringData": { "refreshToken": "new" } })).await;
    eventually("the pods of customer are replaced", async || {
        match hash(&world, "shop-customer").await.flatten() {
            Some(now) if now != before => Ok(()),
            now => Err(format!("{now:?}")),
        }
    })
    .await;
    let after = changed.elapsed();
    println!("the readers of a changed Secret are replaced after {after:?}");
    assert!(after < Duration::from_secs(10), "{after:?}");
    world.says("shop", condition::READY, &["True"]).await;

    let new = hash(&world, "shop-customer").await;
    let deleted = Instant::now();
    secrets(&world)
        .delete("kakao-app", &DeleteParams::default())
        .await
        .unwrap();
    world
        .says(
            "shop",
            condition::SERVICES_READY,
            &[
                "False SecretMissing",
                "Secret kakao-app",
                "restApiKey, refreshToken",
            ],
        )
        .await;
    println!("a deleted Secret is told after {:?}", deleted.elapsed());
    assert_eq!(hash(&world, "shop-customer").await, new, "what runs stays");
    create(&world, true).await;
    world.says("shop", condition::SERVICES_READY, &["True"]).await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_insists_on_the_label_gives_pods_no_other_secret() {
    let world = World::start().await;
    let operator = Operator::with_environment(
        world.plane.kubeconfig(),
        &[("FDP_REFERENCED_SECRETS", "Labelled")],
    );
    create(&world, false).await;
    world.apply("shop", &kakao()).await;
    let command = format!("kubectl label --overwrite secret kakao-app -n {NAMESPACE} {LABEL}=platforms");
    world
        .says(
            "shop",
            condition::SERVICES_READY,
            &["False SecretNotShared", &command],
        )
        .await;
    eventually("the other services are there", async || {
        hash(&world, "shop-pay")
            .await
            .map(drop)
            .ok_or("not yet".to_owned())
    })
    .await;
    assert_eq!(
        hash(&world, "shop-customer").await,
        None,
        "no pod gets the Secret"
    );
    change(
        &world,
        json!({ "metadata": { "labels": { LABEL: "platforms" } } }),
    )
    .await;
    world.says("shop", condition::READY, &["True"]).await;
    assert!(hash(&world, "shop-customer").await.flatten().is_some());
    operator.stop().await;
}
