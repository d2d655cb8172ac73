//! The assessment of a platform whose parts were observed.

use fdp_crds::{ServiceStatus, condition};

use crate::{
    components::{gateway, mesh},
    model::{
        assessment::{Assessment, ConditionStatus},
        health::Health,
        observed::Observed,
    },
    plan::{
        cloud,
        conditions::{autoscaling, overall, parts, services},
        stores::{self, Stores},
    },
    spec::Validated,
};

/// Assesses a platform by its observed state.
pub fn assess(platform: &Validated, observed: &Observed) -> Assessment {
    assess_stores(&stores::stores(platform, observed), observed)
}

/// Assesses a platform with the data stores that its services use.
pub(in crate::plan) fn assess_stores(stores: &Stores<'_>, observed: &Observed) -> Assessment {
    let platform = &*stores.serving;
    let services: Vec<(ServiceStatus, Health)> = platform
        .services
        .iter()
        .map(|settings| services::service(platform, settings, observed))
        .collect();
    let parts = parts::parts(stores, observed, &services);
    let services_ready = services.iter().all(|(_, health)| health.is_ready());
    let mut conditions = overall::conditions(&parts);
    conditions.extend(parts.iter().map(parts::condition));
    conditions.extend(autoscaling::condition(platform, observed));
    let set_up = conditions
        .iter()
        .any(|known| known.type_ == condition::SETUP_COMPLETE && known.status == ConditionStatus::True);
    Assessment {
        conditions,
        version: services_ready.then(|| platform.tag.clone()),
        url: mesh::address(platform, observed).or_else(|| gateway::url(platform, observed)),
        services: services.into_iter().map(|(status, _)| status).collect(),
        cloud: cloud::status(platform, observed),
        stores: stores::status(stores, observed, services_ready && set_up),
    }
}
