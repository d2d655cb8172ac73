//! The Job that tries, from a pod like those of a service, whether the service reaches what it calls.
//!
//! Its pods have another name than those of the service: autoscalers and disruption budgets count every pod that the
//! service's selector finds. Network policies select both, and the service account is the service's own.

use fdp_catalogue::Service;
use k8s_openapi::api::{
    batch::v1::JobSpec,
    core::v1::{Container, EnvVar, PodReadinessGate, PodSpec},
};
use serde_json::{Value, json};

use crate::{
    kubernetes::{
        job,
        names::{self, Component, SETUP},
        pod,
    },
    model::object::{ObjectKey, Planned, Wave, to_value},
    spec::{Validated, canonical::hash},
};

/// A condition that nobody sets: a pod with it is never ready, so that no Service leads requests to it.
const NEVER_READY: &str = "fooddelivery.dev/takes-requests";

/// What a service calls.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Each as `name=host:port`, as the service itself writes the address.
    pub addresses: Vec<String>,
    /// The variables that addresses refer to, where only a Secret has them.
    pub environment: Vec<EnvVar>,
}

/// The Job of a service. Its name contains a hash of what is tried and of `depends_on`, so that it runs again when one of
/// them changes.
pub fn job(platform: &Validated, service: Service, targets: &Targets, depends_on: &Value) -> Planned {
    let part = names::reach(service.name());
    let spec = spec(platform, service, &part, targets);
    let inputs = hash(&json!([to_value(&spec), depends_on]));
    let name = format!("{}-{}", platform.child(&part), &inputs[..8]);
    Planned::new(
        Wave::Routing,
        &job::job(platform, &part, Component::Setup, name, spec),
    )
}

/// Whether an object is such a Job. They come and go without being a change of the platform.
pub fn is_job(platform: &Validated, object: &ObjectKey) -> bool {
    object.kind == "Job"
        && Service::ALL.into_iter().any(|service| {
            let start = format!("{}-", platform.child(&names::reach(service.name())));
            object.name.starts_with(&start)
        })
}

fn spec(platform: &Validated, service: Service, part: &str, targets: &Targets) -> JobSpec {
    let mut spec = job::spec_without_sidecar(
        platform,
        part,
        Component::Setup,
        PodSpec {
            containers: vec![container(platform, targets)],
            volumes: Some(vec![pod::tmp()]),
            security_context: Some(pod::pod_security(pod::SERVICE_USER)),
            service_account_name: Some(platform.child(service.name())),
            readiness_gates: Some(vec![PodReadinessGate {
                condition_type: NEVER_READY.to_owned(),
            }]),
            // It has nothing to finish.
            termination_grace_period_seconds: Some(1),
            ..Default::default()
        },
    );
    let metadata = spec.template.metadata.get_or_insert_default();
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(names::SERVICE_LABEL.to_owned(), service.name().to_owned());
    // Until it succeeds: the kubelet waits longer after each failure, up to 5 min.
    spec.backoff_limit = Some(i32::MAX);
    spec
}

fn container(platform: &Validated, targets: &Targets) -> Container {
    let mut arguments = vec!["reach".to_owned()];
    arguments.extend(targets.addresses.iter().cloned());
    pod::container(
        platform,
        "reach",
        &platform.image(SETUP),
        Container {
            args: Some(arguments),
            env: (!targets.environment.is_empty()).then(|| targets.environment.clone()),
            resources: Some(pod::fixed_resources("5m", "8Mi", "64Mi")),
            ..Default::default()
        },
    )
}
