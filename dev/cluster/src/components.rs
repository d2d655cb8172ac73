//! The long-running programs of a cluster and their command lines.

use std::path::{Path, PathBuf};

use crate::certificates::{CLUSTER_AUTHORITY, FRONT_PROXY_AUTHORITY, SERVICE_ACCOUNTS, certificate, key};
use crate::layout;
use crate::network::{API_PORT, CONTROL_PLANE, Node, SERVICES};

#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// Used in messages and as the name of its log.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

impl Component {
    fn new(name: impl Into<String>, program: impl Into<PathBuf>, arguments: Vec<String>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            arguments,
        }
    }
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

fn file_flag(name: &str, path: impl AsRef<Path>) -> String {
    flag(name, path.as_ref().display())
}

/// The components of the control plane.
pub(crate) fn control_plane(nodes: u8) -> Vec<Component> {
    vec![etcd(), api_server(nodes), controller_manager(), scheduler()]
}

fn etcd() -> Component {
    Component::new(
        "etcd",
        layout::binary("etcd"),
        vec![
            file_flag("data-dir", Path::new(layout::STATE).join("etcd")),
            flag("listen-client-urls", "http://127.0.0.1:2379"),
            flag("advertise-client-urls", "http://127.0.0.1:2379"),
            flag("listen-peer-urls", "http://127.0.0.1:2380"),
            flag("log-level", "warn"),
            // The data never outlives the cluster, so it need not survive a power failure.
            "--unsafe-no-fsync".to_owned(),
        ],
    )
}

fn api_server(nodes: u8) -> Component {
    // With several nodes, tests need pods to move soon; on a single node a short pause must not evict them.
    let seconds_before_moving = if nodes > 1 { 5 } else { 300 };
    let keys = layout::certificates(Path::new(layout::STATE));
    Component::new(
        "kube-apiserver",
        layout::binary("kube-apiserver"),
        vec![
            flag("etcd-servers", "http://127.0.0.1:2379"),
            flag("advertise-address", CONTROL_PLANE),
            flag("bind-address", "0.0.0.0"),
            flag("secure-port", API_PORT),
            flag("service-cluster-ip-range", SERVICES),
            flag("allow-privileged", true),
            flag("authorization-mode", "Node,RBAC"),
            flag("enable-admission-plugins", "NodeRestriction"),
            file_flag("client-ca-file", certificate(&keys, CLUSTER_AUTHORITY)),
            file_flag("tls-cert-file", certificate(&keys, "kube-apiserver")),
            file_flag("tls-private-key-file", key(&keys, "kube-apiserver")),
            file_flag(
                "kubelet-certificate-authority",
                certificate(&keys, CLUSTER_AUTHORITY),
            ),
            file_flag("kubelet-client-certificate", certificate(&keys, "kubelet-client")),
            file_flag("kubelet-client-key", key(&keys, "kubelet-client")),
            // Node names are not in DNS: without this, `logs`, `exec` and `top` fail.
            flag("kubelet-preferred-address-types", "InternalIP"),
            flag(
                "service-account-issuer",
                "https://kubernetes.default.svc.cluster.local",
            ),
            file_flag("service-account-key-file", certificate(&keys, SERVICE_ACCOUNTS)),
            file_flag("service-account-signing-key-file", key(&keys, SERVICE_ACCOUNTS)),
            // The control plane runs no kube-proxy, so it has to call pods directly instead of service addresses.
            flag("enable-aggregator-routing", true),
            flag("default-not-ready-toleration-seconds", seconds_before_moving),
            flag("default-unreachable-toleration-seconds", seconds_before_moving),
            file_flag(
                "requestheader-client-ca-file",
                certificate(&keys, FRONT_PROXY_AUTHORITY),
            ),
            flag("requestheader-allowed-names", "front-proxy-client"),
            flag("requestheader-username-headers", "X-Remote-User"),
            flag("requestheader-group-headers", "X-Remote-Group"),
            flag("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
            file_flag("proxy-client-cert-file", certificate(&keys, "front-proxy-client")),
            file_flag("proxy-client-key-file", key(&keys, "front-proxy-client")),
        ],
    )
}

fn controller_manager() -> Component {
    let state = Path::new(layout::STATE);
    let keys = layout::certificates(state);
    Component::new(
        "kube-controller-manager",
        layout::binary("kube-controller-manager"),
        vec![
            file_flag(
                "kubeconfig",
                layout::component_kubeconfig(state, "kube-controller-manager"),
            ),
            flag("bind-address", "127.0.0.1"),
            flag("leader-elect", false),
            flag("use-service-account-credentials", true),
            // With the default rate limit, starting its forty controllers takes four seconds.
            flag("kube-api-qps", 500),
            flag("kube-api-burst", 1000),
            file_flag("service-account-private-key-file", key(&keys, SERVICE_ACCOUNTS)),
            file_flag("root-ca-file", certificate(&keys, CLUSTER_AUTHORITY)),
            file_flag("cluster-signing-cert-file", certificate(&keys, CLUSTER_AUTHORITY)),
            file_flag("cluster-signing-key-file", key(&keys, CLUSTER_AUTHORITY)),
            // Tests cannot wait minutes for an autoscaler, or until a dead node is detected.
            flag("horizontal-pod-autoscaler-sync-period", "5s"),
            flag("horizontal-pod-autoscaler-initial-readiness-delay", "10s"),
            flag("horizontal-pod-autoscaler-cpu-initialization-period", "20s"),
            flag("horizontal-pod-autoscaler-downscale-stabilization", "30s"),
            flag("node-monitor-grace-period", "16s"),
            flag("node-monitor-period", "2s"),
        ],
    )
}

fn scheduler() -> Component {
    let kubeconfig = layout::component_kubeconfig(Path::new(layout::STATE), "kube-scheduler");
    Component::new(
        "kube-scheduler",
        layout::binary("kube-scheduler"),
        vec![
            file_flag("kubeconfig", &kubeconfig),
            file_flag("authentication-kubeconfig", &kubeconfig),
            file_flag("authorization-kubeconfig", &kubeconfig),
            flag("bind-address", "127.0.0.1"),
            flag("leader-elect", false),
        ],
    )
}

/// The components of one node.
pub(crate) fn node(node: Node) -> Vec<Component> {
    let state = Path::new(layout::STATE);
    let directory = layout::node(state, node);
    let name = node.name();
    vec![
        Component::new(
            format!("{name}-containerd"),
            "containerd",
            vec![file_flag("config", directory.join("containerd.toml"))],
        ),
        Component::new(
            format!("{name}-kubelet"),
            layout::binary("kubelet"),
            vec![
                file_flag("config", directory.join("kubelet.json")),
                file_flag("kubeconfig", layout::component_kubeconfig(state, &name)),
                flag("hostname-override", &name),
                flag("node-ip", node.address()),
            ],
        ),
        Component::new(
            format!("{name}-kube-proxy"),
            layout::binary("kube-proxy"),
            vec![file_flag("config", directory.join("kube-proxy.json"))],
        ),
        // Used only to enforce NetworkPolicies.
        Component::new(
            format!("{name}-kube-router"),
            layout::binary("kube-router"),
            vec![
                file_flag("kubeconfig", layout::component_kubeconfig(state, "kube-router")),
                flag("hostname-override", &name),
                flag("service-cluster-ip-range", SERVICES),
            ],
        ),
    ]
}
