//! The hosts of a platform at Istio's ingress gateway, and those that another platform has there.
//!
//! An ingress gateway serves each host for one platform: who is served already keeps it, else the older platform. The
//! other one's Gateway is not written for that host, so that nothing changes for the first. Two that were both served
//! before this was looked at stay as they are, and the younger one says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use fdp_catalogue::Service;
use fdp_crds::foreign::istio::Gateway;
use k8s_openapi::jiff::Timestamp;
use kube::core::DynamicObject;

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    spec::{Mesh, ServiceSettings, Validated},
};

/// The host that stands for all.
pub(super) const ANY: &str = "*";

/// The hosts in Istio's format, or any host if none is usable. Istio treats a name without a dot as a Service in the
/// namespace, and cannot match an IP address in a TLS handshake.
pub(super) fn in_istio(hosts: &[String]) -> Vec<String> {
    let mut hosts: Vec<String> = hosts.iter().map(|host| host.to_lowercase()).collect();
    hosts.sort();
    hosts.dedup();
    let qualified = |host: &String| host.contains('.') && host.parse::<IpAddr>().is_err();
    if hosts.is_empty() || !hosts.iter().all(qualified) {
        return vec![ANY.to_owned()];
    }
    hosts
}

/// The selector and the hosts of an Istio Gateway in the cluster.
pub(super) fn of_gateway(gateway: &DynamicObject) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let spec = &gateway.data["spec"];
    let selector = spec["selector"].as_object().into_iter().flatten();
    let selector = selector.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    let servers = spec["servers"].as_array().into_iter().flatten();
    let hosts = servers
        .filter_map(|server| server["hosts"].as_array())
        .flatten()
        .filter_map(|host| host.as_str())
        .map(|host| host.strip_prefix("./").unwrap_or(host).to_owned());
    (selector.collect(), hosts.collect())
}

/// The hosts to write: all but those that only another platform has.
pub(super) fn served(platform: &Validated, mesh: &Mesh, observed: &Observed) -> Vec<String> {
    let taken = taken(platform, mesh, observed);
    let held = held(platform, mesh, observed);
    let mut hosts = in_istio(&platform.hosts);
    hosts.retain(|host| !taken.contains_key(host) || held.contains(host));
    hosts
}

/// The hosts that another platform has, each with namespace and name of that platform.
pub(super) fn taken(platform: &Validated, mesh: &Mesh, observed: &Observed) -> BTreeMap<String, String> {
    let has_gateway = |settings: &ServiceSettings| settings.service == Service::Gateway;
    if !platform.services.iter().any(has_gateway) {
        return BTreeMap::new();
    }
    let held = held(platform, mesh, observed);
    let name = format!("{}/{}", platform.namespace, platform.name);
    let mut taken = BTreeMap::new();
    for host in in_istio(&platform.hosts) {
        let own = rank(held.contains(&host), observed.created, &name);
        let first = observed
            .host_claims
            .iter()
            .filter(|claim| claim.is_at(&mesh.ingress_selector) && claim.hosts.contains(&host))
            .map(|claim| rank(claim.held.contains(&host), claim.created, &claim.platform))
            .filter(|other| *other < own)
            .min();
        if let Some((.., by)) = first {
            taken.insert(host, by.to_owned());
        }
    }
    taken
}

/// What is to be done about hosts that another platform has.
pub(super) fn health(platform: &Validated, mesh: &Mesh, observed: &Observed) -> Vec<Health> {
    let selector = mesh.ingress_selector.iter();
    let selector: Vec<String> = selector.map(|(key, value)| format!("{key}={value}")).collect();
    let selector = selector.join(",");
    taken(platform, mesh, observed)
        .iter()
        .map(|(host, by)| Health::Held {
            reason: Reason::HostTaken,
            message: format!(
                "host {host} of the ingress gateway {selector} belongs to the platform {by}: name other hosts in \
                 spec.gateway.hosts"
            ),
            for_person: true,
        })
        .collect()
}

/// The same in words, for those who plan without a cluster that is up.
pub fn taken_hosts(platform: &Validated, observed: &Observed) -> Vec<String> {
    let mesh = platform.mesh.iter();
    let health = mesh.flat_map(|mesh| health(platform, mesh, observed));
    health
        .filter_map(|health| health.message().map(str::to_owned))
        .collect()
}

/// The hosts that the ingress gateway serves for the platform already.
fn held(platform: &Validated, mesh: &Mesh, observed: &Observed) -> BTreeSet<String> {
    let name = platform.child(Service::Gateway.name());
    let Some(gateway) = observed.children.dynamic::<Gateway>(&name) else {
        return BTreeSet::new();
    };
    let (selector, hosts) = of_gateway(gateway);
    if selector == mesh.ingress_selector {
        hosts
    } else {
        BTreeSet::new()
    }
}

/// Who comes first: who is served, then the older, then the name. A platform that is not created yet comes last.
fn rank(is_held: bool, created: Option<Timestamp>, name: &str) -> (bool, bool, Option<Timestamp>, &str) {
    (!is_held, created.is_none(), created, name)
}
