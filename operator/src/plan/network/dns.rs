//! The egress to DNS, which every pod of a platform needs.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer};

use crate::{
    kubernetes::network_policy::{labelled, port},
    model::cluster_network::DnsPods,
};

/// Where the pods of the cluster's DNS usually are, by namespace and label: `CoreDNS` and kube-dns, and `OpenShift`'s.
const USUAL_PODS: [(&str, &str, &str); 2] = [
    ("kube-system", "k8s-app", "kube-dns"),
    (
        "openshift-dns",
        "dns.operator.openshift.io/daemonset-dns",
        "default",
    ),
];
/// The port of servers that are not such pods, such as a cache on the node's own address.
const PORT: u16 = 53;

/// Egress to the pods that answer DNS, and to DNS on its own port wherever it is.
///
/// The pods are allowed by who they are: they listen on a port of their own (`OpenShift`'s on 5353), and policies judge a
/// connection after a Service has led it there.
pub(super) fn egress(found: Option<&DnsPods>) -> Vec<NetworkPolicyEgressRule> {
    let mut pods: Vec<NetworkPolicyPeer> = USUAL_PODS
        .into_iter()
        .map(|(namespace, label, value)| {
            pods_of(namespace, BTreeMap::from([(label.to_owned(), value.to_owned())]))
        })
        .collect();
    if let Some(DnsPods { namespace, labels }) = found {
        let found = pods_of(namespace, labels.clone());
        if !pods.contains(&found) {
            pods.push(found);
        }
    }
    vec![
        NetworkPolicyEgressRule {
            to: Some(pods),
            ports: None,
        },
        NetworkPolicyEgressRule {
            to: None,
            ports: Some(vec![port(PORT, "UDP"), port(PORT, "TCP")]),
        },
    ]
}

fn pods_of(namespace: &str, labels: BTreeMap<String, String>) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        // Kubernetes itself puts this label on every namespace.
        namespace_selector: Some(labelled(BTreeMap::from([(
            "kubernetes.io/metadata.name".to_owned(),
            namespace.to_owned(),
        )]))),
        pod_selector: Some(labelled(labels)),
        ..Default::default()
    }
}
