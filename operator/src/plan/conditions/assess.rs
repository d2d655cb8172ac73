//! The assessment of a platform whose parts were observed.

use fdp_crds::ServiceStatus;

use crate::{
    components::{gateway, mesh},
    model::{assessment::Assessment, health::Health, observed::Observed},
    plan::{
        cloud,
        conditions::{autoscaling, overall, parts, services},
    },
    spec::Validated,
};

/// Judges a platform by what was observed of it.
pub fn assess(platform: &Validated, observed: &Observed) -> Assessment {
    let services: Vec<(ServiceStatus, Health)> = platform
        .services
        .iter()
        .map(|settings| services::service(platform, settings, observed))
        .collect();
    let parts = parts::parts(platform, observed, &services);
    let services_ready = services.iter().all(|(_, health)| health.is_ready());
    let mut conditions = overall::conditions(&parts);
    conditions.extend(parts.iter().map(parts::condition));
    conditions.extend(autoscaling::condition(platform, observed));
    Assessment {
        conditions,
        version: services_ready.then(|| platform.tag.clone()),
        url: mesh::address(platform, observed).or_else(|| gateway::url(platform, observed)),
        services: services.into_iter().map(|(status, _)| status).collect(),
        cloud: cloud::status(platform, observed),
    }
}
