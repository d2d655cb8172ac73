//! How often metrics are read, and which labels series get.

/// How often metrics are read.
pub(super) const INTERVAL: &str = "15s";

/// The labels by which alerts and dashboards tell series apart, and what Kubernetes calls the pod's labels that they
/// come from.
pub(super) const TARGET_LABELS: [(&str, &str); 3] = [
    (
        "platform",
        "__meta_kubernetes_pod_label_fooddelivery_dev_platform",
    ),
    ("service", "__meta_kubernetes_pod_label_fooddelivery_dev_service"),
    ("track", "__meta_kubernetes_pod_label_fooddelivery_dev_track"),
];
