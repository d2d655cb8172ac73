//! Turns the health of the parts into the conditions of the platform.

mod autoscaling;
mod overall;
mod parts;
mod services;
mod unwritten;
mod without_parts;

use fdp_crds::ServiceStatus;

use crate::{
    components::gateway,
    model::{assessment::Assessment, health::Health, observed::Observed, reason::Reason},
    plan::cloud,
    spec::Validated,
};

/// How many causes a message names before it only counts.
const CAUSES_SHOWN: usize = 3;

/// A part, with the name of its condition and how to speak of it.
struct Part {
    type_: &'static str,
    /// The reason of `Ready` while this part is not.
    missing: Reason,
    ready_message: String,
    health: Vec<Health>,
}

/// Judges a platform by what was observed of it.
pub fn assess(platform: &Validated, observed: &Observed) -> Assessment {
    let services: Vec<(ServiceStatus, Health)> = platform
        .services
        .iter()
        .map(|settings| services::service(platform, settings, observed))
        .collect();
    let parts = parts::parts(platform, observed, &services);
    let services_ready = services.iter().all(|(_, health)| health.is_ready());
    let mut conditions = overall::verdicts(&parts);
    conditions.extend(parts.iter().map(parts::verdict));
    conditions.extend(autoscaling::verdict(platform, observed));
    Assessment {
        conditions,
        version: services_ready.then(|| platform.tag.clone()),
        url: gateway::url(platform, observed),
        services: services.into_iter().map(|(status, _)| status).collect(),
        cloud: cloud::status(platform, observed),
    }
}

fn list(causes: &[String]) -> String {
    let shown = causes[..causes.len().min(CAUSES_SHOWN)].join("; ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
