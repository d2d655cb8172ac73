//! The scrape interval, and the labels of all series.

/// The scrape interval.
pub(super) const INTERVAL: &str = "15s";

/// The labels that alerts and dashboards need, each with the pod label that it comes from, in Prometheus' notation.
pub(super) const TARGET_LABELS: [(&str, &str); 3] = [
    (
        "platform",
        "__meta_kubernetes_pod_label_fooddelivery_dev_platform",
    ),
    ("service", "__meta_kubernetes_pod_label_fooddelivery_dev_service"),
    ("track", "__meta_kubernetes_pod_label_fooddelivery_dev_track"),
];
