//! Evaluates network policies for connections as Kubernetes defines it: after a Service's address was translated to a
//! pod and its port.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

/// The namespace of all policies under test.
pub(crate) const NAMESPACE: &str = "food";

type Labels = BTreeMap<String, String>;

/// Where a connection starts or ends.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Pod {
        namespace: String,
        namespace_labels: Labels,
        labels: Labels,
    },
    /// An address that belongs to no pod: of a node, or outside the cluster.
    Address,
}

impl Place {
    /// A pod; its namespace has the label that Kubernetes adds to each, and these.
    pub(crate) fn pod(namespace: &str, namespace_labels: &[(&str, &str)], labels: Labels) -> Self {
        let own_label = ("kubernetes.io/metadata.name", namespace);
        Self::Pod {
            namespace: namespace.to_owned(),
            namespace_labels: namespace_labels
                .iter()
                .chain([&own_label])
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            labels,
        }
    }
}

/// A connection to a port of a pod, or of an address.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) name: String,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) port: u16,
    pub(crate) protocol: &'static str,
}

/// Whether the policies of both sides allow a connection.
pub(crate) fn allow(policies: &[NetworkPolicy], connection: &Connection) -> bool {
    let Connection { from, to, .. } = connection;
    let leaves = allowed(
        policies,
        from,
        "Egress",
        |spec| {
            let rules = spec.egress.iter().flatten();
            rules
                .map(|rule| (rule.to.as_deref(), rule.ports.as_deref()))
                .collect()
        },
        to,
        connection,
    );
    let enters = allowed(
        policies,
        to,
        "Ingress",
        |spec| {
            let rules = spec.ingress.iter().flatten();
            rules
                .map(|rule| (rule.from.as_deref(), rule.ports.as_deref()))
                .collect()
        },
        from,
        connection,
    );
    leaves && enters
}

/// The peers and ports of a rule. Without peers it applies to all addresses, without ports to all ports.
type Rule<'a> = (Option<&'a [NetworkPolicyPeer]>, Option<&'a [NetworkPolicyPort]>);

/// Whether the policies of one direction that select `own` allow its connection with `other`.
fn allowed(
    policies: &[NetworkPolicy],
    own: &Place,
    direction: &str,
    rules: impl Fn(&k8s_openapi::api::networking::v1::NetworkPolicySpec) -> Vec<Rule<'_>>,
    other: &Place,
    connection: &Connection,
) -> bool {
    let Place::Pod {
        namespace, labels, ..
    } = own
    else {
        return true;
    };
    let selecting: Vec<_> = policies
        .iter()
        .filter_map(|policy| policy.spec.as_ref())
        .filter(|spec| {
            namespace == NAMESPACE
                && spec.policy_types.iter().flatten().any(|kind| kind == direction)
                && spec
                    .pod_selector
                    .as_ref()
                    .is_none_or(|selector| selects(selector, labels))
        })
        .collect();
    selecting.is_empty()
        || selecting
            .iter()
            .flat_map(|spec| rules(spec))
            .any(|(peers, ports)| {
                peers.is_none_or(|peers| peers.is_empty() || peers.iter().any(|peer| is_peer(peer, other)))
                    && ports.is_none_or(|ports| {
                        ports.is_empty() || ports.iter().any(|port| is_port(port, connection))
                    })
            })
}

fn is_peer(peer: &NetworkPolicyPeer, place: &Place) -> bool {
    assert!(
        peer.ip_block.is_none(),
        "the judge knows no address blocks: {peer:?}"
    );
    let Place::Pod {
        namespace,
        namespace_labels,
        labels,
    } = place
    else {
        return false;
    };
    let in_namespace = peer
        .namespace_selector
        .as_ref()
        .map_or(namespace == NAMESPACE, |selector| {
            selects(selector, namespace_labels)
        });
    in_namespace
        && peer
            .pod_selector
            .as_ref()
            .is_none_or(|selector| selects(selector, labels))
}

fn is_port(port: &NetworkPolicyPort, connection: &Connection) -> bool {
    assert!(port.end_port.is_none(), "the judge knows no ranges: {port:?}");
    let number = match &port.port {
        None => true,
        Some(IntOrString::Int(number)) => *number == i32::from(connection.port),
        Some(IntOrString::String(name)) => panic!("the judge knows no port {name}"),
    };
    number && port.protocol.as_deref().unwrap_or("TCP") == connection.protocol
}

fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let equal = selector
        .match_labels
        .iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value));
    let expressions = selector.match_expressions.iter().flatten().all(|expression| {
        assert_eq!(expression.operator, "In", "the judge knows only this operator");
        labels.get(&expression.key).is_some_and(|value| {
            let values = &mut expression.values.iter().flatten();
            values.any(|known| known == value)
        })
    });
    equal && expressions
}
