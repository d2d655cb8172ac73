//! Whether the data stores answer, so far as customers feel it.

use k8s_openapi::api::apps::v1::StatefulSet;

use crate::{
    components::{kafka, mongodb, postgres},
    kubernetes::names::KAFKA,
    model::{health::Health, observed::Observed},
    plan::conditions::ordering::StoresAnswer,
    spec::{Kafka, Validated},
};

/// Which of the data stores that the services use answer. One that is held serves on.
pub(super) fn stores_answer(platform: &Validated, observed: &Observed) -> StoresAnswer {
    let answers = |health: &Health| health.is_ready() || matches!(health, Health::Held { .. });
    let mut databases = postgres::health(platform, observed);
    databases.extend(mongodb::health(platform, observed));
    let brokers = kafka::brokers_health(platform, observed);
    StoresAnswer {
        databases: databases.iter().all(answers),
        kafka: brokers.iter().all(answers) || has_majority(platform, observed),
    }
}

/// Whether more than half of the managed brokers are ready, which is enough for them to agree.
fn has_majority(platform: &Validated, observed: &Observed) -> bool {
    let Kafka::Managed { brokers, .. } = &platform.kafka else {
        return false;
    };
    let set = observed.children.typed::<StatefulSet>(&platform.child(KAFKA));
    let ready = set.and_then(|set| set.status?.ready_replicas).unwrap_or(0);
    ready > brokers / 2
}
