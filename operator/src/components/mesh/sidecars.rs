//! Which pods get a sidecar, how it starts and ends with them, and which have none yet.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::{
    components::mesh::injects,
    kubernetes::{
        health,
        names::{self, Component},
    },
    model::{object::Planned, observed::Observed},
    spec::Validated,
};

/// On pods: whether Istio gives them a sidecar, whatever their namespace says.
pub const INJECT_LABEL: &str = "sidecar.istio.io/inject";
/// Where a sidecar tells its pod's metrics together with its own, to whoever asks without a certificate.
pub const METRICS_PORT: u16 = 15020;
/// The path to ask for there.
pub const METRICS_PATH: &str = "/stats/prometheus";

/// On pods, by Istio: that they have a sidecar.
const HAS_SIDECAR: (&str, &str) = ("security.istio.io/tlsMode", "istio");
/// The sidecar is up before the program is, and stays until it has answered its last request and sent its last event.
/// Sidecars that Kubernetes itself starts and ends in this order heed neither line.
const PROXY_CONFIG: &str =
    "holdApplicationUntilProxyStarts: true\nproxyMetadata:\n  EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"\n";

/// The labels by which pods with these labels get a sidecar, and by which Istio's metrics name them: a canary counts as
/// another version of its service. Without a mesh, sidecars are left to the namespace.
pub fn pod_labels(
    platform: &Validated,
    labels: &BTreeMap<String, String>,
    observed: &Observed,
) -> BTreeMap<String, String> {
    if !injects(platform, observed) {
        return BTreeMap::new();
    }
    let service = labels
        .get(names::SERVICE_LABEL)
        .or_else(|| labels.get(names::NAME_LABEL));
    let version = labels.get(names::TRACK_LABEL);
    [
        (INJECT_LABEL, Some("true")),
        ("service.istio.io/canonical-name", service.map(String::as_str)),
        ("service.istio.io/canonical-revision", version.map(String::as_str)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
    .collect()
}

/// What the sidecars of pods with this container have to know.
///
/// Mutual TLS would shut out Prometheus, which has no certificate. So the sidecar reads the program's metrics, from
/// where the three annotations say, and hands them on at a port of its own, which asks for none. A port that is for
/// those who run the cluster alone is none of the mesh's business.
pub fn pod_annotations(
    platform: &Validated,
    container: &Container,
    observed: &Observed,
) -> BTreeMap<String, String> {
    if !injects(platform, observed) {
        return BTreeMap::new();
    }
    let ports = || container.ports.iter().flatten();
    let management = ports().find(|port| port.name.as_deref() == Some("management"));
    let mut annotations = BTreeMap::from([("proxy.istio.io/config", PROXY_CONFIG.to_owned())]);
    if let Some(port) = management {
        annotations.insert(
            "traffic.sidecar.istio.io/excludeInboundPorts",
            port.container_port.to_string(),
        );
    }
    if let Some(port) = management.or_else(|| ports().next()) {
        annotations.extend([
            ("prometheus.io/scrape", "true".to_owned()),
            ("prometheus.io/port", port.container_port.to_string()),
            ("prometheus.io/path", "/metrics".to_owned()),
        ]);
    }
    annotations
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Keeps an object's pods out of the mesh, even in a namespace that asks for sidecars, unless they are a service's or an
/// extension's: data stores have protocols and a start of their own, and a Job never ends beside a sidecar. Those who
/// have sidecars find them all the same, because towards pods without one they use no mutual TLS.
///
/// It is so with and without a mesh, or data stores would start anew whenever one comes or goes.
#[must_use]
pub fn keep_out(mut planned: Planned) -> Planned {
    let labels = |value: &Value| {
        let labels = value.pointer("/spec/template/metadata/labels")?.as_object()?;
        let in_mesh = [Component::Service, Component::Extension]
            .iter()
            .any(|component| labels.get(names::COMPONENT_LABEL) == Some(&json!(component.as_str())));
        (!in_mesh && !labels.contains_key(INJECT_LABEL)).then_some(())
    };
    let runs_pods = ["Deployment", "StatefulSet", "DaemonSet", "Job"].contains(&&*planned.resource.kind);
    if runs_pods && labels(&planned.object.data).is_some() {
        Arc::make_mut(&mut planned.object).data["spec"]["template"]["metadata"]["labels"][INJECT_LABEL] =
            json!("false");
    }
    planned
}

/// The services and extensions of which some pod has no sidecar.
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
