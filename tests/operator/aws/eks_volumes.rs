//! Tests the add-on that provisions volumes, and its role, with a mock server for EKS and moto for IAM.

use aws_sdk_iam::types::Role;
use fdp_operator::{
    aws::{
        connections::Clients,
        eks::{Desired, NodeGroup, trust},
    },
    model::health::Health,
};
use fdp_test_aws::{EksPeer, Moto};

use crate::{
    eks::{clients, leave, settle, wanted},
    kills::killed_after_each_call,
};

const ADD_ON: &str = "/clusters/food-shop/addons/aws-ebs-csi-driver";
const ROLE: &str = "food-shop-eks-volumes";

fn with_volumes() -> Desired {
    Desired {
        add_ons: vec!["aws-ebs-csi-driver".to_owned()],
        ..wanted()
    }
}

/// The role of the add-on, if it exists.
async fn role(clients: &Clients) -> Option<Role> {
    let answer = clients.iam.get_role().role_name(ROLE).send().await;
    answer.ok().and_then(|answer| answer.role)
}

async fn policies(clients: &Clients) -> Vec<String> {
    let list = clients.iam.list_attached_role_policies().role_name(ROLE).send();
    let policies = list.await.unwrap().attached_policies.unwrap_or_default();
    policies
        .into_iter()
        .filter_map(|policy| policy.policy_arn)
        .collect()
}

#[tokio::test]
async fn volumes_are_made_by_a_role_that_only_the_driver_may_assume() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(0).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    let look = settle(&clients, &with_volumes()).await;
    assert!(look.is_complete(), "{look:?}");

    let made = role(&clients).await.unwrap();
    let trust = trust::read(made.assume_role_policy_document().unwrap()).unwrap();
    let statement = &trust["Statement"][0];
    assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
    assert_eq!(
        statement["Condition"]["StringEquals"]["oidc.eks.eu-central-1.amazonaws.com/id/PEER:sub"],
        "system:serviceaccount:kube-system:ebs-csi-controller-sa"
    );
    assert_eq!(
        policies(&clients).await,
        ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
    );
    assert_eq!(made.tags()[0].value(), "food/shop");
    let add_on = peer.shown(ADD_ON).unwrap();
    assert_eq!(add_on["serviceAccountRoleArn"], made.arn());
    assert_eq!(
        add_on["configurationValues"],
        r#"{"defaultStorageClass":{"enabled":true}}"#
    );

    peer.changing_calls();
    assert!(settle(&clients, &with_volumes()).await.is_complete());
    assert!(peer.changing_calls().is_empty(), "what is there is only read");

    assert!(leave(&clients).await.is_complete());
    assert_eq!(clients.iam.list_roles().send().await.unwrap().roles().len(), 0);
}

#[tokio::test]
async fn a_driver_on_the_rights_of_the_nodes_gets_a_role_once_it_fails() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(1).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    assert!(settle(&clients, &wanted()).await.is_complete());
    let by_hand = clients
        .eks
        .create_addon()
        .cluster_name("food-shop")
        .addon_name("aws-ebs-csi-driver")
        .client_request_token("by hand");
    by_hand.send().await.unwrap();
    assert!(settle(&clients, &with_volumes()).await.is_complete());
    assert!(role(&clients).await.is_none(), "what works is left alone");

    peer.effects();
    peer.degrade(ADD_ON);
    assert!(settle(&clients, &with_volumes()).await.is_complete());
    let made = role(&clients).await.unwrap();
    assert_eq!(peer.shown(ADD_ON).unwrap()["serviceAccountRoleArn"], made.arn());
    assert_eq!(peer.effects(), [format!("UpdateAddon {}", made.arn())]);
}

#[tokio::test]
async fn a_role_of_somebody_else_is_named_and_gets_no_rights() {
    let (moto, peer) = (Moto::start().await, EksPeer::start(0).await);
    let clients = clients(&peer.endpoint(), &moto.endpoint());
    let theirs = clients
        .iam
        .create_role()
        .role_name(ROLE)
        .assume_role_policy_document(r#"{"Version":"2012-10-17","Statement":[]}"#);
    theirs.send().await.unwrap();
    let look = settle(&clients, &with_volumes()).await;
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    assert!(
        message.starts_with("IAM role food-shop-eks-volumes is there and not this platform's"),
        "{message}"
    );
    assert_eq!(policies(&clients).await, Vec::<String>::new());
    assert_eq!(peer.shown(ADD_ON), None);
    assert!(leave(&clients).await.is_complete());
    assert!(role(&clients).await.is_some());
}

#[tokio::test]
async fn killed_after_any_call_to_iam_the_driver_gets_its_role_all_the_same() {
    let moto = Moto::start().await;
    let kills = killed_after_each_call(
        &moto.endpoint(),
        async |endpoint| {
            let peer = EksPeer::start(0).await;
            settle(&clients(&peer.endpoint(), &moto.endpoint()), &wanted()).await;
            settle(&clients(&peer.endpoint(), endpoint), &with_volumes()).await;
            true
        },
        async |calls| {
            let peer = EksPeer::start(0).await;
            let direct = clients(&peer.endpoint(), &moto.endpoint());
            let look = settle(&direct, &with_volumes()).await;
            assert!(look.is_complete(), "killed after {calls} calls: {look:?}");
            let made = role(&direct).await.unwrap();
            assert_eq!(peer.shown(ADD_ON).unwrap()["serviceAccountRoleArn"], made.arn());
            assert!(leave(&direct).await.is_complete(), "killed after {calls} calls");
            let roles = direct.iam.list_roles().send().await.unwrap();
            assert_eq!(roles.roles().len(), 0, "killed after {calls} calls");
        },
    )
    .await;
    assert!(kills > 20, "{kills}");
}

#[tokio::test]
async fn nodes_of_two_architectures_are_refused_and_nodes_of_arm_are_made() {
    let moto = Moto::start().await;
    let clients = clients(&moto.endpoint(), &moto.endpoint());
    let of = |kinds: &[&str]| Desired {
        nodes: NodeGroup {
            instance_types: kinds.iter().map(ToString::to_string).collect(),
            ..wanted().nodes
        },
        ..wanted()
    };
    let look = settle(&clients, &of(&["t4g.medium", "t3.medium"])).await;
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    assert!(
        message.contains("x86 (t3.medium) and of ARM (t4g.medium)")
            && message.contains("cloud.aws.eks.nodeGroup.instanceTypes"),
        "{message}"
    );
    assert!(settle(&clients, &of(&["t4g.medium"])).await.is_complete());
    let nodes = clients
        .eks
        .describe_nodegroup()
        .cluster_name("food-shop")
        .nodegroup_name("standard-workers");
    let nodes = nodes.send().await.unwrap().nodegroup.unwrap();
    assert_eq!(nodes.ami_type().unwrap().as_str(), "AL2023_ARM_64_STANDARD");
}
