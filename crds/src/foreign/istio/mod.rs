//! Istio: <https://istio.io/latest/docs/reference/config/>.
//!
//! Only fields that every release with these versions of the API has (1.22 and later): an API server of an older
//! release drops others, and what was applied would differ from what is there for ever.

mod destination;
mod filter;
mod gateway;
mod security;
mod virtual_service;

use kube::core::ApiResource;

pub use destination::{
    ConnectionPool, DestinationRule, DestinationRuleSpec, HttpConnections, OutlierDetection, Subset,
    TcpConnections, TrafficPolicy,
};
pub use filter::{
    ConfigPatch, EnvoyFilter, EnvoyFilterSpec, FilterChainMatch, FilterMatch, ListenerMatch, Patch,
    PatchMatch, WorkloadSelector,
};
pub use gateway::{Gateway, GatewaySpec, Port, Server, ServerTls};
pub use security::{
    AuthorizationPolicy, AuthorizationPolicySpec, From, MutualTls, Operation, PeerAuthentication,
    PeerAuthenticationSpec, PodSelector, Rule, Source, To,
};
pub use virtual_service::{
    Destination, HttpMatch, HttpRoute, PortSelector, Retries, TextMatch, VirtualService, VirtualServiceSpec,
    WeightedDestination,
};

/// Every kind that plans use.
pub fn kinds() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<Gateway>(&()),
        ApiResource::erase::<VirtualService>(&()),
        ApiResource::erase::<DestinationRule>(&()),
        ApiResource::erase::<EnvoyFilter>(&()),
        ApiResource::erase::<PeerAuthentication>(&()),
        ApiResource::erase::<AuthorizationPolicy>(&()),
    ]
}
