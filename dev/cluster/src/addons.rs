//! What every cluster has beyond Kubernetes itself: network policies, names, metrics, storage.

/// The manifests, in the order in which they are applied.
pub(crate) const MANIFESTS: [&str; 4] = [
    include_str!("../addons/network-policies.yaml"),
    include_str!("../addons/dns.yaml"),
    include_str!("../addons/storage.yaml"),
    include_str!("../addons/metrics.yaml"),
];

/// Announces the metrics API; applied once metrics-server is there to answer.
pub(crate) const METRICS_API: &str = include_str!("../addons/metrics-api.yaml");
/// The name under which it is announced.
pub(crate) const METRICS_API_SERVICE: &str = "v1beta1.metrics.k8s.io";

/// The namespace and name of every Deployment among them.
pub(crate) const DEPLOYMENTS: [(&str, &str); 3] = [
    ("kube-system", "coredns"),
    ("local-path-storage", "local-path-provisioner"),
    ("kube-system", "metrics-server"),
];
