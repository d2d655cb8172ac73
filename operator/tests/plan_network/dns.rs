//! Tests that connections to DNS and the API server are allowed at the addresses that the cluster has.

use std::collections::{BTreeMap, BTreeSet};

use fdp_operator::model::{
    apis::Apis,
    cluster_network::{ClusterNetwork, DnsPods},
    observed::Observed,
};

use crate::{
    judge::{Connection, Place, allow},
    platforms::{CASES, Case, Cluster, cluster, observed},
};

const LOGS_AND_METRICS: &str = "logs and metrics kept";

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name == name).unwrap()
}

fn in_cluster_with(network: ClusterNetwork, case: &Case) -> Cluster {
    observed(
        case,
        &Observed {
            apis: Apis::all(),
            network,
            ..Observed::default()
        },
    )
}

fn asks(cluster: &Cluster, from: &str, to: &Place, port: u16, protocol: &'static str) -> bool {
    let connection = Connection {
        name: String::new(),
        from: cluster.places[from].clone(),
        to: to.clone(),
        port,
        protocol,
    };
    allow(&cluster.policies, &connection)
}

#[test]
fn dns_pods_found_by_their_service_are_allowed_whatever_they_are_called() {
    let labels = BTreeMap::from([("app".to_owned(), "names".to_owned())]);
    let network = ClusterNetwork {
        dns: Some(DnsPods {
            namespace: "names".to_owned(),
            labels: labels.clone(),
        }),
        ..ClusterNetwork::default()
    };
    let pods = Place::pod("names", &[], labels.clone());
    let elsewhere = Place::pod("default", &[], labels);
    let usual = cluster(case("as it comes"));
    let found = in_cluster_with(network, case("as it comes"));
    assert!(!asks(&usual, "order", &pods, 5353, "UDP"));
    assert!(asks(&found, "order", &pods, 5353, "UDP"));
    assert!(
        !asks(&found, "order", &elsewhere, 5353, "UDP"),
        "a label alone is no proof"
    );
}

#[test]
fn the_usual_dns_found_changes_no_policy() {
    let network = ClusterNetwork {
        dns: Some(DnsPods {
            namespace: "kube-system".to_owned(),
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]),
        }),
        api_server_ports: BTreeSet::from([6443]),
    };
    for case in CASES {
        let found = in_cluster_with(network.clone(), case);
        assert_eq!(found.policies, cluster(case).policies, "{}", case.name);
    }
}

#[test]
fn a_pod_that_takes_the_label_of_dns_in_another_namespace_is_not_asked() {
    let labels = BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]);
    let impostor = Place::pod("default", &[], labels);
    assert!(!asks(
        &cluster(case("as it comes")),
        "order",
        &impostor,
        8080,
        "TCP"
    ));
}

#[test]
fn prometheus_may_ask_the_api_server_where_it_listens() {
    let network = ClusterNetwork {
        api_server_ports: BTreeSet::from([16443]),
        ..ClusterNetwork::default()
    };
    let usual = cluster(case(LOGS_AND_METRICS));
    let found = in_cluster_with(network, case(LOGS_AND_METRICS));
    assert!(!asks(&usual, "prometheus", &Place::Address, 16443, "TCP"));
    assert!(asks(&found, "prometheus", &Place::Address, 16443, "TCP"));
    assert!(
        !asks(&found, "grafana", &Place::Address, 16443, "TCP"),
        "nobody else may"
    );
}
