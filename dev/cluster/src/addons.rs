//! The add-ons of every cluster: network policies, DNS, metrics, storage.

/// The manifests, in the order in which they are applied.
pub(crate) const MANIFESTS: [&str; 4] = [
    include_str!("../addons/network-policies.yaml"),
    include_str!("../addons/dns.yaml"),
    include_str!("../addons/storage.yaml"),
    include_str!("../addons/metrics.yaml"),
];

/// Registers the metrics API; applied only when metrics-server can serve it.
pub(crate) const METRICS_API: &str = include_str!("../addons/metrics-api.yaml");
/// The name of the registered API.
pub(crate) const METRICS_API_SERVICE: &str = "v1beta1.metrics.k8s.io";

/// The namespace and name of every Deployment among them.
pub(crate) const DEPLOYMENTS: [(&str, &str); 3] = [
    ("kube-system", "coredns"),
    ("local-path-storage", "local-path-provisioner"),
    ("kube-system", "metrics-server"),
];
