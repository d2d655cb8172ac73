//! Causes for reasons of parts that are away.

use fdp_crds::condition::{
    CLOUD_READY, KAFKA_READY, LOGGING_READY, MESH_READY, MONITORING_READY, READY, RECONCILING,
    SETUP_COMPLETE, STALLED,
};
use fdp_operator::{
    model::{apis::Apis, cloud::CloudState, health::Health, reason::Reason},
    plan::setup,
};
use serde_json::json;

use crate::{
    causes::{Cause, cause},
    world::World,
};

/// Each part, away.
pub(super) fn parts() -> Vec<Cause> {
    let mut parts = of_every_platform();
    parts.extend(optional());
    parts.extend(at_aws());
    parts
}

fn of_every_platform() -> Vec<Cause> {
    let fresh = World::fresh(json!({}));
    let up = World::plain;
    let status =
        json!({ "conditions": [{ "type": "Failed", "status": "True", "message": "too many failures" }] });
    let setup = setup::job_name(&up().platform, &up().observed);
    let failed = up().with_status(&setup, status);
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
    ]
}

fn optional() -> Vec<Cause> {
    let mesh =
        World::up(json!({ "mesh": { "provider": "Istio" } })).see(|observed| observed.apis = Apis::default());
    let logging = World::up(json!({ "logging": { "provider": "Managed" } })).down("shop-elasticsearch");
    let monitoring = World::up(json!({ "monitoring": { "provider": "Managed" } })).down("shop-prometheus");
    vec![
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
    ]
}

fn at_aws() -> Vec<Cause> {
    let making = cloud(Health::Waiting("ECR repository shop/pay: being made".to_owned()));
    let refused = cloud(Health::Held {
        reason: Reason::CloudNotAllowed,
        message: "namespace food has no entry in --aws-namespaces".to_owned(),
        for_person: true,
    });
    vec![
        cause(
            Reason::CloudNotReady,
            READY,
            "False",
            "ECR repository shop/pay",
            &making,
        ),
        cause(
            Reason::Waiting,
            CLOUD_READY,
            "False",
            "ECR repository shop/pay",
            &making,
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
