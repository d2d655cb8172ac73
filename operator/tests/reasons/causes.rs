//! A cause for each reason: a platform, what became of it, and the condition that says so.

use std::sync::{Arc, LazyLock};

use fdp_crds::{
    FoodDeliveryPlatform, Reachability,
    condition::{
        AUTOSCALING_READY, CLOUD_READY, DATABASE_READY, KAFKA_READY, LOGGING_READY, MESH_READY,
        MONITORING_READY, READY, RECONCILING, SERVICES_READY, SETUP_COMPLETE, STALLED,
    },
};
use fdp_operator::{
    model::{
        apis::{Apis, MetricsApi},
        assessment::{Assessment, Condition, Unwritten},
        cloud::CloudState,
        health::Health,
        host_claim::HostClaim,
        object::ObjectKey,
        observed::Observed,
        reason::Reason,
        referenced::Referenced,
    },
    plan::{ownership::NotOurs, setup},
    settings::{ReferencedSecrets, Settings},
    spec::Validated,
};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use serde_json::{Value, json};

use crate::{
    support,
    world::{World, filled},
};

/// A platform that has a reason.
pub(crate) struct Cause {
    pub(crate) reason: Reason,
    pub(crate) condition: &'static str,
    pub(crate) status: &'static str,
    /// What the message has to name.
    pub(crate) names: &'static str,
    pub(crate) spec: Value,
    pub(crate) assessment: Assessment,
}

impl Cause {
    /// The condition with the reason.
    pub(crate) fn said(&self) -> &Condition {
        let found = self.assessment.condition(self.condition);
        found.unwrap_or_else(|| panic!("{:?}: there is no {}", self.reason, self.condition))
    }

    /// The resource of the platform.
    pub(crate) fn resource(&self) -> FoodDeliveryPlatform {
        serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" }, "spec": self.spec,
            "status": { "version": "1.0.0", "stores": { "postgres": { "provider": "Managed", "image": "postgres:15" } } },
        }))
        .unwrap()
    }
}

/// A cause, where all that counts is the state of the world.
fn cause(
    reason: Reason,
    condition: &'static str,
    status: &'static str,
    names: &'static str,
    world: &World,
) -> Cause {
    told(
        reason,
        condition,
        status,
        names,
        world.spec.clone(),
        world.assessment(),
    )
}

fn told(
    reason: Reason,
    condition: &'static str,
    status: &'static str,
    names: &'static str,
    spec: Value,
    assessment: Assessment,
) -> Cause {
    Cause {
        reason,
        condition,
        status,
        names,
        spec,
        assessment,
    }
}

/// At least one cause for each reason.
pub(crate) fn causes() -> &'static [Cause] {
    // Each takes several plans, which tests need not make anew.
    static CAUSES: LazyLock<Vec<Cause>> = LazyLock::new(all);
    &CAUSES
}

fn all() -> Vec<Cause> {
    let mut causes = healthy();
    causes.extend(parts());
    causes.extend(customers());
    causes.extend(writing());
    causes.extend(stopped());
    causes.extend(secrets());
    causes.extend(stores());
    causes.extend(never_spoken_to());
    causes.extend(around());
    causes
}

fn healthy() -> Vec<Cause> {
    let up = World::plain();
    vec![
        cause(Reason::PlatformReady, READY, "True", "everything is up", &up),
        cause(
            Reason::Finished,
            RECONCILING,
            "False",
            "nothing is left to do",
            &up,
        ),
        cause(Reason::NotStalled, STALLED, "False", "nothing needs", &up),
        cause(Reason::Ready, KAFKA_READY, "True", "Kafka takes connections", &up),
    ]
}

/// Each part, away.
fn parts() -> Vec<Cause> {
    let fresh = World::fresh(json!({}));
    let up = || World::plain();
    let failed = |world: World| {
        let job = setup::job_name(&world.platform, &world.observed);
        let status =
            json!({ "conditions": [{ "type": "Failed", "status": "True", "message": "too many failures" }] });
        world.with_status(&job, status)
    };
    let failed = failed(up());
    let mesh =
        World::up(json!({ "mesh": { "provider": "Istio" } })).see(|observed| observed.apis = Apis::default());
    let logging = World::up(json!({ "logging": { "provider": "Managed" } })).down("shop-elasticsearch");
    let monitoring = World::up(json!({ "monitoring": { "provider": "Managed" } })).down("shop-prometheus");
    let (cloud, refused) = (
        cloud(Health::Waiting("ECR repository shop/pay: being made".to_owned())),
        cloud(Health::Held {
            reason: Reason::CloudNotAllowed,
            message: "namespace food has no entry in --aws-namespaces".to_owned(),
            for_person: true,
        }),
    );
    vec![
        cause(
            Reason::Waiting,
            KAFKA_READY,
            "False",
            "StatefulSet shop-kafka",
            &fresh,
        ),
        cause(
            Reason::Progressing,
            RECONCILING,
            "True",
            "StatefulSet shop-kafka",
            &fresh,
        ),
        cause(
            Reason::KafkaNotReady,
            READY,
            "False",
            "StatefulSet shop-kafka",
            &up().down("shop-kafka"),
        ),
        cause(
            Reason::DatabaseNotReady,
            READY,
            "False",
            "StatefulSet shop-postgres",
            &up().down("shop-postgres"),
        ),
        cause(
            Reason::SetupNotComplete,
            READY,
            "False",
            "Job shop-setup-",
            &failed,
        ),
        cause(
            Reason::Failed,
            SETUP_COMPLETE,
            "False",
            "too many failures",
            &failed,
        ),
        cause(Reason::PartFailed, STALLED, "True", "too many failures", &failed),
        cause(
            Reason::Stalled,
            RECONCILING,
            "False",
            "waits for somebody to step in",
            &failed,
        ),
        cause(
            Reason::ServicesNotReady,
            READY,
            "False",
            "Deployment shop-order",
            &up().down("shop-order"),
        ),
        cause(Reason::MeshNotReady, READY, "False", "install Istio", &mesh),
        cause(Reason::ApiMissing, MESH_READY, "False", "install Istio", &mesh),
        cause(
            Reason::LoggingNotReady,
            READY,
            "False",
            "shop-elasticsearch",
            &logging,
        ),
        cause(
            Reason::Waiting,
            LOGGING_READY,
            "False",
            "shop-elasticsearch",
            &logging,
        ),
        cause(
            Reason::MonitoringNotReady,
            READY,
            "False",
            "shop-prometheus",
            &monitoring,
        ),
        cause(
            Reason::Waiting,
            MONITORING_READY,
            "False",
            "shop-prometheus",
            &monitoring,
        ),
        cause(
            Reason::CloudNotReady,
            READY,
            "False",
            "ECR repository shop/pay",
            &cloud,
        ),
        cause(
            Reason::Waiting,
            CLOUD_READY,
            "False",
            "ECR repository shop/pay",
            &cloud,
        ),
        cause(
            Reason::CloudNotAllowed,
            CLOUD_READY,
            "False",
            "--aws-namespaces",
            &refused,
        ),
    ]
}

/// A platform that is up, and that at AWS.
fn cloud(health: Health) -> World {
    let spec = json!({ "cloud": { "aws": { "region": "eu-central-1", "ecr": { "prefix": "shop" } } } });
    World::up(spec).see(|observed| {
        observed.cloud = Some(CloudState {
            health: vec![health],
            ..CloudState::default()
        });
    })
}

/// What is switched off, for customers.
fn customers() -> Vec<Cause> {
    let without = |service: &str, how: Value| World::up(json!({ "services": { service: how } }));
    let off = json!({ "enabled": false });
    vec![
        cause(
            Reason::OrdersRefused,
            READY,
            "False",
            "pay is disabled",
            &without("pay", off.clone()),
        ),
        cause(
            Reason::OrdersRefused,
            STALLED,
            "True",
            "pay is scaled to 0",
            &without("pay", json!({ "replicas": 0 })),
        ),
        cause(
            Reason::OrdersNotDelivered,
            READY,
            "False",
            "store is disabled",
            &without("store", off),
        ),
    ]
}

/// Objects that could not be written, must not be, or may not be yet.
fn writing() -> Vec<Cause> {
    let up = World::plain();
    let one = |sentence: &str| vec![sentence.to_owned()];
    let with = |world: &World, unwritten: &Unwritten| world.assessment().with_unwritten(unwritten);
    let refused = Unwritten {
        refused: one("Deployment shop-pay: exceeded quota: pods"),
        ..Unwritten::default()
    };
    let port = Unwritten {
        refused: one(
            "Service shop-gateway: node port 30080 belongs to Service shop-gateway in namespace other",
        ),
        ..Unwritten::default()
    };
    let foreign = NotOurs::new(&ObjectKey::new("ConfigMap", "shop-kafka"), &up.platform);
    let foreign = Unwritten {
        refused: vec![format!("ConfigMap shop-kafka: {foreign}")],
        ..Unwritten::default()
    };
    let contested = Unwritten {
        contested: one(
            "Deployment shop-pay: spec.replicas is changed by scaler whenever fdp-operator puts it back",
        ),
        ..Unwritten::default()
    };
    let waiting = Unwritten {
        waiting: one("Deployment shop-pay waits for Deployment shop-store: 0 of 1 replicas updated"),
        ..Unwritten::default()
    };
    let suspended = Unwritten {
        suspended: one("Deployment shop-pay"),
        ..Unwritten::default()
    };
    let broken = World::up(json!({ "image": { "tag": "2" } })).with_status(
        "shop-store",
        json!({ "conditions": [{ "type": "Progressing", "status": "False",
            "reason": "ProgressDeadlineExceeded", "message": "has timed out progressing" }] }),
    );
    let asleep = World::plain().asked(json!({ "suspend": true }), None);
    let spec = || up.spec.clone();
    vec![
        told(
            Reason::ApplyFailed,
            READY,
            "False",
            "exceeded quota",
            spec(),
            with(&up, &refused),
        ),
        told(
            Reason::ApplyFailed,
            RECONCILING,
            "True",
            "node port 30080",
            spec(),
            with(&up, &port),
        ),
        told(
            Reason::ApplyFailed,
            READY,
            "False",
            "annotate configmap shop-kafka",
            spec(),
            with(&up, &foreign),
        ),
        told(
            Reason::FieldContested,
            STALLED,
            "True",
            "spec.replicas",
            spec(),
            with(&up, &contested),
        ),
        told(
            Reason::RollingOut,
            READY,
            "False",
            "waits for Deployment shop-store",
            spec(),
            with(&up, &waiting),
        ),
        told(
            Reason::RolloutStopped,
            STALLED,
            "True",
            "the rollout has stopped there",
            broken.spec.clone(),
            with(&broken, &waiting),
        ),
        cause(Reason::Suspended, READY, "True", "spec.suspend", &asleep),
        told(
            Reason::Suspended,
            READY,
            "False",
            "Deployment shop-pay",
            asleep.spec.clone(),
            with(&asleep, &suspended),
        ),
    ]
}

/// Platforms at which nothing is done.
fn stopped() -> Vec<Cause> {
    let refused = "pods is forbidden: User \"system:serviceaccount:operators:fdp-operator\" cannot list resource \"pods\"";
    let senseless = json!({ "services": { "order": { "resources": { "requests": { "cpu": "2" }, "limits": { "cpu": "1" } } } } });
    let deleting = Health::Waiting("EKS cluster food-delivery-shop: being deleted".to_owned());
    vec![
        told(
            Reason::InvalidSpec,
            STALLED,
            "True",
            "exceeds the limit",
            json!({}),
            Assessment::of_invalid_spec(&problem(&senseless)),
        ),
        told(
            Reason::Deleting,
            READY,
            "False",
            "EKS cluster",
            json!({}),
            Assessment::of_deletion(&[deleting]),
        ),
        told(
            Reason::Deleting,
            STALLED,
            "True",
            "AccessDenied",
            json!({}),
            Assessment::of_deletion(&[Health::Failed("ECR: AccessDenied".to_owned())]),
        ),
        told(
            Reason::NamespaceTerminating,
            READY,
            "False",
            "namespace food",
            json!({}),
            Assessment::of_ending_namespace("food"),
        ),
        told(
            Reason::RightsMissing,
            STALLED,
            "True",
            "cannot list",
            json!({}),
            Assessment::without_rights(&[refused.to_owned()]),
        ),
    ]
}

/// What is wrong with a specification that its schema lets pass.
fn problem(spec: &Value) -> String {
    let platform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
    }));
    let refused = Validated::new(&platform.unwrap(), &Settings::default());
    refused.err().map(|invalid| invalid.to_string()).unwrap()
}

/// Secrets that somebody else has to make, or to share.
fn secrets() -> Vec<Cause> {
    let lost = World::plain()
        .asked(external("postgres", "rds"), None)
        .see(|observed| {
            drop(
                observed
                    .referenced
                    .insert("rds".to_owned(), Referenced::default()),
            )
        });
    let settings = Settings {
        referenced_secrets: ReferencedSecrets::Labelled,
        ..Settings::default()
    };
    let spec = json!({ "notifications": { "kakao": { "secretRef": { "name": "kakao-app" } } } });
    let kakao = || filled(&[("restApiKey", "a"), ("refreshToken", "b")]);
    let mut unshared = World::fresh(spec)
        .see(|observed| drop(observed.referenced.insert("kakao-app".to_owned(), kakao())))
        .settled();
    unshared.platform = support::platform(&unshared.spec, &json!({}), &settings);
    let unshared = unshared.see(|observed| {
        let mut unlabelled = kakao();
        unlabelled.unlabelled = true;
        observed.referenced.insert("kakao-app".to_owned(), unlabelled);
    });
    vec![
        cause(
            Reason::SecretMissing,
            DATABASE_READY,
            "False",
            "Secret rds",
            &lost,
        ),
        cause(
            Reason::SecretNotShared,
            SERVICES_READY,
            "False",
            "kubectl label --overwrite secret kakao-app",
            &unshared,
        ),
    ]
}

fn external(store: &str, secret: &str) -> Value {
    json!({ store: { "provider": "External", "secretRef": { "name": secret } } })
}

/// Data stores that are changed, shared, upgraded, and that refuse.
fn stores() -> Vec<Cause> {
    let asked = |word| {
        World::plain()
            .asked(external("postgres", "rds"), word)
            .carried_out()
    };
    let mongodb = World::up(json!({ "mongodb": { "provider": "Managed" } }))
        .asked(external("mongodb", "atlas"), None)
        .carried_out();
    let newer = World::plain().asked(
        json!({ "postgres": { "image": "registry.example.com/postgres:17" } }),
        None,
    );
    let taken = "StoreClash postgres: the role 'food_shop_order' belongs to the platform fast/shop";
    let clash = World::fresh(external("postgres", "rds")).setup_says(taken);
    let refused = |spec: Value, words: &str| World::fresh(spec).setup_says(words);
    let orders = "StoreClash mongodb: the database 'order' belongs to the platform fast/shop";
    let orders = World::fresh(external("mongodb", "atlas")).setup_says(orders);
    let postgres = refused(
        json!({}),
        "SignInRefused postgres: password authentication failed",
    );
    let there = refused(
        external("postgres", "rds"),
        "SignInRefused postgres: password authentication failed",
    );
    let kafka = refused(
        external("kafka", "msk"),
        "SignInRefused kafka: Authentication failed",
    );
    vec![
        cause(
            Reason::StoreChangeUnconfirmed,
            DATABASE_READY,
            "False",
            "kubectl annotate --overwrite fdp shop",
            &asked(None),
        ),
        cause(
            Reason::StoreChangeUnconfirmed,
            DATABASE_READY,
            "False",
            "mongodump",
            &mongodb,
        ),
        cause(
            Reason::StoreChanging,
            DATABASE_READY,
            "False",
            "postgres",
            &asked(Some("postgres=External/rds")),
        ),
        cause(
            Reason::VersionRefused,
            DATABASE_READY,
            "False",
            "postgres:17",
            &newer,
        ),
        cause(Reason::StoreClash, SETUP_COMPLETE, "False", "fast/shop", &clash),
        cause(
            Reason::StoreClash,
            DATABASE_READY,
            "False",
            "the database 'order'",
            &orders,
        ),
        cause(
            Reason::SignInRefused,
            DATABASE_READY,
            "False",
            "kubectl rollout restart statefulset shop-postgres",
            &postgres,
        ),
        cause(
            Reason::SignInRefused,
            DATABASE_READY,
            "False",
            "Secret rds",
            &there,
        ),
        cause(Reason::SignInRefused, KAFKA_READY, "False", "Secret msk", &kafka),
    ]
}

/// Data stores of others before anybody has spoken to them.
fn never_spoken_to() -> Vec<Cause> {
    [
        (
            "postgres",
            "rds",
            DATABASE_READY,
            "postgres: nobody has spoken to the one of Secret rds yet",
        ),
        (
            "kafka",
            "msk",
            KAFKA_READY,
            "kafka: nobody has spoken to the one of Secret msk yet",
        ),
        (
            "mongodb",
            "atlas",
            DATABASE_READY,
            "mongodb: nobody has spoken to the one of Secret atlas yet",
        ),
    ]
    .map(|(store, secret, condition, words)| {
        cause(
            Reason::Waiting,
            condition,
            "False",
            words,
            &World::fresh(external(store, secret)),
        )
    })
    .into()
}

/// What is around the platform: other platforms, networks, nodes, metrics.
fn around() -> Vec<Cause> {
    let time = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let blocked = Reachability {
        service: "order".to_owned(),
        job: "shop-order-reach-1".to_owned(),
        since: Time(time(0)),
        problem: Some("pay at shop-pay:8082 (timed out)".to_owned()),
    };
    let unreachable = World::plain().see(|observed| observed.remembered.reachability = vec![blocked]);
    let host = "shop.example.com".to_owned();
    let claimed = World::up(json!({ "mesh": { "provider": "Istio" }, "gateway": { "hosts": [host] } }))
        .see(|observed| {
            observed.created = Some(time(100));
            observed.host_claims = vec![HostClaim {
                platform: "other/shop".to_owned(),
                created: Some(time(0)),
                selector: [("istio".to_owned(), "ingressgateway".to_owned())].into(),
                held: [host.clone()].into(),
                hosts: vec![host.clone()],
            }];
        });
    let unmeasured = World::plain().see(|observed| observed.metrics = MetricsApi::Missing);
    let silent =
        World::plain().see(|observed| observed.metrics = MetricsApi::Unavailable("no endpoints".to_owned()));
    let full = World::plain().see(|observed| {
        observed.now = time(20);
        fill(observed, time(0));
    });
    vec![
        cause(
            Reason::Unreachable,
            SERVICES_READY,
            "False",
            "order cannot reach pay at shop-pay:8082",
            &unreachable,
        ),
        cause(
            Reason::HostTaken,
            MESH_READY,
            "False",
            "the platform other/shop",
            &claimed,
        ),
        cause(
            Reason::MetricsMissing,
            AUTOSCALING_READY,
            "False",
            "install metrics-server",
            &unmeasured,
        ),
        cause(
            Reason::MetricsUnavailable,
            AUTOSCALING_READY,
            "False",
            "no endpoints",
            &silent,
        ),
        cause(
            Reason::NoRoom,
            AUTOSCALING_READY,
            "False",
            "order is held at 3 of 10 replicas",
            &full,
        ),
    ]
}

/// Four replicas of order run, and no node has room for a pod of pay.
fn fill(observed: &mut Observed, since: Timestamp) {
    let pod = |part: &str, name: String, status: Value| -> Arc<Pod> {
        let pod = json!({ "metadata": { "name": name, "labels": { "app.kubernetes.io/name": part } }, "status": status });
        Arc::new(serde_json::from_value(pod).unwrap())
    };
    let runs = json!({ "phase": "Running", "conditions": [{ "type": "PodScheduled", "status": "True" }] });
    observed.pods = (0..4)
        .map(|number| pod("order", format!("shop-order-{number}"), runs.clone()))
        .collect();
    let waits = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu.",
        "lastTransitionTime": since.to_string() }] });
    observed.pods.push(pod("pay", "shop-pay-waits".to_owned(), waits));
}
