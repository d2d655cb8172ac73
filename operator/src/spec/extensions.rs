//! Extensions, which are third-party services, with every default filled in.

use std::collections::BTreeMap;

use fdp_catalogue::{Service, variables};
use fdp_crds::{BUILT_IN_ROUTES, EnvVar, Extension, Probes};

use crate::spec::services::{Amounts, Defaults, Scaling, automatic, resources};

/// Variables that the operator sets for every extension.
const RESERVED: [&str; 3] = [variables::PORT, variables::PLATFORM, variables::POD_NAME];
/// The prefix of the variables that the operator sets for subscribers to events.
const RESERVED_PREFIX: &str = "KAFKA_";

/// One third-party service.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtensionSettings {
    pub name: String,
    pub image: String,
    pub port: u16,
    /// The path prefix of the requests that the gateway forwards to it.
    pub route: Option<String>,
    /// The services whose events it reads.
    pub subscribes: Vec<Service>,
    pub scaling: Scaling,
    pub requests: Amounts,
    pub limits: Amounts,
    pub probes: Probes,
    pub env: Vec<EnvVar>,
}

pub(super) fn extensions(specs: Vec<Extension>, problems: &mut Vec<String>) -> Vec<ExtensionSettings> {
    check_routes(&specs, problems);
    specs.into_iter().map(|spec| extension(spec, problems)).collect()
}

fn extension(spec: Extension, problems: &mut Vec<String>) -> ExtensionSettings {
    let defaults = Defaults {
        cpu_request: "10m",
        cpu_limit: None,
        memory_request: "32Mi",
        // The memory that an extension needs is unknown.
        memory_limit: None,
    };
    let field = format!("extensions[{}]", spec.name);
    check_environment(&spec, &field, problems);
    let (requests, limits) = resources(&defaults, spec.resources, &field, problems);
    let scaling = match (spec.replicas, &spec.autoscaling) {
        (Some(replicas), _) => Scaling::Fixed(replicas),
        (None, Some(autoscaling)) => automatic(autoscaling),
        (None, None) => Scaling::Fixed(1),
    };
    ExtensionSettings {
        subscribes: publishers(&spec.subscribes, &field, problems),
        image: spec.image,
        // The schema limits the value to valid port numbers.
        port: u16::try_from(spec.port).unwrap_or_default(),
        route: spec.route,
        scaling,
        requests,
        limits,
        probes: spec.probes.unwrap_or_default(),
        env: spec.env,
        name: spec.name,
    }
}

/// Checks that a path leads to one extension only, and hides no path of the platform itself.
fn check_routes(specs: &[Extension], problems: &mut Vec<String>) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for spec in specs {
        let Some(route) = &spec.route else { continue };
        let field = format!("extensions[{}].route", spec.name);
        let first = route.split('/').nth(1).unwrap_or_default();
        if BUILT_IN_ROUTES.contains(&first) {
            problems.push(format!(
                "{field}: {route} would hide /{first} of the platform itself; choose another path"
            ));
        }
        if let Some(other) = taken.insert(route, &spec.name) {
            problems.push(format!(
                "{field}: {route} already leads to {other}; choose another path"
            ));
        }
    }
}

fn check_environment(spec: &Extension, field: &str, problems: &mut Vec<String>) {
    let reserved = |name: &str| {
        RESERVED.contains(&name) || (!spec.subscribes.is_empty() && name.starts_with(RESERVED_PREFIX))
    };
    for variable in spec.env.iter().filter(|variable| reserved(&variable.name)) {
        problems.push(format!(
            "{field}.env: {} is set by the operator and cannot be replaced",
            variable.name
        ));
    }
}

fn publishers(names: &[String], field: &str, problems: &mut Vec<String>) -> Vec<Service> {
    let publishers: Vec<Service> = Service::ALL
        .into_iter()
        .filter(|service| service.publishes_events())
        .collect();
    let mut found = Vec::new();
    for name in names {
        if let Some(service) = publishers.iter().find(|service| service.name() == name) {
            found.push(*service);
        } else {
            let known: Vec<&str> = publishers.iter().map(|service| service.name()).collect();
            problems.push(format!(
                "{field}.subscribes: {name} publishes no events; these do: {}",
                known.join(", ")
            ));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
