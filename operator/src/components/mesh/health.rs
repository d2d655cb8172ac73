//! The health of Istio's objects and sidecars.

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use kube::core::DynamicObject;
use serde_json::Value;

use crate::{
    components::mesh::{hosts, members::Versions, objects::objects, sidecars},
    kubernetes::health::absent,
    model::{apis::Family, health::Health, observed::Observed},
    spec::Validated,
};

/// The health of Istio; `None` if it is not enabled.
pub fn health(
    platform: &Validated,
    observed: &Observed,
    versions: &BTreeMap<Service, Versions>,
) -> Option<Vec<Health>> {
    let mesh = platform.mesh.as_ref()?;
    if !observed.apis.have(Family::Istio) {
        return Some(vec![absent(Family::Istio, &observed.apis, "mesh.provider")]);
    }
    let mut health: Vec<Health> = objects(platform, observed, versions)
        .iter()
        .map(|planned| {
            let key = planned.key();
            match observed.children.get(&key) {
                None => Health::Waiting(format!("{key}: not created yet")),
                Some(live) => complaint(live).map_or(Health::Ready, |complaint| {
                    Health::Failed(format!(
                        "{key}: Istio says {complaint}; `istioctl analyze -n {}` says more",
                        platform.namespace
                    ))
                }),
            }
        })
        .collect();
    health.extend(without_sidecars(platform, observed));
    health.extend(hosts::health(platform, mesh, observed));
    Some(health)
}

/// Deployments with pods without a sidecar. Pods that were created before Istio's injector ran never get one.
fn without_sidecars(platform: &Validated, observed: &Observed) -> Option<Health> {
    let deployments: Vec<String> = sidecars::missing(platform, observed)
        .iter()
        .map(|part| platform.child(part))
        .collect();
    if deployments.is_empty() {
        return None;
    }
    Some(Health::Waiting(format!(
        "Deployment {}: pods without a sidecar, so that mutual TLS is not demanded yet; if this lasts, see that Istio's \
         injector runs, and restart them: kubectl -n {} rollout restart deployment {}",
        deployments.join(", "),
        platform.namespace,
        deployments.join(" ")
    )))
}

/// The first error that Istio reports for the current object, if it reports any.
fn complaint(live: &DynamicObject) -> Option<String> {
    let status = live.data.get("status")?;
    let observed_generation = whole_number(status.get("observedGeneration"));
    if observed_generation
        .is_some_and(|observed_generation| Some(observed_generation) < live.metadata.generation)
    {
        return None;
    }
    let error = status
        .get("validationMessages")?
        .as_array()?
        .iter()
        .find(|message| message["level"] == "ERROR")?;
    let text = |field: &str| error["type"][field].as_str().unwrap_or_default().to_owned();
    Some([text("code"), text("name")].join(" ").trim().to_owned())
}

/// Istio writes 64-bit numbers as strings, as the JSON format of Protocol Buffers does.
fn whole_number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}
