//! The parts of the platform whose pods have sidecars, and what the mesh has to know of each.

use std::collections::BTreeMap;

use crate::{
    components::services::canary,
    kubernetes::names,
    model::observed::Observed,
    spec::{ServiceSettings, Validated, catalog::Service},
};

/// A part whose pods have sidecars.
pub(super) struct Member {
    /// Its name, which its account has as well.
    pub part: String,
    pub is_gateway: bool,
    pub port: u16,
    pub grpc_port: Option<u16>,
    /// Labels of its pods, whatever their version.
    pub pods: BTreeMap<String, String>,
    /// The parts that may ask it.
    pub callers: Vec<String>,
    /// Whether requests that carry an `Idempotency-Key` are done once, however often they come.
    pub heeds_keys: bool,
    /// Whether its answers can be other services' failures.
    pub passes_failures_on: bool,
    /// Whether some of its answers go on for as long as somebody listens, under paths that say so.
    pub has_streams: bool,
    /// Whether its caller has a deadline and a breaker of its own, which a limit of the mesh would hide.
    pub caller_has_deadline: bool,
    pub versions: Versions,
}

/// Among which versions a part's requests are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    /// There is one.
    One,
    /// There are two, and the canary gets this share, in percent.
    Two { canary: i32 },
    /// There are to be two, and not all pods tell yet which they are: whoever the Service has.
    Unsettled,
}

/// Every part whose pods have sidecars.
pub(super) fn members(platform: &Validated, observed: &Observed) -> Vec<Member> {
    let services = platform
        .services
        .iter()
        .map(|settings| service(platform, settings, observed));
    let has_gateway = platform
        .services
        .iter()
        .any(|settings| settings.service == Service::Gateway);
    let extensions = platform.extensions.iter().map(|extension| Member {
        part: extension.name.clone(),
        is_gateway: false,
        port: extension.port,
        grpc_port: None,
        pods: names::selector(&platform.name, &extension.name),
        callers: (has_gateway && extension.route.is_some())
            .then(|| Service::Gateway.name().to_owned())
            .into_iter()
            .collect(),
        // Nobody knows what it does.
        heeds_keys: false,
        passes_failures_on: false,
        has_streams: false,
        caller_has_deadline: false,
        versions: Versions::One,
    });
    services.chain(extensions).collect()
}

fn service(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Member {
    let service = settings.service;
    Member {
        part: service.name().to_owned(),
        is_gateway: service == Service::Gateway,
        port: service.port(),
        grpc_port: service.grpc_port(),
        pods: names::service_selector(&platform.name, service.name()),
        callers: platform
            .services
            .iter()
            .filter(|caller| caller.service.calls().contains(&service))
            .map(|caller| caller.service.name().to_owned())
            .collect(),
        heeds_keys: matches!(service, Service::Order | Service::Pay | Service::Inventory),
        passes_failures_on: !service.calls().is_empty(),
        has_streams: matches!(service, Service::Frontend | Service::Store),
        caller_has_deadline: service == Service::Pay,
        versions: versions(platform, settings, observed),
    }
}

fn versions(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Versions {
    if settings.canary.is_none() {
        return Versions::One;
    }
    if !canary::joins(settings, observed) {
        return Versions::Unsettled;
    }
    Versions::Two {
        canary: canary::weight(platform, settings, observed).unwrap_or(0),
    }
}
