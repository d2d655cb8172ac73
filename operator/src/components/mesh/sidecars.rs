//! Sidecars: which pods get one, its configuration, and which pods lack one.

use std::sync::Arc;

use fdp_catalogue::Service;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Map, Value, json};

use crate::{
    components::mesh::activation::injects,
    kubernetes::{
        health,
        names::{self, Component},
    },
    model::{metrics_endpoint::MetricsEndpoint, object::Planned, observed::Observed},
    spec::Validated,
};

/// The port for the metrics of a sidecar and its pod, without TLS.
pub const METRICS_PORT: u16 = 15020;
/// The port for the metrics of a sidecar alone, without TLS. Unlike the other one it takes a filter.
pub const PROXY_METRICS_PORT: u16 = 15090;
/// The path of the metrics there.
const METRICS_PATH: &str = "/stats/prometheus";

/// The kinds of objects that have a pod template.
const RUN_PODS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Job"];
/// The label that Istio sets on pods with a sidecar.
const HAS_SIDECAR: (&str, &str) = ("security.istio.io/tlsMode", "istio");
/// The sidecar starts before the program, and runs until the last connection is closed. Native sidecars, which
/// Kubernetes starts and stops in this order, ignore both lines.
const PROXY_CONFIG: &str =
    "holdApplicationUntilProxyStarts: true\nproxyMetadata:\n  EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"\n";

/// What sidecars count for drills: without it they keep no statistics of their filter for faults.
const FAULTS_COUNTED: (&str, &str) = (
    "sidecar.istio.io/statsInclusionSuffixes",
    "fault.aborts_injected,fault.delays_injected",
);

/// What the pods of a platform need beside their programs to be in a mesh.
#[derive(Clone, Debug, Default)]
pub struct Sidecars {
    /// Whether there is a mesh that they join.
    pub injects: bool,
    /// The ports of the data stores that they connect to past their sidecars.
    pub data_store_ports: Vec<u16>,
    /// Whether they count the requests that a drill lets them hold up or abort.
    pub count_faults: bool,
}

/// Names and values of labels or annotations.
type Pairs = Vec<(&'static str, String)>;

/// Where the metrics of pods with sidecars are read; `None` if pods have none.
pub fn metrics(platform: &Validated, observed: &Observed) -> Option<MetricsEndpoint> {
    injects(platform, observed).then_some(MetricsEndpoint {
        port: METRICS_PORT,
        path: METRICS_PATH,
    })
}

/// Adds the pods of services and extensions and the load of drills to the mesh if there is one, and excludes all other
/// pods.
///
/// The other pods are excluded even in a namespace with injection: data stores have their own protocols and start
/// order, and a Job whose sidecar is not a native one never completes (that of a drill is deleted when it has told what
/// it measured). Pods with sidecars connect to them past their sidecars: these could not use mutual TLS there, would copy
/// every byte nevertheless, and cut connections off a while after each change of the mesh. The exclusion does not depend
/// on whether there is a mesh, because adding or removing one must not restart data stores.
#[must_use]
pub fn place(mut planned: Planned, sidecars: &Sidecars) -> Planned {
    let Some((labels, annotations)) = additions(&planned, sidecars) else {
        return planned;
    };
    let metadata = &mut Arc::make_mut(&mut planned.object).data["spec"]["template"]["metadata"];
    for (name, value) in labels {
        metadata["labels"][name] = json!(value);
    }
    for (name, value) in annotations {
        metadata["annotations"][name] = json!(value);
    }
    planned
}

/// The labels and annotations to add to an object's pods; `None` for objects without pods, and where the namespace
/// decides about injection.
fn additions(planned: &Planned, sidecars: &Sidecars) -> Option<(Pairs, Pairs)> {
    if !RUN_PODS.contains(&&*planned.resource.kind) {
        return None;
    }
    let template = planned.object.data.pointer("/spec/template")?;
    let labels = template.pointer("/metadata/labels")?.as_object()?;
    let is_of = |component: Component| labels.get(names::COMPONENT_LABEL) == Some(&json!(component.as_str()));
    let serves = is_of(Component::Service) || is_of(Component::Extension);
    match (serves || is_of(Component::Drill), sidecars.injects) {
        (true, true) => {
            let mut annotations = pod_annotations(template);
            let past = if serves {
                sidecars.data_store_ports.clone()
            } else {
                read_by_drills()
            };
            annotations.extend(connects_past(&past));
            let is_counted = sidecars.count_faults && is_of(Component::Service);
            let (name, suffixes) = FAULTS_COUNTED;
            annotations.extend(is_counted.then(|| (name, suffixes.to_owned())));
            Some((pod_labels(labels), annotations))
        }
        // Without a mesh, the namespace decides about their sidecars.
        (true, false) if serves => None,
        _ => (!labels.contains_key(names::SIDECAR_LABEL))
            .then(|| (vec![(names::SIDECAR_LABEL, "false".to_owned())], Vec::new())),
    }
}

/// The labels that inject a sidecar into pods with these labels, and that identify them in Istio's metrics: a canary
/// counts as another version of its service.
fn pod_labels(labels: &Map<String, Value>) -> Pairs {
    let text = |label: &str| labels.get(label)?.as_str().map(str::to_owned);
    [
        (names::SIDECAR_LABEL, Some("true".to_owned())),
        (
            "service.istio.io/canonical-name",
            text(names::SERVICE_LABEL).or_else(|| text(names::NAME_LABEL)),
        ),
        ("service.istio.io/canonical-revision", text(names::TRACK_LABEL)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// The annotations that configure the sidecars of pods of this template.
///
/// Prometheus has no certificate, so it cannot connect with mutual TLS. Therefore the sidecar reads the program's
/// metrics from the address in the three annotations, and serves them on its own port without TLS. The management port
/// is excluded from the mesh.
fn pod_annotations(template: &Value) -> Pairs {
    let ports = || {
        let ports = template.pointer("/spec/containers/0/ports");
        ports.and_then(Value::as_array).into_iter().flatten()
    };
    let management = ports().find(|port| port["name"] == "management");
    let number = |port: &Value| port["containerPort"].to_string();
    let mut annotations = vec![("proxy.istio.io/config", PROXY_CONFIG.to_owned())];
    annotations.extend(management.map(|port| ("traffic.sidecar.istio.io/excludeInboundPorts", number(port))));
    if let Some(port) = management.or_else(|| ports().next()) {
        annotations.extend([
            ("prometheus.io/scrape", "true".to_owned()),
            ("prometheus.io/port", number(port)),
            ("prometheus.io/path", "/metrics".to_owned()),
        ]);
    }
    annotations
}

/// The ports on which the load of a drill reads metrics: nobody speaks mutual TLS there, and its sidecar would, as the pods
/// do on their other ports.
fn read_by_drills() -> Vec<u16> {
    let management = Service::Gateway.management_port();
    management.into_iter().chain([PROXY_METRICS_PORT]).collect()
}

/// Lets a pod connect to these ports without its sidecar.
fn connects_past(ports: &[u16]) -> Option<(&'static str, String)> {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let name = "traffic.sidecar.istio.io/excludeOutboundPorts";
    (!ports.is_empty()).then(|| (name, ports.join(",")))
}

/// The services and extensions that have a pod without a sidecar.
pub(super) fn missing(platform: &Validated, observed: &Observed) -> Vec<String> {
    let services = platform
        .services
        .iter()
        .map(|settings| settings.service.name())
        .flat_map(|name| [name.to_owned(), names::canary(name)]);
    let extensions = platform.extensions.iter().map(|extension| extension.name.clone());
    services
        .chain(extensions)
        .filter(|part| {
            health::pods_of(&observed.pods, part)
                .iter()
                .any(|pod| runs(pod) && !has_sidecar(pod))
        })
        .collect()
}

fn has_sidecar(pod: &Pod) -> bool {
    let (label, value) = HAS_SIDECAR;
    pod.labels().get(label).is_some_and(|given| given == value)
}

fn runs(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}
