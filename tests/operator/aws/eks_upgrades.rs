//! Tests upgrades and add-ons of a cluster in Amazon EKS, and waiting for AWS, with a mock server for EKS.

use std::collections::BTreeMap;

use fdp_operator::aws::{
    connections::Clients,
    eks::{self, Desired, Scaling, Version},
};
use fdp_test_aws::{Between, EksPeer, Moto, Rule};

use crate::eks::{clients, leave, owner, settle, wanted};

fn of_version(version: &str) -> Desired {
    Desired {
        version: Version::read(version),
        add_ons: ["vpc-cni", "coredns", "kube-proxy"].map(str::to_owned).to_vec(),
        ..wanted()
    }
}

fn counts<const N: usize>(calls: [(&str, usize); N]) -> BTreeMap<String, usize> {
    calls.map(|(call, count)| (call.to_owned(), count)).into()
}

/// A cluster of version 1.32 whose creation has completed.
async fn finished(clients: &Clients, peer: &EksPeer) {
    let look = settle(clients, &of_version("1.32")).await;
    assert!(look.is_complete(), "{look:?}");
    peer.effects();
    peer.changing_calls();
}

#[tokio::test]
async fn a_cluster_comes_with_its_nodes_and_add_ons_each_made_once() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(0).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    let mut told = Vec::new();
    let look = loop {
        let look = eks::reconcile(&clients, &owner(), &of_version("1.34"), false).await;
        told.extend(
            look.state
                .health
                .iter()
                .filter_map(|health| health.message().map(str::to_owned)),
        );
        if !look.changed && !look.busy {
            break look;
        }
    };
    assert!(look.is_complete(), "{look:?}");
    assert_eq!(
        peer.effects(),
        [
            "create /clusters/food-shop",
            "create /clusters/food-shop/node-groups/standard-workers",
            "create /clusters/food-shop/addons/vpc-cni",
            "create /clusters/food-shop/addons/coredns",
            "create /clusters/food-shop/addons/kube-proxy"
        ]
    );
    assert_eq!(
        peer.changing_calls(),
        counts([("CreateCluster", 1), ("CreateNodegroup", 1), ("CreateAddon", 3)])
    );
    for busy in [
        "AWS is busy with EKS cluster food-shop: creating",
        "AWS is busy with EKS node group standard-workers: creating",
        "AWS is busy with EKS add-on coredns: creating",
    ] {
        assert!(told.iter().any(|line| line == busy), "{busy}: {told:#?}");
    }
}

#[tokio::test]
async fn an_upgrade_goes_version_by_version_the_control_plane_before_its_nodes() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(0).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    finished(&clients, &peer).await;
    let look = settle(&clients, &of_version("1.34")).await;
    assert!(look.is_complete(), "{look:?}");
    assert_eq!(look.state.cluster.unwrap().version, "1.34");
    assert_eq!(
        peer.effects(),
        [
            "UpdateClusterVersion 1.33",
            "UpdateNodegroupVersion 1.33",
            "UpdateClusterVersion 1.34",
            "UpdateNodegroupVersion 1.34"
        ]
    );
    assert_eq!(
        peer.changing_calls(),
        counts([("UpdateClusterVersion", 2), ("UpdateNodegroupVersion", 2)])
    );
}

#[tokio::test]
async fn what_aws_does_not_show_at_once_is_asked_for_again_and_done_once() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(1).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    finished(&clients, &peer).await;
    settle(&clients, &of_version("1.33")).await;
    assert_eq!(
        peer.effects(),
        ["UpdateClusterVersion 1.33", "UpdateNodegroupVersion 1.33"]
    );
    assert_eq!(
        peer.changing_calls(),
        counts([("UpdateClusterVersion", 2), ("UpdateNodegroupVersion", 2)])
    );

    // Returning to an earlier value must be applied too.
    for desired in [2, 3, 2] {
        let mut resized = of_version("1.33");
        resized.nodes.scaling = Scaling {
            desired: Some(desired),
            min: 1,
            max: 3,
        };
        settle(&clients, &resized).await;
    }
    assert_eq!(
        peer.effects(),
        [
            "UpdateNodegroupConfig 2",
            "UpdateNodegroupConfig 3",
            "UpdateNodegroupConfig 2"
        ]
    );
}

#[tokio::test]
async fn an_upgrade_that_is_killed_after_any_call_asks_for_nothing_twice() {
    let moto = Moto::start().await;
    let mut kills = 0;
    for calls in 1.. {
        let peer = EksPeer::start(0).await;
        let direct = clients(&peer.endpoint(), &moto.endpoint());
        finished(&direct, &peer).await;
        let between = Between::start(&peer.endpoint(), Rule::HangAfter(calls)).await;
        let disturbed = clients(&between.endpoint(), &moto.endpoint());
        let newer = of_version("1.34");
        let finished = tokio::select! {
            _ = settle(&disturbed, &newer) => true,
            () = between.hung() => false,
        };
        settle(&direct, &newer).await;
        assert_eq!(
            peer.effects(),
            [
                "UpdateClusterVersion 1.33",
                "UpdateNodegroupVersion 1.33",
                "UpdateClusterVersion 1.34",
                "UpdateNodegroupVersion 1.34"
            ],
            "killed after {calls} calls"
        );
        assert_eq!(
            peer.changing_calls(),
            counts([("UpdateClusterVersion", 2), ("UpdateNodegroupVersion", 2)]),
            "killed after {calls} calls"
        );
        if finished {
            break;
        }
        kills += 1;
    }
    assert!(kills > 20, "{kills}");
}

#[tokio::test]
async fn a_deletion_waits_for_the_nodes_and_then_for_the_cluster() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(0).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    finished(&clients, &peer).await;
    assert!(leave(&clients).await.is_complete());
    assert_eq!(peer.effects(), ["DeleteNodegroup", "DeleteCluster"]);
    assert_eq!(
        peer.changing_calls(),
        counts([("DeleteNodegroup", 1), ("DeleteCluster", 1)])
    );
    let roles = clients.iam.list_roles().send().await.unwrap();
    assert_eq!(roles.roles().len(), 0);
    let providers = clients.iam.list_open_id_connect_providers().send().await.unwrap();
    assert_eq!(providers.open_id_connect_provider_list().len(), 0);
}
