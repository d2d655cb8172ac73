//! Istio, with every default filled in.

use std::collections::BTreeMap;

use fdp_crds::{IngressGateway, Mesh as MeshSpec, MeshProvider, Mtls, drill::MeshFault};

/// The settings of Istio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mesh {
    pub mtls: Mtls,
    /// The number of retries of a request that may be repeated; 0 disables them.
    pub retry_attempts: i32,
    pub per_try_timeout: String,
    /// The timeout of a request including all its tries.
    pub timeout: String,
    pub consecutive_errors: i32,
    pub ejection_interval: String,
    pub base_ejection_time: String,
    pub max_ejection_percent: i32,
    pub max_connections: i32,
    pub max_pending_requests: i32,
    /// Requests per second, and burst, that each gateway pod accepts.
    pub rate_limit: Option<(i32, i32)>,
    /// Labels of the ingress gateway's pods.
    pub ingress_selector: BTreeMap<String, String>,
    pub ingress_namespace: String,
    /// What sidecars do wrong for the sake of a drill.
    pub fault: Option<MeshFault>,
}

pub(super) fn mesh(spec: MeshSpec) -> Option<Mesh> {
    if spec.provider != Some(MeshProvider::Istio) {
        return None;
    }
    let retries = spec.retries.unwrap_or_default();
    let outliers = spec.outlier_detection.unwrap_or_default();
    let pool = spec.connection_pool.unwrap_or_default();
    let ingress = spec.ingress_gateway.unwrap_or_default();
    let text = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned());
    Some(Mesh {
        mtls: spec.mtls.unwrap_or_default(),
        retry_attempts: retries.attempts.unwrap_or(2),
        per_try_timeout: text(retries.per_try_timeout, "3s"),
        timeout: text(spec.timeout, "10s"),
        consecutive_errors: outliers.consecutive_errors.unwrap_or(5),
        ejection_interval: text(outliers.interval, "10s"),
        base_ejection_time: text(outliers.base_ejection_time, "30s"),
        max_ejection_percent: outliers.max_ejection_percent.unwrap_or(50),
        max_connections: pool.max_connections.unwrap_or(1024),
        max_pending_requests: pool.max_pending_requests.unwrap_or(1024),
        rate_limit: spec.rate_limit.map(|limit| {
            let twice = limit.requests_per_second.saturating_mul(2);
            (limit.requests_per_second, limit.burst.unwrap_or(twice))
        }),
        ingress_selector: ingress_selector(Some(&ingress)),
        ingress_namespace: text(ingress.namespace, "istio-system"),
        // Only a drill brings one, for a while.
        fault: None,
    })
}

/// The labels of the pods of an ingress gateway.
pub fn ingress_selector(ingress: Option<&IngressGateway>) -> BTreeMap<String, String> {
    match ingress {
        Some(ingress) if !ingress.selector.is_empty() => ingress.selector.clone(),
        _ => BTreeMap::from([("istio".to_owned(), "ingressgateway".to_owned())]),
    }
}
