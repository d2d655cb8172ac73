//! The parts of a platform, and the condition of each.

use fdp_crds::{Reachability, ServiceStatus, condition};

use crate::{
    components::{extensions, kafka, logging, mesh, mongodb, monitoring, postgres, services::canary},
    model::{
        assessment::{Condition, ConditionStatus},
        health::Health,
        observed::Observed,
        reason::Reason,
    },
    plan::{
        cloud,
        conditions::{causes::list, part::Part},
        mesh::versions,
        reachability, secrets,
        stores::{Stores, set_up, shared_topics, spoken_to},
    },
};

/// The parts that a platform has, in the order in which they start.
pub(super) fn parts(
    stores: &Stores<'_>,
    observed: &Observed,
    services: &[(ServiceStatus, Health)],
    found: &[Reachability],
) -> Vec<Part> {
    let platform = &*stores.serving;
    let mut databases = postgres::health(platform, observed);
    databases.extend(mongodb::health(platform, observed));
    let mut running: Vec<Health> = services.iter().map(|(_, health)| health.clone()).collect();
    running.extend(extensions::health(platform, observed));
    let all_ready = format!("all {} services are ready", running.len());
    running.extend(canary::health(platform, observed));
    running.extend(reachability::health(found));
    let part = |type_, missing, ready_message: &str, health| Part {
        type_,
        missing,
        ready_message: ready_message.to_owned(),
        notices: Vec::new(),
        health,
    };
    let mut parts = vec![
        part(
            condition::KAFKA_READY,
            Reason::KafkaNotReady,
            "Kafka takes connections",
            kafka::health(platform, observed),
        ),
        part(
            condition::DATABASE_READY,
            Reason::DatabaseNotReady,
            "the databases take connections",
            databases,
        ),
        part(
            condition::SETUP_COMPLETE,
            Reason::SetupNotComplete,
            "databases, roles and topics are made",
            vec![set_up(platform, observed)],
        ),
        part(
            condition::SERVICES_READY,
            Reason::ServicesNotReady,
            &all_ready,
            running,
        ),
    ];
    let optional = [
        (
            condition::MESH_READY,
            Reason::MeshNotReady,
            "requests travel through Istio",
            mesh::health(platform, observed, &versions(platform, observed)),
        ),
        (
            condition::LOGGING_READY,
            Reason::LoggingNotReady,
            "logs are collected and kept",
            logging::health(platform, observed),
        ),
        (
            condition::MONITORING_READY,
            Reason::MonitoringNotReady,
            "metrics are read",
            monitoring::health(platform, observed),
        ),
        (
            condition::CLOUD_READY,
            Reason::CloudNotReady,
            "what the platform has at AWS is there",
            cloud::health(platform, observed),
        ),
    ];
    for (type_, missing, message, health) in optional {
        parts.extend(health.map(|health| part(type_, missing, message, health)));
    }
    let mut held = spoken_to(platform, observed);
    held.extend(stores.held.iter().cloned());
    held.extend(secrets::held(platform, observed));
    for (type_, health) in held {
        let part = parts.iter_mut().find(|part| part.type_ == type_);
        if let Some(part) = part {
            part.health.push(health);
        }
    }
    let logging = logging::notice(platform, observed).map(|notice| (condition::LOGGING_READY, notice));
    let shared = shared_topics(platform, observed).map(|notice| (condition::KAFKA_READY, notice));
    let notices = secrets::notices(platform, observed).into_iter();
    for (type_, notice) in notices.chain(logging).chain(shared) {
        let part = parts.iter_mut().find(|part| part.type_ == type_);
        if let Some(part) = part {
            part.notices.push(notice);
        }
    }
    parts
}

/// The condition of a part.
pub(super) fn condition(part: &Part) -> Condition {
    let causes: Vec<String> = part
        .health
        .iter()
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let failed = part
        .health
        .iter()
        .any(|health| matches!(health, Health::Failed(_)));
    let absent = part
        .health
        .iter()
        .any(|health| matches!(health, Health::Absent(_)));
    let held = part.health.iter().find_map(|health| match health {
        Health::Held { reason, .. } => Some(*reason),
        Health::Unreachable(_) => Some(Reason::Unreachable),
        _ => None,
    });
    let (status, reason) = match (causes.is_empty(), failed, absent) {
        (true, ..) => (ConditionStatus::True, Reason::Ready),
        (false, true, _) => (ConditionStatus::False, Reason::Failed),
        (false, false, true) => (ConditionStatus::False, Reason::ApiMissing),
        (false, false, false) => (ConditionStatus::False, held.unwrap_or(Reason::Waiting)),
    };
    let message = if causes.is_empty() {
        let notices = part.notices.iter().cloned();
        let told: Vec<String> = std::iter::once(part.ready_message.clone())
            .chain(notices)
            .collect();
        told.join("; ")
    } else {
        list(&causes)
    };
    Condition {
        type_: part.type_,
        status,
        reason,
        message,
    }
}
