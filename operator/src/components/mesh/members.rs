//! The members of the mesh: parts whose pods have sidecars, and their properties.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    kubernetes::names,
    spec::{ServiceSettings, Validated},
};

/// Order waits 610 ms for pay, retries once, and accepts responses until 1220 ms. If the timeout of the mesh were
/// shorter, the circuit breaker in order would count the mesh's timeouts instead of pay's failures.
const PAYMENT: u64 = 2_000;
/// Order lets a customer wait for less than 4 s: 2 s for a turn, and for both requests to pay. If the timeout of the mesh
/// were shorter, customers would be told that orders have failed which are placed and paid.
const PLACEMENT: u64 = 5_000;

/// A part whose pods have sidecars.
pub(super) struct Member {
    /// Its name, which is also the name of its service account.
    pub part: String,
    pub is_gateway: bool,
    pub port: u16,
    pub grpc_port: Option<u16>,
    /// Labels of its pods, which all versions have.
    pub pods: BTreeMap<String, String>,
    /// The parts that may call it.
    pub callers: Vec<String>,
    /// The port that the load of drills may call, where drills are allowed.
    pub drilled_port: Option<u16>,
    /// Whether repeated requests with the same `Idempotency-Key` take effect once.
    pub honours_idempotency_keys: bool,
    /// Whether its responses can be failures of other services.
    pub passes_failures_on: bool,
    /// Whether some of its paths return streams without an end.
    pub has_streams: bool,
    /// Whether its caller has its own deadline and circuit breaker, which a shorter timeout of the mesh would bypass.
    pub caller_has_deadline: bool,
    /// How long its answers may take when all is well, in milliseconds. A request that the mesh gives up before is done
    /// all the same.
    pub longest_answer: Option<u64>,
    pub versions: Versions,
}

/// The versions that a part's requests are split between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// There is one version.
    One,
    /// There are two, and the canary gets this share, in percent.
    Two { canary: i32 },
    /// There are to be two versions, but some pods lack the version label: all pods of the Service get requests.
    Unsettled,
}

/// Every part whose pods have sidecars.
///
/// Services that are not in `versions` have one version.
pub(super) fn members(platform: &Validated, versions: &BTreeMap<Service, Versions>) -> Vec<Member> {
    let services = platform
        .services
        .iter()
        .map(|settings| service(platform, settings, versions));
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
        drilled_port: None,
        // The behaviour of an extension is unknown.
        honours_idempotency_keys: false,
        passes_failures_on: false,
        has_streams: false,
        caller_has_deadline: false,
        longest_answer: None,
        versions: Versions::One,
    });
    services.chain(extensions).collect()
}

fn service(
    platform: &Validated,
    settings: &ServiceSettings,
    versions: &BTreeMap<Service, Versions>,
) -> Member {
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
        drilled_port: match service {
            // It orders there as customers do.
            Service::Gateway => Some(service.port()),
            _ => service.drill_port(),
        }
        .filter(|_| platform.allows_drills),
        honours_idempotency_keys: matches!(service, Service::Order | Service::Pay | Service::Inventory),
        passes_failures_on: !service.calls().is_empty(),
        has_streams: matches!(service, Service::Frontend | Service::Store),
        caller_has_deadline: service == Service::Pay,
        longest_answer: match service {
            Service::Pay => Some(PAYMENT),
            // Whose page orders at order.
            Service::Order | Service::Frontend => Some(PLACEMENT),
            _ => None,
        },
        versions: versions.get(&service).copied().unwrap_or(Versions::One),
    }
}
