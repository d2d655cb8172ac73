//! Turns the health of the parts into the conditions of the platform.

mod autoscaling;
mod overall;
mod parts;
mod services;
mod unwritten;
mod without_parts;

use fdp_crds::{CloudStatus, ServiceStatus};

use super::{cloud, gateway, health::Health, observed::Observed, reason::Reason, validated::Validated};

/// How many causes a message names before it only counts.
const CAUSES_SHOWN: usize = 3;

/// A condition without its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub type_: &'static str,
    pub status: Answer,
    pub reason: Reason,
    pub message: String,
}

/// What a condition can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    True,
    False,
    Unknown,
}

impl Answer {
    /// The word that Kubernetes uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// How a platform is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    pub conditions: Vec<Verdict>,
    /// The version that all services run; `None` while they do not.
    pub version: Option<String>,
    pub url: Option<String>,
    pub services: Vec<ServiceStatus>,
    pub cloud: Option<CloudStatus>,
}

/// What the operator could not, or must not, write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// Objects that the API server refused, with its reason.
    pub refused: Vec<String>,
    /// Objects whose turn has not come, with what they wait for.
    pub waiting: Vec<String>,
    /// Objects that would change if the platform were not suspended.
    pub suspended: Vec<String>,
}

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

impl Assessment {
    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Verdict> {
        self.conditions.iter().find(|verdict| verdict.type_ == type_)
    }
}

fn list(causes: &[String]) -> String {
    let shown = causes[..causes.len().min(CAUSES_SHOWN)].join("; ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
