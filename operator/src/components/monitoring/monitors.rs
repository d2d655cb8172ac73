//! The resources for prometheus-operator: monitors and alert rules.

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use fdp_crds::foreign::prometheus::{
    Endpoint, PodMonitor, PodMonitorSpec, PrometheusRule, Relabeling, ServiceMonitor, ServiceMonitorSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use kube::{Resource, core::DynamicObject};
use serde_json::Value;

use crate::{
    components::monitoring::{
        alerts,
        scraping::{INTERVAL, TARGET_LABELS},
    },
    kubernetes::{
        metadata,
        names::{self, Component},
    },
    model::{
        health::Health,
        metrics_endpoint::MetricsEndpoint,
        object::{Planned, Wave},
        observed::{Children, Observed},
    },
    spec::Validated,
};

const SERVICES: &str = "services";
const ALERTS: &str = "alerts";

/// The monitors, and the rules if alerts are enabled.
pub(super) fn objects(
    platform: &Validated,
    labels: &BTreeMap<String, String>,
    alerts: bool,
    sidecars: Option<MetricsEndpoint>,
) -> Vec<Planned> {
    let mut objects = vec![
        Planned::new(Wave::Routing, &services(platform, labels, sidecars)),
        Planned::new(Wave::Routing, &gateway(platform, labels)),
    ];
    if alerts {
        let rule = PrometheusRule {
            metadata: metadata(platform, ALERTS, labels),
            spec: alerts::rules(platform),
        };
        objects.push(Planned::new(Wave::Routing, &rule));
    }
    objects
}

/// Their health as reported by prometheus-operator.
pub(super) fn health(platform: &Validated, alerts: bool, observed: &Observed) -> Vec<Health> {
    let children = &observed.children;
    let mut health = vec![
        health_of::<ServiceMonitor>(children, &platform.child(SERVICES)),
        health_of::<PodMonitor>(children, &platform.child(Service::Gateway.name())),
    ];
    if alerts {
        health.push(health_of::<PrometheusRule>(children, &platform.child(ALERTS)));
    }
    health
}

/// All services with metrics on the port of their Kubernetes Service.
fn services(
    platform: &Validated,
    labels: &BTreeMap<String, String>,
    sidecars: Option<MetricsEndpoint>,
) -> ServiceMonitor {
    let mut endpoint = endpoint("http");
    if let Some(sidecar) = sidecars {
        sidecar.path.clone_into(&mut endpoint.path);
        // The sidecar serves its pod's metrics without TLS, because Prometheus has no certificate. The pod template
        // does not list the sidecar's port.
        endpoint.relabelings.push(Relabeling {
            source_labels: vec!["__address__".to_owned()],
            regex: Some("(.+):[0-9]+".to_owned()),
            replacement: Some(format!("${{1}}:{}", sidecar.port)),
            target_label: "__address__".to_owned(),
        });
    }
    let mut selected = names::labels(&platform.name, SERVICES, Component::Service);
    selected.retain(|key, _| key == names::PLATFORM_LABEL || key == names::COMPONENT_LABEL);
    ServiceMonitor {
        metadata: metadata(platform, SERVICES, labels),
        spec: ServiceMonitorSpec {
            selector: LabelSelector {
                match_labels: Some(selected),
                match_expressions: Some(vec![LabelSelectorRequirement {
                    key: names::NAME_LABEL.to_owned(),
                    operator: "NotIn".to_owned(),
                    values: Some(vec![Service::Gateway.name().to_owned()]),
                }]),
            },
            endpoints: vec![endpoint],
        },
    }
}

/// The monitor of the gateway's pods: its metrics port is not part of its Service, which may be public.
fn gateway(platform: &Validated, labels: &BTreeMap<String, String>) -> PodMonitor {
    let gateway = Service::Gateway.name();
    PodMonitor {
        metadata: metadata(platform, gateway, labels),
        spec: PodMonitorSpec {
            selector: LabelSelector {
                match_labels: Some(names::service_selector(&platform.name, gateway)),
                ..Default::default()
            },
            pod_metrics_endpoints: vec![endpoint("management")],
        },
    }
}

fn endpoint(port: &str) -> Endpoint {
    Endpoint {
        port: port.to_owned(),
        path: "/metrics".to_owned(),
        interval: INTERVAL.to_owned(),
        relabelings: TARGET_LABELS
            .into_iter()
            .map(|(label, source)| Relabeling {
                source_labels: vec![source.to_owned()],
                target_label: label.to_owned(),
                ..Default::default()
            })
            .collect(),
    }
}

/// The metadata with the labels by which prometheus-operator selects objects; those take precedence over the
/// platform's.
fn metadata(platform: &Validated, part: &str, labels: &BTreeMap<String, String>) -> ObjectMeta {
    let mut metadata = metadata::metadata(platform, part, Component::Monitoring);
    let own = metadata.labels.get_or_insert_default();
    for (key, value) in labels {
        own.entry(key.clone()).or_insert_with(|| value.clone());
    }
    metadata
}

/// An object is ready when it exists, unless a Prometheus rejects it.
fn health_of<K: Resource<DynamicType = ()>>(children: &Children, name: &str) -> Health {
    let kind = K::kind(&());
    let Some(object) = children.dynamic::<K>(name) else {
        return Health::Waiting(format!("{kind} {name}: not created yet"));
    };
    rejection(object).map_or(Health::Ready, |(prometheus, why)| {
        Health::Failed(format!(
            "{kind} {name}: Prometheus {prometheus} does not take it: {why}"
        ))
    })
}

/// The Prometheus that rejects the current object, and its reason.
fn rejection(object: &DynamicObject) -> Option<(String, String)> {
    let bindings = object.data.pointer("/status/bindings")?.as_array()?;
    bindings.iter().find_map(|binding| {
        let conditions = binding["conditions"].as_array()?;
        let rejected = conditions.iter().find(|condition| {
            let observed_generation = condition["observedGeneration"].as_i64();
            condition["type"] == "Accepted"
                && condition["status"] == "False"
                && observed_generation
                    .is_none_or(|observed_generation| Some(observed_generation) == object.metadata.generation)
        })?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some((
            format!("{}/{}", text(&binding["namespace"]), text(&binding["name"])),
            text(&rejected["message"]),
        ))
    })
}
