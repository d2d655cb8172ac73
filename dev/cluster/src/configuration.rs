//! The configuration files of a node's components, as text.

use serde_json::{Value, json};

use crate::certificates::{CLUSTER_AUTHORITY, certificate, key};
use crate::images::PAUSE;
use crate::layout;
use crate::network::{DNS_SERVICE, Node, PODS};

/// The machine's capacity, which all nodes share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) milli_cpus: u64,
    pub(crate) memory_mebibytes: u64,
}

/// The cgroup of a node, relative to the root of every hierarchy.
pub(crate) fn cgroup(identity: &str, node: Node) -> String {
    format!("/fdp-{identity}/{}", node.name())
}

/// containerd's configuration.
pub(crate) fn containerd(node: Node) -> String {
    let directory = layout::node(layout::STATE.as_ref(), node);
    let directory = directory.display();
    // Without CAP_SYS_RESOURCE, no sandbox starts unless restrict_oom_score_adj is set.
    format!(
        r#"version = 2
root = "{directory}/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
address = "{directory}/{socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
restrict_oom_score_adj = true
stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{directory}/cni"
"#,
        socket = layout::CONTAINERD_SOCKET,
        plugins = layout::CNI_PLUGINS,
    )
}

/// The pod network of a node: a bridge on the node; the other nodes have routes to it.
pub(crate) fn cni(node: Node) -> String {
    pretty(&json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": true,
                "ipMasq": false,
                "hairpinMode": true,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": node.pods()}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    }))
}

/// The kubelet's configuration.
pub(crate) fn kubelet(identity: &str, node: Node, nodes: u8, machine: Machine) -> String {
    let state = std::path::Path::new(layout::STATE);
    let certificates = layout::certificates(state);
    let mut configuration = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": certificate(&certificates, CLUSTER_AUTHORITY)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": certificate(&certificates, &node.name()),
        "tlsPrivateKeyFile": key(&certificates, &node.name()),
        "containerRuntimeEndpoint":
            format!("unix://{}", layout::node(state, node).join(layout::CONTAINERD_SOCKET).display()),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup(identity, node),
        "failCgroupV1": false,
        "failSwapOn": false,
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_SERVICE.to_string()],
        "resolvConf": state.join("resolv.conf"),
        "readOnlyPort": 0,
        "nodeStatusUpdateFrequency": "4s",
        "nodeLeaseDurationSeconds": 16,
        // Images are imported, never pulled, and the disk is the developer's: garbage collection is off.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
    });
    if nodes > 1 {
        // Each kubelet sees the whole machine, so the share of the other nodes is reserved.
        let others = u64::from(nodes) - 1;
        let share = |whole: u64| whole * others / u64::from(nodes);
        configuration["systemReserved"] = json!({
            "cpu": format!("{}m", share(machine.milli_cpus)),
            "memory": format!("{}Mi", share(machine.memory_mebibytes)),
        });
    }
    pretty(&configuration)
}

/// kube-proxy's configuration.
pub(crate) fn kube_proxy(node: Node) -> String {
    let state = std::path::Path::new(layout::STATE);
    pretty(&json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": layout::component_kubeconfig(state, "kube-proxy")},
        "hostnameOverride": node.name(),
        "mode": "nftables",
        "clusterCIDR": PODS,
        "metricsBindAddress": "127.0.0.1:10249",
        // These limits belong to the host, so they are left unchanged.
        "conntrack": {"maxPerCore": 0, "min": 0},
    }))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: Machine = Machine {
        milli_cpus: 2000,
        memory_mebibytes: 24_000,
    };

    fn kubelet_of(nodes: u8) -> Value {
        serde_json::from_str(&kubelet("local-1", Node(1), nodes, MACHINE)).unwrap()
    }

    #[test]
    fn a_single_node_offers_the_whole_machine() {
        assert_eq!(kubelet_of(1)["systemReserved"], Value::Null);
    }

    #[test]
    fn three_nodes_offer_a_third_of_the_machine_each() {
        let reserved = &kubelet_of(3)["systemReserved"];
        assert_eq!(reserved["cpu"], "1333m");
        assert_eq!(reserved["memory"], "16000Mi");
    }

    #[test]
    fn sandboxes_start_without_the_capability_to_lower_their_oom_score() {
        assert!(containerd(Node(1)).contains("restrict_oom_score_adj = true"));
    }
}
