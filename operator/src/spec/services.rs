//! The services that are switched on, with every default filled in.

use std::collections::BTreeSet;

use fdp_catalogue::{Service, variables};
use fdp_crds::{Autoscaling, Canary, EnvVar, Probes, Quantity, Resources, ServiceSpec, Services};

use crate::spec::quantity;

/// One service that is switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSettings {
    pub service: Service,
    /// Its image, if it differs from the default of the platform's registry and tag.
    pub image: Option<String>,
    pub probes: Probes,
    pub canary: Option<Canary>,
    pub scaling: Scaling,
    pub requests: Amounts,
    pub limits: Amounts,
    pub env: Vec<EnvVar>,
}

/// Who decides the number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The operator keeps this number.
    Fixed(i32),
    /// An autoscaler keeps the number within these limits. The target is CPU use in percent of the request.
    Automatic { min: i32, max: i32, cpu_percent: i32 },
    /// Somebody else's autoscaler sets the number.
    ByOthers,
}

impl Scaling {
    /// How many replicas are enough for the workload to be ready; `None` if all of them are needed.
    pub fn required(self) -> Option<i32> {
        match self {
            Self::Fixed(_) => None,
            Self::Automatic { .. } | Self::ByOthers => Some(self.least()),
        }
    }

    /// The number of replicas that there are at least.
    pub fn least(self) -> i32 {
        match self {
            Self::Fixed(replicas) => replicas,
            Self::Automatic { min, .. } => min,
            Self::ByOthers => 1,
        }
    }
}

/// Amounts of CPU and memory, each optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu: Option<String>,
    pub memory: Option<String>,
}

/// The settings of every service that is switched on.
pub(super) fn service_settings(services: &Services, problems: &mut Vec<String>) -> Vec<ServiceSettings> {
    Service::ALL
        .into_iter()
        .filter_map(|service| {
            let spec = entry(service, services).cloned().unwrap_or_default();
            if spec.enabled == Some(false) {
                return None;
            }
            let field = format!("services.{}", service.name());
            let default = Defaults {
                cpu_request: cpu_request(service),
                cpu_limit: (service == Service::Order).then_some("500m"),
                memory_request: "24Mi",
                memory_limit: Some("128Mi"),
            };
            let (requests, limits) = resources(&default, spec.resources.clone(), &field, problems);
            Some(ServiceSettings {
                service,
                scaling: scaling(service, &spec),
                image: spec.image,
                probes: spec.probes.unwrap_or_default(),
                canary: spec.canary,
                requests,
                limits,
                env: environment(service, spec.env, &field, problems),
            })
        })
        .collect()
}

/// The share of the processor that is kept for a service: where all want more than there is, each gets it in proportion. So
/// what an order needs has shares like its costs, order itself by the autoscaler's number of replicas, and what follows from
/// events, which may wait, has less. Without it, whoever waits for pay would leave pay nothing.
fn cpu_request(service: Service) -> &'static str {
    match service {
        Service::Order => "200m",
        Service::Gateway | Service::Pay => "100m",
        _ => "20m",
    }
}

/// The service's entry in the resource.
fn entry(service: Service, services: &Services) -> Option<&ServiceSpec> {
    match service {
        Service::Gateway => services.gateway.as_ref(),
        Service::Order => services.order.as_ref(),
        Service::Pay => services.pay.as_ref(),
        Service::Store => services.store.as_ref(),
        Service::Delivery => services.delivery.as_ref(),
        Service::Inventory => services.inventory.as_ref(),
        Service::Customer => services.customer.as_ref(),
        Service::Marketing => services.marketing.as_ref(),
        Service::Frontend => services.frontend.as_ref(),
    }
}

fn scaling(service: Service, spec: &ServiceSpec) -> Scaling {
    match (spec.replicas, &spec.autoscaling) {
        (Some(replicas), _) => Scaling::Fixed(replicas),
        (None, Some(autoscaling)) => automatic(autoscaling),
        // The load arrives first at order.
        (None, None) if service == Service::Order => automatic(&Autoscaling::default()),
        (None, None) => Scaling::Fixed(1),
    }
}

/// The defaults of an autoscaler.
pub(super) fn automatic(autoscaling: &Autoscaling) -> Scaling {
    Scaling::Automatic {
        min: autoscaling.min.unwrap_or(1),
        max: autoscaling.max.unwrap_or(10),
        cpu_percent: autoscaling.cpu_percent.unwrap_or(15),
    }
}

/// The default resource requests and limits of a service.
pub(super) struct Defaults {
    pub cpu_request: &'static str,
    pub cpu_limit: Option<&'static str>,
    pub memory_request: &'static str,
    pub memory_limit: Option<&'static str>,
}

/// Fills in missing amounts. If the request is larger than the default limit, the limit is raised to the request.
pub(super) fn resources(
    default: &Defaults,
    resources: Option<Resources>,
    field: &str,
    problems: &mut Vec<String>,
) -> (Amounts, Amounts) {
    let resources = resources.unwrap_or_default();
    let requests = resources.requests.unwrap_or_default();
    let limits = resources.limits.unwrap_or_default();
    let mut settle = |what: &str,
                      request: Option<Quantity>,
                      limit: Option<Quantity>,
                      default_request: &str,
                      default_limit: Option<&str>| {
        let (request_given, limit_given) = (request.is_some(), limit.is_some());
        let mut request = request.map_or_else(|| default_request.to_owned(), |Quantity(text)| text);
        let mut limit = limit
            .map(|Quantity(text)| text)
            .or_else(|| default_limit.map(str::to_owned));
        if let Some(limit) = limit.as_mut().filter(|limit| exceeds(&request, limit)) {
            match (request_given, limit_given) {
                (_, false) => limit.clone_from(&request),
                (false, true) => request.clone_from(limit),
                (true, true) => problems.push(format!(
                    "{field}.resources: the {what} request {request} exceeds the limit {limit}"
                )),
            }
        }
        (Some(request), limit)
    };
    let (cpu_request, cpu_limit) = settle(
        "cpu",
        requests.cpu,
        limits.cpu,
        default.cpu_request,
        default.cpu_limit,
    );
    let (memory_request, memory_limit) = settle(
        "memory",
        requests.memory,
        limits.memory,
        default.memory_request,
        default.memory_limit,
    );
    (
        Amounts {
            cpu: cpu_request,
            memory: memory_request,
        },
        Amounts {
            cpu: cpu_limit,
            memory: memory_limit,
        },
    )
}

fn exceeds(request: &str, limit: &str) -> bool {
    matches!((quantity::milli(request), quantity::milli(limit)), (Some(request), Some(limit)) if request > limit)
}

/// Variables that only the operator sets.
fn reserved(service: Service) -> BTreeSet<String> {
    variables::names(service)
        .into_iter()
        // The log level is the only one of these variables that a platform may set.
        .filter(|name| name != variables::LOG_LEVEL)
        .collect()
}

fn environment(service: Service, env: Vec<EnvVar>, field: &str, problems: &mut Vec<String>) -> Vec<EnvVar> {
    let reserved = reserved(service);
    for variable in env.iter().filter(|variable| reserved.contains(&variable.name)) {
        problems.push(format!(
            "{field}.env: {} is set by the operator and cannot be replaced",
            variable.name
        ));
    }
    env
}
