//! What to do about a condition: its cure, and a command to copy.

mod image;
mod quoted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use fdp_crds::{FoodDeliveryPlatform, Target};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::{model::reason::Reason, view::cure::image::Change};

/// The kinds that messages name, and how kubectl calls them; a pod says most.
const KINDS: &[(&str, &str)] = &[
    ("pod", "pod"),
    ("Deployment", "deployment"),
    ("StatefulSet", "statefulset"),
    ("DaemonSet", "daemonset"),
    ("Job", "job"),
    ("Service", "service"),
    ("ConfigMap", "configmap"),
    ("Secret", "secret"),
];

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    pub advice: &'static str,
    /// A command that shows more, or that does it.
    pub command: String,
}

impl Cure {
    /// What to do about a condition of a platform; `None` if there is nothing to do.
    pub fn of(condition: &Condition, platform: &FoodDeliveryPlatform) -> Option<Self> {
        let reason = Reason::named(&condition.reason)?;
        let advice = reason.explanation().cure;
        (!advice.is_empty()).then(|| Self {
            advice,
            command: command(reason, &condition.message, platform),
        })
    }
}

fn command(reason: Reason, message: &str, platform: &FoodDeliveryPlatform) -> String {
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    // With `target: eks` the objects are in another cluster than the resource.
    let is_elsewhere = platform.spec.target == Some(Target::Eks);
    let change = match reason {
        Reason::MetricsMissing | Reason::MetricsUnavailable => {
            return "kubectl get apiservice v1beta1.metrics.k8s.io".to_owned();
        }
        Reason::InvalidSpec => return format!("kubectl -n {namespace} edit fdp {name}"),
        Reason::NamespaceTerminating => return format!("fdp leave -n {namespace}"),
        Reason::SecretNotShared => match quoted::label_command(message) {
            Some(label) => return label,
            None => None,
        },
        Reason::RightsMissing => match quoted::account(message) {
            Some(account) => return format!("kubectl auth can-i --list -n {namespace} --as {account}"),
            None => None,
        },
        Reason::Suspended => Some(Change::Merge(json!({ "suspend": false }))),
        Reason::OrdersRefused | Reason::OrdersNotDelivered => services_back(message),
        Reason::HostTaken => Some(Change::Merge(
            json!({ "gateway": { "hosts": [format!("{name}.example.com")] } }),
        )),
        Reason::VersionRefused => image_before(platform),
        Reason::NoRoom => fewer_replicas(message),
        Reason::ApplyFailed if message.contains("node port ") => {
            Some(Change::Merge(json!({ "gateway": { "nodePort": null } })))
        }
        _ if message.contains(" cannot reach ") && !is_elsewhere => return policies(&namespace),
        _ => image::change(message, platform),
    };
    match change.map(|change| flags(&change)) {
        // Nothing of it may end the quotes.
        Some((type_, patch)) if !patch.contains('\'') => {
            return format!("kubectl -n {namespace} patch fdp {name} --type {type_} -p '{patch}'");
        }
        _ => {}
    }
    match object(message).filter(|_| !is_elsewhere) {
        Some((kind, object)) => format!("kubectl -n {namespace} describe {kind} {object}"),
        None => format!("kubectl -n {namespace} describe fdp {name}"),
    }
}

/// The rules of what may reach what.
fn policies(namespace: &str) -> String {
    format!("kubectl -n {namespace} get networkpolicies -o yaml")
}

/// The type of a patch and the patch.
fn flags(change: &Change) -> (&'static str, String) {
    match change {
        Change::Merge(spec) => ("merge", json!({ "spec": spec }).to_string()),
        Change::Operations(operations) => ("json", operations.to_string()),
    }
}

/// The services that a message calls disabled or scaled to 0 are there again.
fn services_back(message: &str) -> Option<Change> {
    // In a fixed order, so that a command is the same each time.
    let settings: BTreeMap<&str, Value> = Service::ALL
        .into_iter()
        .filter_map(|service| {
            let says = |state: &str| message.contains(&format!("{service} is {state}"));
            let settings = match (says("disabled"), says("scaled to 0")) {
                (true, _) => json!({ "enabled": true }),
                (false, true) => json!({ "replicas": 1 }),
                (false, false) => return None,
            };
            Some((service.name(), settings))
        })
        .collect();
    (!settings.is_empty()).then(|| Change::Merge(json!({ "services": settings })))
}

/// The service that is held at a number of replicas asks for no more of them.
fn fewer_replicas(message: &str) -> Option<Change> {
    let (service, rest) = message.split_once(" is held at ")?;
    let most: i32 = rest.split(' ').next()?.parse().ok()?;
    let is_service = Service::ALL.into_iter().any(|known| known.name() == service);
    is_service
        .then(|| Change::Merge(json!({ "services": { (service): { "autoscaling": { "max": most } } } })))
}

/// The image that last ran, for the first store that has another one.
fn image_before(platform: &FoodDeliveryPlatform) -> Option<Change> {
    let spec = serde_json::to_value(&platform.spec).ok()?;
    let stores = platform.status.as_ref()?.stores.as_ref()?;
    let ran = [
        ("kafka", &stores.kafka),
        ("postgres", &stores.postgres),
        ("mongodb", &stores.mongodb),
    ];
    ran.into_iter().find_map(|(name, store)| {
        let before = store.as_ref()?.image.as_ref()?;
        let given = spec[name]["image"].as_str()?;
        (given != before).then(|| Change::Merge(json!({ (name): { "image": before } })))
    })
}

/// The object that a message names first; a pod, if it names one.
fn object(message: &str) -> Option<(&'static str, &str)> {
    let named = |kind: &str| {
        let (_, rest) = message.split_once(&format!("{kind} "))?;
        let name = rest.split([':', ' ', ';', ',']).next()?;
        let is_name = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
        (!name.is_empty() && name.chars().all(is_name)).then_some(name)
    };
    KINDS
        .iter()
        .find_map(|(written, kind)| Some((*kind, named(written)?)))
}
