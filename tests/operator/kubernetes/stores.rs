//! Tests that a changed data store takes over only when it is ready and the change is confirmed, that the old one is
//! untouched until then, and that impossible values are rejected at admission.

use std::time::Instant;

use fdp_crds::condition;
use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::{Deployment, StatefulSet},
        core::v1::{Secret, Service},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, ResourceExt as _,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use fdp_test_operator::{NAMESPACE, Operator, World, eventually};

const CHANGE_STORE: &str = "fooddelivery.dev/change-store";

fn external() -> Value {
    json!({ "postgres": { "provider": "External", "secretRef": { "name": "rds" } } })
}

/// The identities of all objects of the managed PostgreSQL; a recreated object has another one.
async fn managed_postgres(world: &World) -> Vec<String> {
    let sets = Api::<StatefulSet>::namespaced(world.client.clone(), NAMESPACE);
    let services = Api::<Service>::namespaced(world.client.clone(), NAMESPACE);
    let set = sets.get_opt("shop-postgres").await.unwrap();
    let service = services.get_opt("shop-postgres").await.unwrap();
    set.and_then(|set| set.uid())
        .into_iter()
        .chain(service.and_then(|service| service.uid()))
        .collect()
}

/// The generation of a Deployment, which shows whether its pods were replaced.
async fn generation(world: &World, name: &str) -> Option<i64> {
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
    deployments.get(name).await.unwrap().metadata.generation
}

fn rds(keys: &[&str]) -> Secret {
    let value = |key: &str| ByteString(if key == "port" { "5432".into() } else { key.into() });
    let mut secret = Secret {
        data: Some(keys.iter().map(|key| ((*key).to_owned(), value(key))).collect()),
        ..Secret::default()
    };
    secret.metadata.name = Some("rds".to_owned());
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_store_takes_over_when_it_can_and_somebody_says_so() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    world.says("shop", condition::READY, &["True"]).await;
    let before = managed_postgres(&world).await;
    assert_eq!(before.len(), 2);
    let pay = generation(&world, "shop-pay").await;

    let changed = Instant::now();
    world.apply("shop", &external()).await;
    world
        .says(
            "shop",
            condition::DATABASE_READY,
            &[
                "False SecretMissing",
                "Secret rds",
                "host, port, username, password",
                "Managed serves on",
            ],
        )
        .await;
    println!("the missing Secret is told after {:?}", changed.elapsed());
    assert_eq!(managed_postgres(&world).await, before, "the old one serves");
    assert_eq!(generation(&world, "shop-pay").await, pay);

    let secrets = Api::<Secret>::namespaced(world.client.clone(), NAMESPACE);
    secrets
        .create(&PostParams::default(), &rds(&["host", "port"]))
        .await
        .unwrap();
    world
        .says(
            "shop",
            condition::DATABASE_READY,
            &["SecretMissing", "lacks username, password"],
        )
        .await;
    let filled = Patch::Merge(json!({ "data": rds(&["username", "password"]).data }));
    secrets
        .patch("rds", &PatchParams::default(), &filled)
        .await
        .unwrap();
    world
        .says(
            "shop",
            condition::DATABASE_READY,
            &[
                "False StoreChangeUnconfirmed",
                "postgres=External/rds:copy",
                "postgres=External/rds",
            ],
        )
        .await;
    assert_eq!(managed_postgres(&world).await, before, "nobody has confirmed it");
    assert_eq!(generation(&world, "shop-pay").await, pay);

    world
        .annotate("shop", CHANGE_STORE, "postgres=External/rds:copy")
        .await;
    let paused = Instant::now();
    world
        .says("shop", condition::DATABASE_READY, &["True Ready"])
        .await;
    println!("the services have the new store after {:?}", paused.elapsed());
    eventually("the old store is deleted last", async || {
        let left = managed_postgres(&world).await;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{left:?}"))
        }
    })
    .await;
    world.says("shop", condition::READY, &["True"]).await;
    assert_ne!(generation(&world, "shop-pay").await, pay);
    let status = world.platforms().get("shop").await.unwrap().status.unwrap();
    let postgres = status.stores.unwrap().postgres.unwrap();
    assert_eq!(
        (
            postgres.provider.as_str(),
            postgres.secret.as_deref(),
            postgres.former
        ),
        ("External", Some("rds"), None)
    );
    world.settles("shop", &external()).await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_as_an_image_is_refused_and_what_was_accepted_goes_on() {
    let world = World::start().await;
    // The previous definition accepted any text.
    world
        .plane
        .install(&[definition(|field| {
            field.as_object_mut().unwrap().remove("x-kubernetes-validations");
        })])
        .await
        .unwrap();
    let image = |image: &str| json!({ "kafka": { "image": image } });
    eventually("nonsense is accepted as before", async || {
        try_apply(&world, "old", &image("<script>")).await
    })
    .await;
    world.plane.install(&fdp_crds::definitions()).await.unwrap();
    let refusal = eventually("nonsense is refused", async || {
        match try_apply(&world, "new", &image("<script>")).await {
            Ok(()) => Err("accepted".to_owned()),
            Err(refusal) => Ok(refusal),
        }
    })
    .await;
    assert!(refusal.contains("spec.kafka.image"), "{refusal}");
    assert!(
        refusal.contains("an image is written [registry[:port]/]path[:tag][@digest]"),
        "{refusal}"
    );
    // A change of another field does not affect a value that was accepted before.
    let mut spec = image("<script>");
    spec["suspend"] = json!(true);
    try_apply(&world, "old", &spec).await.unwrap();
    let ipv6 = image("[2001:db8::1]:5000/food/kafka:4.3.1");
    try_apply(&world, "new", &ipv6).await.unwrap();
}

/// The definition with another schema of `kafka.image`.
fn definition(change: impl Fn(&mut Value)) -> CustomResourceDefinition {
    let mut definition = serde_json::to_value(&fdp_crds::definitions()[0]).unwrap();
    let field = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/kafka/properties/image";
    change(definition.pointer_mut(field).unwrap());
    serde_json::from_value(definition).unwrap()
}

async fn try_apply(world: &World, name: &str, spec: &Value) -> Result<(), String> {
    let platform = fdp_test_operator::process::platform(NAMESPACE, name, spec);
    let parameters = PatchParams::apply("somebody").force();
    // A stored value is always accepted again, so the new platform is only a dry run.
    let parameters = if name == "new" {
        parameters.dry_run()
    } else {
        parameters
    };
    let applied = world
        .platforms()
        .patch(name, &parameters, &Patch::Apply(&platform))
        .await;
    applied.map(drop).map_err(|error| error.to_string())
}
