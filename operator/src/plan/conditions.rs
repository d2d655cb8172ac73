//! Turns the health of the parts into the conditions of the platform.

use fdp_crds::{CloudStatus, ServiceStatus, condition};
use k8s_openapi::api::{apps::v1::Deployment, batch::v1::Job};

use super::{
    apis::MetricsApi,
    cloud, extensions, gateway,
    health::{self, Health},
    kafka, logging, mesh, mongodb, monitoring,
    names::SETUP,
    observed::Observed,
    postgres,
    reason::Reason,
    rollout, setup,
    validated::{Scaling, ServiceSettings, Validated},
    workload::canary,
};

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
        .map(|settings| service(platform, settings, observed))
        .collect();
    let parts = parts(platform, observed, &services);
    let services_ready = services.iter().all(|(_, health)| health.is_ready());
    let mut conditions = overall(&parts);
    conditions.extend(parts.iter().map(verdict));
    conditions.extend(autoscaling(platform, observed));
    Assessment {
        conditions,
        version: services_ready.then(|| platform.tag.clone()),
        url: gateway::url(platform, observed),
        services: services.into_iter().map(|(status, _)| status).collect(),
        cloud: cloud::status(platform, observed),
    }
}

fn parts(platform: &Validated, observed: &Observed, services: &[(ServiceStatus, Health)]) -> Vec<Part> {
    let mut databases = postgres::health(platform, observed);
    databases.extend(mongodb::health(platform, observed));
    let mut running: Vec<Health> = services.iter().map(|(_, health)| health.clone()).collect();
    running.extend(extensions::health(platform, observed));
    let all_ready = format!("all {} services are ready", running.len());
    running.extend(canary::health(platform, observed));
    let part = |type_, missing, ready_message: &str, health| Part {
        type_,
        missing,
        ready_message: ready_message.to_owned(),
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
            vec![setup_job(platform, observed)],
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
            mesh::health(platform, observed),
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
    parts
}

/// Whether autoscalers see anything. A platform without them is up all the same, so this does not make it unready.
fn autoscaling(platform: &Validated, observed: &Observed) -> Option<Verdict> {
    let scaled = |scaling: &Scaling| matches!(scaling, Scaling::Automatic { .. });
    let services = platform.services.iter().map(|settings| &settings.scaling);
    let extensions = platform.extensions.iter().map(|extension| &extension.scaling);
    if !services.chain(extensions).any(scaled) {
        return None;
    }
    let (status, reason, message) = match &observed.metrics {
        MetricsApi::Available => (
            Answer::True,
            Reason::Ready,
            "the cluster measures the use of CPU".to_owned(),
        ),
        MetricsApi::Missing => (
            Answer::False,
            Reason::MetricsMissing,
            "nobody measures the use of CPU, so that autoscalers do nothing: install metrics-server"
                .to_owned(),
        ),
        MetricsApi::Unavailable(why) => (
            Answer::False,
            Reason::MetricsUnavailable,
            format!("APIService v1beta1.metrics.k8s.io: {why}; look at metrics-server"),
        ),
    };
    Some(Verdict {
        type_: condition::AUTOSCALING_READY,
        status,
        reason,
        message,
    })
}

impl Assessment {
    /// A platform whose specification makes no sense: nothing happens until somebody changes it.
    pub fn of_invalid_spec(problem: &str) -> Self {
        let verdict = |type_, status, message: &str| Verdict {
            type_,
            status,
            reason: Reason::InvalidSpec,
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

    /// A platform that is deleted as soon as what it has at the cloud provider is gone.
    pub fn of_deletion(health: &[Health]) -> Self {
        let causes: Vec<String> = health
            .iter()
            .filter_map(|health| health.message().map(str::to_owned))
            .collect();
        let failed = health.iter().any(|health| matches!(health, Health::Failed(_)));
        let verdict = |type_, status| Verdict {
            type_,
            status,
            reason: Reason::Deleting,
            message: list(&causes),
        };
        let (reconciling, stalled) = if failed {
            (Answer::False, Answer::True)
        } else {
            (Answer::True, Answer::False)
        };
        Self {
            conditions: vec![
                verdict(condition::READY, Answer::False),
                verdict(condition::RECONCILING, reconciling),
                verdict(condition::STALLED, stalled),
                verdict(condition::CLOUD_READY, Answer::False),
            ],
            ..Self::default()
        }
    }

    /// Takes into account what the operator could not, or must not, write.
    #[must_use]
    pub fn with_unwritten(mut self, unwritten: &Unwritten) -> Self {
        if !unwritten.refused.is_empty() {
            let message = list(&unwritten.refused);
            self.set(
                condition::READY,
                Answer::False,
                Reason::ApplyFailed,
                message.clone(),
            );
            self.set(condition::RECONCILING, Answer::True, Reason::ApplyFailed, message);
        } else if !unwritten.suspended.is_empty() {
            let message = format!(
                "suspended; when resumed, these change: {}",
                list(&unwritten.suspended)
            );
            self.set(
                condition::READY,
                Answer::False,
                Reason::Suspended,
                message.clone(),
            );
            self.set(condition::RECONCILING, Answer::False, Reason::Suspended, message);
        } else if !unwritten.waiting.is_empty() {
            self.roll_out(&list(&unwritten.waiting));
        }
        self
    }

    /// An upgrade is under way, or has stopped: then what it stopped at is said first.
    fn roll_out(&mut self, waiting: &str) {
        let ready = self
            .condition(condition::READY)
            .is_some_and(|ready| ready.status == Answer::True);
        if ready {
            self.set(
                condition::READY,
                Answer::False,
                Reason::RollingOut,
                waiting.to_owned(),
            );
        }
        let stalled = self
            .condition(condition::STALLED)
            .filter(|stalled| stalled.status == Answer::True)
            .map(|stalled| stalled.message.clone());
        match stalled {
            Some(why) => {
                let message = format!("{why}; the rollout has stopped there: {waiting}");
                self.set(condition::STALLED, Answer::True, Reason::RolloutStopped, message);
            }
            None => self.set(
                condition::RECONCILING,
                Answer::True,
                Reason::RollingOut,
                waiting.to_owned(),
            ),
        }
        self.version = None;
    }

    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Verdict> {
        self.conditions.iter().find(|verdict| verdict.type_ == type_)
    }

    fn set(&mut self, type_: &str, status: Answer, reason: Reason, message: String) {
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
            Reason::PlatformReady,
            "everything is up".to_owned(),
        ),
        Some(part) => verdict(condition::READY, Answer::False, part.missing, list(&causes)),
    };
    let (reconciling, stalled) = if failures.is_empty() {
        let reconciling = if causes.is_empty() {
            verdict(
                condition::RECONCILING,
                Answer::False,
                Reason::Finished,
                "nothing is left to do".to_owned(),
            )
        } else {
            verdict(
                condition::RECONCILING,
                Answer::True,
                Reason::Progressing,
                list(&causes),
            )
        };
        let message = "nothing needs somebody to step in".to_owned();
        (
            reconciling,
            verdict(condition::STALLED, Answer::False, Reason::NotStalled, message),
        )
    } else {
        let message = "waits for somebody to step in".to_owned();
        (
            verdict(condition::RECONCILING, Answer::False, Reason::Stalled, message),
            verdict(
                condition::STALLED,
                Answer::True,
                Reason::PartFailed,
                list(&failures),
            ),
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
    let absent = part
        .health
        .iter()
        .any(|health| matches!(health, Health::Absent(_)));
    let (status, reason) = match (causes.is_empty(), failed, absent) {
        (true, ..) => (Answer::True, Reason::Ready),
        (false, true, _) => (Answer::False, Reason::Failed),
        (false, false, true) => (Answer::False, Reason::ApiMissing),
        (false, false, false) => (Answer::False, Reason::Waiting),
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
    let rolled_out = deployment
        .as_ref()
        .is_some_and(|deployment| rollout::of_deployment(deployment).is_ok());
    let status = ServiceStatus {
        name: part.to_owned(),
        image: platform.service_image(settings),
        version: rolled_out.then(|| version(platform, settings)),
        since: deployment.as_ref().and_then(health::rolled_out_since),
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

/// What follows the colon of its image; a digest is cut short.
fn version(platform: &Validated, settings: &ServiceSettings) -> String {
    let image = platform.service_image(settings);
    let after_path = image.rsplit('/').next().unwrap_or_default();
    match after_path.split_once('@') {
        Some((_, digest)) => digest.chars().take(19).collect(),
        None => after_path
            .split_once(':')
            .map_or("latest", |(_, tag)| tag)
            .to_owned(),
    }
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
