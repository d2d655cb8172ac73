//! The command lines of the control plane's programs.

use std::path::Path;

use fdp_cluster::certificates::{CLUSTER_AUTHORITY, SERVICE_ACCOUNTS, certificate, key};

/// The paths and ports of the components.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    /// The directory of the control plane.
    pub(crate) directory: &'a Path,
    pub(crate) certificates: &'a Path,
    pub(crate) etcd_port: u16,
    pub(crate) api_port: u16,
    /// The kubeconfig of a token reviewer, which the API server calls for tokens that it does not know.
    pub(crate) token_reviewer: Option<&'a Path>,
}

/// The file name of the controller manager's kubeconfig.
pub(crate) const CONTROLLER_MANAGER_KUBECONFIG: &str = "kube-controller-manager.kubeconfig";

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

fn file_flag(name: &str, path: impl AsRef<Path>) -> String {
    flag(name, path.as_ref().display())
}

impl Layout<'_> {
    pub(crate) fn etcd_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.etcd_port)
    }

    pub(crate) fn api_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_port)
    }

    pub(crate) fn etcd(&self) -> Vec<String> {
        vec![
            file_flag("data-dir", self.directory.join("etcd")),
            flag("listen-client-urls", self.etcd_url()),
            flag("advertise-client-urls", self.etcd_url()),
            // There are no other members, so any port will do.
            flag("listen-peer-urls", "http://127.0.0.1:0"),
            flag("log-level", "warn"),
            // The data never outlives the test, so it need not survive a power failure.
            "--unsafe-no-fsync".to_owned(),
        ]
    }

    pub(crate) fn api_server(&self) -> Vec<String> {
        let keys = self.certificates;
        let mut flags = vec![
            flag("etcd-servers", self.etcd_url()),
            flag("bind-address", "127.0.0.1"),
            flag("advertise-address", "127.0.0.1"),
            // A service cannot have a loopback address as an endpoint, and nothing here calls this service.
            flag("endpoint-reconciler-type", "none"),
            flag("secure-port", self.api_port),
            flag("service-cluster-ip-range", "10.96.0.0/16"),
            flag("allow-privileged", true),
            flag("authorization-mode", "RBAC"),
            file_flag("client-ca-file", certificate(keys, CLUSTER_AUTHORITY)),
            file_flag("tls-cert-file", certificate(keys, "kube-apiserver")),
            file_flag("tls-private-key-file", key(keys, "kube-apiserver")),
            flag(
                "service-account-issuer",
                "https://kubernetes.default.svc.cluster.local",
            ),
            file_flag("service-account-key-file", certificate(keys, SERVICE_ACCOUNTS)),
            file_flag("service-account-signing-key-file", key(keys, SERVICE_ACCOUNTS)),
        ];
        if let Some(reviewer) = self.token_reviewer {
            flags.push(file_flag("authentication-token-webhook-config-file", reviewer));
            flags.push(flag("authentication-token-webhook-version", "v1"));
            // Tests change the answers of the token reviewer.
            flags.push(flag("authentication-token-webhook-cache-ttl", "1s"));
        }
        flags
    }

    pub(crate) fn controller_manager(&self) -> Vec<String> {
        let keys = self.certificates;
        vec![
            file_flag("kubeconfig", self.directory.join(CONTROLLER_MANAGER_KUBECONFIG)),
            // Nobody calls its API.
            flag("secure-port", 0),
            flag("leader-elect", false),
            flag("use-service-account-credentials", true),
            // With the default rate limit, starting its forty controllers takes four seconds.
            flag("kube-api-qps", 500),
            flag("kube-api-burst", 1000),
            file_flag("service-account-private-key-file", key(keys, SERVICE_ACCOUNTS)),
            file_flag("root-ca-file", certificate(keys, CLUSTER_AUTHORITY)),
        ]
    }
}
