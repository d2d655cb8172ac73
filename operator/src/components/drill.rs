//! The Jobs that put load on a platform during a drill, and the ways on which they reach pay and read metrics.

use fdp_catalogue::Service;
use fdp_drill::{ASSIGNMENT, Assignment};
use k8s_openapi::api::core::v1::{self as core, Container, PodSpec};

use crate::{
    kubernetes::{
        job,
        names::{self, Component, DRILL, GATEWAY_DRILLS, PAY_DRILLS, PROMETHEUS_DRILLS, SIDECAR_DRILLS},
        pod,
        pod_template::template,
        service, service_accounts,
    },
    model::object::{ObjectKey, Planned, Wave},
    spec::{ServiceSettings, Validated},
};

/// How long the load may take to end what it has begun when it is stopped, in seconds.
const GRACE: i64 = 10;
/// How much longer than its own times a Job may take, in seconds: its pod has to start.
const STARTS_WITHIN: i64 = 120;

/// The identity of the load in a mesh, where drills are allowed.
pub fn account(platform: &Validated) -> Option<Planned> {
    let account = || service_accounts::account(platform, DRILL, Component::Drill);
    platform.allows_drills.then(account)
}

/// The Service whose name stands for the addresses of all replicas of pay, where drills are allowed.
pub fn way_to_pay(platform: &Validated) -> Option<Planned> {
    let port = Service::Pay.drill_port().filter(|_| platform.allows_drills)?;
    let service = way_to(platform, Service::Pay, PAY_DRILLS, ("drills", port))?;
    Some(Planned::new(Wave::Routing, &service))
}

/// A way on which a drill reads the metrics of all replicas of a service while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsWay {
    /// The part that the way is.
    pub part: &'static str,
    pub to: Service,
    pub port: u16,
}

impl MetricsWay {
    /// Where it begins: a host and a port.
    pub fn address(&self, platform: &Validated) -> String {
        format!("{}:{}", platform.child(self.part), self.port)
    }

    /// The Service whose name stands for the addresses of all replicas, those that are not ready included: what they have
    /// answered counts. It is made before the Jobs that read there, and goes with them.
    pub fn service(&self, platform: &Validated) -> Option<Planned> {
        let mut service = way_to(platform, self.to, self.part, ("metrics", self.port))?;
        let spec = service.spec.get_or_insert_default();
        spec.publish_not_ready_addresses = Some(true);
        Some(Planned::new(Wave::Configuration, &service))
    }
}

fn way_to(
    platform: &Validated,
    to: Service,
    part: &str,
    (name, number): (&str, u16),
) -> Option<core::Service> {
    let is_it = |settings: &&ServiceSettings| settings.service == to;
    platform.services.iter().find(is_it)?;
    let ports = vec![service::port(name, number, Some("http"))];
    let mut service = service::service(platform, part, Component::Drill, ports);
    let spec = service.spec.get_or_insert_default();
    spec.cluster_ip = Some("None".to_owned());
    spec.selector = Some(names::service_selector(&platform.name, to.name()));
    Some(service)
}

/// Where drills reach pay: a host and a port.
pub fn address_of_pay(platform: &Validated) -> String {
    let port = Service::Pay.drill_port().unwrap_or_default();
    format!("{}:{port}", platform.child(PAY_DRILLS))
}

/// A Job of the load, which ends by itself.
pub fn job(platform: &Validated, name: String, assignment: &Assignment) -> Planned {
    let load = PodSpec {
        containers: vec![container(platform, assignment)],
        volumes: Some(vec![pod::tmp()]),
        security_context: Some(pod::pod_security(pod::SERVICE_USER)),
        service_account_name: Some(platform.child(DRILL)),
        automount_service_account_token: Some(false),
        termination_grace_period_seconds: Some(GRACE),
        ..Default::default()
    };
    let mut spec = job::spec(template(platform, DRILL, Component::Drill, None, load));
    // A load that was interrupted has measured nothing that counts.
    spec.backoff_limit = Some(0);
    if let Some(pod) = &mut spec.template.spec {
        pod.restart_policy = Some("Never".to_owned());
    }
    let stages: u32 = assignment.stages.iter().map(|stage| stage.seconds).sum();
    let seconds = stages.saturating_add(assignment.settle_seconds);
    spec.active_deadline_seconds = Some(i64::from(seconds) + STARTS_WITHIN);
    Planned::new(
        Wave::Routing,
        &job::job(platform, DRILL, Component::Drill, name, spec),
    )
}

/// Whether an object comes and goes with drills, without being a change of the platform: a Job of the load, or a way on which
/// it reads.
pub fn comes_and_goes(platform: &Validated, object: &ObjectKey) -> bool {
    let is_way = || {
        let ways = [GATEWAY_DRILLS, SIDECAR_DRILLS, PROMETHEUS_DRILLS];
        ways.iter().any(|part| object.name == platform.child(part))
    };
    match object.kind.as_str() {
        "Job" => object.name.starts_with(&format!("{}-", platform.child(DRILL))),
        "Service" | "NetworkPolicy" => is_way(),
        _ => false,
    }
}

#[expect(clippy::expect_used, reason = "an assignment has string keys only")]
fn container(platform: &Validated, assignment: &Assignment) -> Container {
    let assignment = serde_json::to_string(assignment).expect("an assignment can be written as JSON");
    pod::container(
        platform,
        DRILL,
        &platform.image(DRILL),
        Container {
            env: Some(vec![pod::env(ASSIGNMENT, assignment)]),
            resources: Some(pod::fixed_resources("20m", "32Mi", "256Mi")),
            ..Default::default()
        },
    )
}
