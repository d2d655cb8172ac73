//! The exposure of the gateway, its configuration and its URL.

use fdp_catalogue::{Service, variables};
use fdp_crds::{AuthProvider, Exposure};
use k8s_openapi::api::core::v1::{EnvVar, Service as KubeService};

use crate::{kubernetes::pod, model::observed::Observed, spec::Validated};

/// The value of `status.url` while a load balancer has no address.
pub const PENDING: &str = "pending";

/// Adds the exposure of the platform to the gateway's Kubernetes Service.
pub fn expose(platform: &Validated, mut service: KubeService) -> KubeService {
    if let Some(spec) = service.spec.as_mut() {
        spec.type_ = Some(platform.exposure.as_str().to_owned());
        // With the default, a node forwards connections to another node with its own source address, and the gateway
        // counts all of them as one client. `Local` works with a load balancer, which finds the nodes that run a
        // gateway pod; with a node port, every node has to accept connections.
        spec.external_traffic_policy =
            (platform.exposure == Exposure::LoadBalancer).then(|| "Local".to_owned());
        if let Some(port) = spec.ports.as_mut().and_then(|ports| ports.first_mut()) {
            port.node_port = platform.node_port;
        }
    }
    service
}

/// The variables for sign-in and rate limits. For settings that the platform leaves out, the gateway's defaults apply.
///
/// `behind_proxy` is whether every request passes a proxy that forwards the client's address, and `routes` are the
/// paths of extensions.
pub fn environment(platform: &Validated, behind_proxy: bool, routes: Option<String>) -> Vec<EnvVar> {
    let auth = &platform.auth;
    let provider = auth.provider.map(|provider| provider.as_str().to_owned());
    let demo = auth.provider == Some(AuthProvider::Demo) && auth.allow_demo == Some(true);
    let number = |number: Option<i32>| number.map(|number| number.to_string());
    [
        (variables::AUTH_PROVIDER, provider),
        (variables::DEMO_IDENTITY, demo.then(|| "allowed".to_owned())),
        (variables::OIDC_ISSUER, auth.issuer.clone()),
        (variables::OIDC_AUDIENCE, auth.audience.clone()),
        (variables::OIDC_ROLES_CLAIM, auth.roles_claim.clone()),
        (
            variables::RATE_LIMIT_PER_SECOND,
            number(platform.rate_limit.requests_per_second),
        ),
        (variables::RATE_LIMIT_BURST, number(platform.rate_limit.burst)),
        (
            variables::TRUST_FORWARDED,
            platform
                .trust_forwarded
                .or_else(|| behind_proxy.then_some(true))
                .map(|trust| trust.to_string()),
        ),
        (variables::EXTENSION_ROUTES, routes),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(pod::env(name, value?)))
    .collect()
}

/// The address of the gateway's own Service; `None` as long as it is unknown.
pub fn url(platform: &Validated, observed: &Observed) -> Option<String> {
    let name = platform.child(Service::Gateway.name());
    let port = Service::Gateway.port();
    let host = platform.hosts.first().cloned();
    match platform.exposure {
        Exposure::ClusterIP => Some(format!("http://{name}.{}.svc:{port}", platform.namespace)),
        Exposure::NodePort => {
            // The one that is asked for may belong to somebody else.
            let node_port = assigned_node_port(observed, &name)?;
            let host = host.or_else(|| observed.node_address.clone())?;
            Some(format!("http://{host}:{node_port}"))
        }
        Exposure::LoadBalancer => {
            let address = ingress_address(observed, &name);
            Some(match address {
                Some(address) => format!("http://{}:{port}", host.unwrap_or(address)),
                None => PENDING.to_owned(),
            })
        }
    }
}

fn assigned_node_port(observed: &Observed, name: &str) -> Option<i32> {
    observed
        .children
        .typed::<KubeService>(name)?
        .spec?
        .ports?
        .first()?
        .node_port
}

fn ingress_address(observed: &Observed, name: &str) -> Option<String> {
    let status = observed.children.typed::<KubeService>(name)?.status?;
    let ingress = status.load_balancer?.ingress?.into_iter().next()?;
    ingress.hostname.or(ingress.ip)
}
