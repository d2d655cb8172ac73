//! Turns the health of the parts into the conditions of the platform.

use fdp_crds::{ServiceStatus, condition};
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
};

use super::{
    gateway,
    health::{self, Health},
    names::{KAFKA, POSTGRES, SETUP},
    observed::Observed,
    setup,
    validated::{Scaling, ServiceSettings, Validated},
};

/// How many causes a message names before it only counts.
const CAUSES_SHOWN: usize = 3;

/// A condition without its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub type_: &'static str,
    pub status: Answer,
    pub reason: &'static str,
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
}

/// What the operator could not, or must not, write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// Objects that the API server refused, with its reason.
    pub refused: Vec<String>,
    /// Objects that would change if the platform were not suspended.
    pub suspended: Vec<String>,
}

/// A part, with the name of its condition and how to speak of it.
struct Part {
    type_: &'static str,
    /// The reason of `Ready` while this part is not.
    missing: &'static str,
    ready_message: String,
    health: Vec<Health>,
}

/// Judges a platform by what was observed of it.
pub fn assess(platform: &Validated, observed: &Observed) -> Assessment {
    let services: Vec<(ServiceStatus, Health)> = platform
        .services
        .iter()
        .map(|settings| service(platform, settings, observed))
        .collect();
    let parts = [
        Part {
            type_: condition::KAFKA_READY,
            missing: "KafkaNotReady",
            ready_message: "Kafka takes connections".to_owned(),
            health: vec![stateful_set(platform, KAFKA, observed)],
        },
        Part {
            type_: condition::DATABASE_READY,
            missing: "DatabaseNotReady",
            ready_message: "PostgreSQL takes connections".to_owned(),
            health: vec![stateful_set(platform, POSTGRES, observed)],
        },
        Part {
            type_: condition::SETUP_COMPLETE,
            missing: "SetupNotComplete",
            ready_message: "databases, roles and topics are made".to_owned(),
            health: vec![setup_job(platform, observed)],
        },
        Part {
            type_: condition::SERVICES_READY,
            missing: "ServicesNotReady",
            ready_message: format!("all {} services are ready", services.len()),
            health: services.iter().map(|(_, health)| health.clone()).collect(),
        },
    ];
    let services_ready = services.iter().all(|(_, health)| health.is_ready());
    let mut conditions = overall(&parts);
    conditions.extend(parts.iter().map(verdict));
    Assessment {
        conditions,
        version: services_ready.then(|| platform.tag.clone()),
        url: gateway::url(platform, observed),
        services: services.into_iter().map(|(status, _)| status).collect(),
    }
}

impl Assessment {
    /// A platform whose specification makes no sense: nothing happens until somebody changes it.
    pub fn of_invalid_spec(problem: &str) -> Self {
        let verdict = |type_, status, message: &str| Verdict {
            type_,
            status,
            reason: "InvalidSpec",
            message: message.to_owned(),
        };
        Self {
            conditions: vec![
                verdict(condition::READY, Answer::False, problem),
                verdict(
                    condition::RECONCILING,
                    Answer::False,
                    "waits for a change of the specification",
                ),
                verdict(condition::STALLED, Answer::True, problem),
                verdict(condition::KAFKA_READY, Answer::Unknown, "not looked at"),
                verdict(condition::DATABASE_READY, Answer::Unknown, "not looked at"),
                verdict(condition::SETUP_COMPLETE, Answer::Unknown, "not looked at"),
                verdict(condition::SERVICES_READY, Answer::Unknown, "not looked at"),
            ],
            ..Self::default()
        }
    }

    /// Takes into account what the operator could not, or must not, write.
    #[must_use]
    pub fn with_unwritten(mut self, unwritten: &Unwritten) -> Self {
        if !unwritten.refused.is_empty() {
            let message = list(&unwritten.refused);
            self.set(condition::READY, Answer::False, "ApplyFailed", message.clone());
            self.set(condition::RECONCILING, Answer::True, "ApplyFailed", message);
        } else if !unwritten.suspended.is_empty() {
            let message = format!(
                "suspended; when resumed, these change: {}",
                list(&unwritten.suspended)
            );
            self.set(condition::READY, Answer::False, "Suspended", message.clone());
            self.set(condition::RECONCILING, Answer::False, "Suspended", message);
        }
        self
    }

    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Verdict> {
        self.conditions.iter().find(|verdict| verdict.type_ == type_)
    }

    fn set(&mut self, type_: &str, status: Answer, reason: &'static str, message: String) {
        if let Some(verdict) = self.conditions.iter_mut().find(|verdict| verdict.type_ == type_) {
            verdict.status = status;
            verdict.reason = reason;
            verdict.message = message;
        }
    }
}

/// Ready, Reconciling and Stalled.
fn overall(parts: &[Part]) -> Vec<Verdict> {
    let all = || parts.iter().flat_map(|part| &part.health);
    let failures: Vec<String> = all()
        .filter(|health| matches!(health, Health::Failed(_)))
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let causes: Vec<String> = all()
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let missing = parts
        .iter()
        .find(|part| part.health.iter().any(|health| !health.is_ready()));
    let verdict = |type_, status, reason, message| Verdict {
        type_,
        status,
        reason,
        message,
    };
    let ready = match missing {
        None => verdict(
            condition::READY,
            Answer::True,
            "PlatformReady",
            "everything is up".to_owned(),
        ),
        Some(part) => verdict(condition::READY, Answer::False, part.missing, list(&causes)),
    };
    let (reconciling, stalled) = if failures.is_empty() {
        let reconciling = if causes.is_empty() {
            verdict(
                condition::RECONCILING,
                Answer::False,
                "Finished",
                "nothing is left to do".to_owned(),
            )
        } else {
            verdict(condition::RECONCILING, Answer::True, "Progressing", list(&causes))
        };
        let message = "nothing needs somebody to step in".to_owned();
        (
            reconciling,
            verdict(condition::STALLED, Answer::False, "NotStalled", message),
        )
    } else {
        let message = "waits for somebody to step in".to_owned();
        (
            verdict(condition::RECONCILING, Answer::False, "Stalled", message),
            verdict(condition::STALLED, Answer::True, "PartFailed", list(&failures)),
        )
    };
    vec![ready, reconciling, stalled]
}

fn verdict(part: &Part) -> Verdict {
    let causes: Vec<String> = part
        .health
        .iter()
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let failed = part
        .health
        .iter()
        .any(|health| matches!(health, Health::Failed(_)));
    let (status, reason) = match (causes.is_empty(), failed) {
        (true, _) => (Answer::True, "Ready"),
        (false, false) => (Answer::False, "Waiting"),
        (false, true) => (Answer::False, "Failed"),
    };
    let message = if causes.is_empty() {
        part.ready_message.clone()
    } else {
        list(&causes)
    };
    Verdict {
        type_: part.type_,
        status,
        reason,
        message,
    }
}

fn list(causes: &[String]) -> String {
    let shown = causes[..causes.len().min(CAUSES_SHOWN)].join("; ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

fn service(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> (ServiceStatus, Health) {
    let part = settings.service.name();
    let name = platform.child(part);
    let deployment = observed.children.typed::<Deployment>(&name);
    let required = match settings.scaling {
        Scaling::Fixed(_) => None,
        Scaling::Automatic { min, .. } => Some(min),
    };
    let replicas = deployment
        .as_ref()
        .and_then(|deployment| deployment.spec.as_ref()?.replicas);
    let status = ServiceStatus {
        name: part.to_owned(),
        image: platform.image(part),
        ready: deployment
            .as_ref()
            .and_then(|deployment| deployment.status.as_ref()?.ready_replicas)
            .unwrap_or(0),
        desired: replicas.unwrap_or(match settings.scaling {
            Scaling::Fixed(replicas) => replicas,
            Scaling::Automatic { min, .. } => min,
        }),
    };
    let pods = health::pods_of(&observed.pods, part);
    (
        status,
        health::deployment(&name, deployment.as_ref(), required, &pods),
    )
}

fn stateful_set(platform: &Validated, part: &str, observed: &Observed) -> Health {
    let name = platform.child(part);
    let set = observed.children.typed::<StatefulSet>(&name);
    health::stateful_set(&name, set.as_ref(), &health::pods_of(&observed.pods, part))
}

fn setup_job(platform: &Validated, observed: &Observed) -> Health {
    let name = setup::job_name(platform, &observed.credentials);
    let job = observed.children.typed::<Job>(&name);
    // Pods of a former Job do not tell about this one.
    let pods: Vec<_> = health::pods_of(&observed.pods, SETUP)
        .into_iter()
        .filter(|pod| {
            pod.metadata
                .labels
                .as_ref()
                .and_then(|labels| labels.get("batch.kubernetes.io/job-name"))
                == Some(&name)
        })
        .collect();
    health::job(&name, job.as_ref(), &pods)
}
