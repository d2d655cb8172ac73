//! Tests that a cluster in Amazon EKS and its roles in IAM are created, changed and deleted as desired, also when the
//! operator is interrupted.

use aws_sdk_eks::config::{Credentials, Region, retry::RetryConfig};
use fdp_operator::{
    aws::{
        connections::Clients,
        eks::{self, Desired, NodeGroup, Scaling, Version},
        owner::Owner,
        partition::Partition,
        progress::Progress,
    },
    model::health::Health,
};
use fdp_test_aws::{Between, Moto, Rule};

use crate::{kills::killed_after_each_call, refusals::REFUSALS};

/// Clients for these two endpoints.
pub(crate) fn clients(eks: &str, others: &str) -> Clients {
    macro_rules! client {
        ($service:ident, $endpoint:expr) => {
            $service::Client::from_conf(
                $service::Config::builder()
                    .behavior_version($service::config::BehaviorVersion::latest())
                    .region(Region::new("eu-central-1"))
                    .credentials_provider(Credentials::for_tests())
                    .endpoint_url($endpoint)
                    .retry_config(RetryConfig::disabled())
                    .build(),
            )
        };
    }
    Clients {
        codebuild: client!(aws_sdk_codebuild, others),
        ecr: client!(aws_sdk_ecr, others),
        eks: client!(aws_sdk_eks, eks),
        iam: client!(aws_sdk_iam, others),
    }
}

fn clients_at(endpoint: &str) -> Clients {
    clients(endpoint, endpoint)
}

pub(crate) fn owner() -> Owner {
    Owner::new("food", "shop")
}

/// A desired state that moto supports: it has no add-ons.
pub(crate) fn wanted() -> Desired {
    Desired {
        name: "food-shop".to_owned(),
        partition: Partition::of("eu-central-1"),
        version: Version::read("1.34"),
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        nodes: NodeGroup {
            name: "standard-workers".to_owned(),
            instance_types: vec!["t3.medium".to_owned()],
            scaling: Scaling {
                desired: None,
                min: 1,
                max: 3,
            },
        },
        add_ons: Vec::new(),
    }
}

/// Repeats steps until there is nothing left to do or to wait for, as the operator does.
pub(crate) async fn settle(clients: &Clients, wanted: &Desired) -> Progress {
    for _ in 0..50 {
        let look = eks::reconcile(clients, &owner(), wanted, false).await;
        if !look.changed && !look.busy {
            return look;
        }
    }
    panic!("it never settles");
}

/// Deletes everything, as the operator does when the platform is deleted.
pub(crate) async fn leave(clients: &Clients) -> Progress {
    for _ in 0..50 {
        let look = eks::finalize(clients, &owner(), &wanted().name).await;
        if !look.changed && !look.busy {
            return look;
        }
    }
    panic!("it never ends");
}

/// All existing resources, as text.
async fn everything(clients: &Clients) -> Vec<String> {
    let mut all = Vec::new();
    let Clients { eks, iam, .. } = clients;
    for cluster in eks.list_clusters().send().await.unwrap().clusters() {
        let answer = eks.describe_cluster().name(cluster).send().await.unwrap();
        let there = answer.cluster().unwrap();
        let subnets = there.resources_vpc_config().unwrap().subnet_ids();
        let (version, role) = (there.version().unwrap(), there.role_arn().unwrap());
        all.push(format!(
            "cluster {cluster} {version} {subnets:?} {role} {:?}",
            there.tags()
        ));
        let groups = eks.list_nodegroups().cluster_name(cluster).send().await.unwrap();
        for group in groups.nodegroups() {
            let answer = eks
                .describe_nodegroup()
                .cluster_name(cluster)
                .nodegroup_name(group)
                .send();
            let answer = answer.await.unwrap();
            let there = answer.nodegroup().unwrap();
            let (version, role) = (there.version().unwrap(), there.node_role().unwrap());
            all.push(format!(
                "nodes {group} {version} {:?} {:?} {:?} {:?} {role} {:?}",
                there.ami_type(),
                there.instance_types(),
                there.scaling_config().unwrap(),
                there.subnets(),
                there.tags(),
            ));
        }
    }
    for role in iam.list_roles().send().await.unwrap().roles() {
        let name = role.role_name();
        let policies = iam.list_attached_role_policies().role_name(name).send();
        let policies = policies.await.unwrap();
        let tags = iam.list_role_tags().role_name(name).send().await.unwrap();
        let trust = role.assume_role_policy_document().unwrap();
        all.push(format!(
            "role {name} {trust} {:?} {:?}",
            policies.attached_policies(),
            tags.tags()
        ));
    }
    let providers = iam.list_open_id_connect_providers().send().await.unwrap();
    for provider in providers.open_id_connect_provider_list() {
        let arn = provider.arn().unwrap();
        let there = iam
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .send();
        let there = there.await.unwrap();
        all.push(format!(
            "provider {arn} {:?} {:?}",
            there.client_id_list(),
            there.tags()
        ));
    }
    all.sort();
    all
}

/// The only resource of that kind.
fn only<'a>(all: &'a [String], kind: &str) -> &'a str {
    let mut those = all.iter().filter(|thing| thing.starts_with(kind));
    let thing = those.next().unwrap_or_else(|| panic!("no {kind}: {all:#?}"));
    assert_eq!(those.next(), None, "more than one {kind}");
    thing
}

#[tokio::test]
async fn a_cluster_is_made_resized_and_deleted_as_told() {
    let moto = Moto::start().await;
    let clients = clients_at(&moto.endpoint());
    let look = settle(&clients, &wanted()).await;
    assert_eq!(look.state.health, []);
    assert!(!look.failed);
    let told = look.state.cluster.unwrap();
    assert_eq!((told.name.as_str(), told.version.as_str()), ("food-shop", "1.34"));
    assert_eq!(told.state, "ACTIVE");
    assert!(told.endpoint.unwrap().starts_with("https://"));

    let all = everything(&clients).await;
    assert_eq!(all.len(), 5, "{all:#?}");
    assert!(all.iter().all(|thing| thing.contains("food/shop")), "{all:#?}");
    let cluster = only(&all, "cluster");
    assert!(
        cluster.contains(r#"1.34 ["subnet-a", "subnet-b"]"#)
            && cluster.contains("role/food-shop-eks-cluster"),
        "{cluster}"
    );
    let nodes = only(&all, "nodes");
    assert!(
        nodes.contains("standard-workers 1.34 Some(Al2023X8664Standard)")
            && nodes.contains("role/food-shop-eks-nodes"),
        "{nodes}"
    );
    assert!(
        nodes.contains("min_size: Some(1), max_size: Some(3), desired_size: Some(3)"),
        "{nodes}"
    );
    let role = only(&all, "role food-shop-eks-nodes");
    assert!(
        [
            "ec2.amazonaws.com",
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEKS_CNI_Policy"
        ]
        .iter()
        .all(|word| role.contains(word)),
        "{role}"
    );
    assert!(only(&all, "role food-shop-eks-cluster").contains("AmazonEKSClusterPolicy"));
    assert!(only(&all, "provider").contains("sts.amazonaws.com"));

    let mut larger = wanted();
    larger.nodes.scaling = Scaling {
        desired: Some(5),
        min: 2,
        max: 8,
    };
    assert_eq!(settle(&clients, &larger).await.state.health, []);
    let resized = everything(&clients).await;
    assert!(
        only(&resized, "nodes").contains("min_size: Some(2), max_size: Some(8), desired_size: Some(5)"),
        "{resized:#?}"
    );
    assert_eq!(resized.len(), 5);

    assert!(leave(&clients).await.is_complete());
    assert_eq!(everything(&clients).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_an_autoscaler_makes_of_the_nodes_stays_unless_a_number_is_asked_for() {
    let moto = Moto::start().await;
    let between = Between::start(&moto.endpoint(), Rule::Forward).await;
    let operator = clients_at(&between.endpoint());
    settle(&operator, &wanted()).await;

    let autoscaler = clients_at(&moto.endpoint()).eks;
    let smaller = aws_sdk_eks::types::NodegroupScalingConfig::builder()
        .desired_size(2)
        .min_size(1)
        .max_size(3);
    let resize = autoscaler
        .update_nodegroup_config()
        .cluster_name("food-shop")
        .nodegroup_name("standard-workers")
        .scaling_config(smaller.build());
    resize.send().await.unwrap();
    let resizes = || {
        let calls = between.calls();
        calls
            .iter()
            .filter(|call| *call == "UpdateNodegroupConfig")
            .count()
    };
    assert_eq!(settle(&operator, &wanted()).await.state.health, []);
    let left_alone = everything(&operator).await;
    assert!(
        only(&left_alone, "nodes").contains("desired_size: Some(2)"),
        "{left_alone:#?}"
    );
    assert_eq!(resizes(), 0);

    let mut three = wanted();
    three.nodes.scaling.desired = Some(3);
    assert_eq!(settle(&operator, &three).await.state.health, []);
    let put_back = everything(&operator).await;
    assert!(
        only(&put_back, "nodes").contains("desired_size: Some(3)"),
        "{put_back:#?}"
    );
    assert_eq!(resizes(), 1);
}

#[tokio::test]
async fn what_is_as_wanted_is_only_read() {
    let moto = Moto::start().await;
    let between = Between::start(&moto.endpoint(), Rule::Forward).await;
    let clients = clients_at(&between.endpoint());
    settle(&clients, &wanted()).await;
    let before = between.calls().len();
    let look = eks::reconcile(&clients, &owner(), &wanted(), false).await;
    assert!(!look.changed && !look.busy && !look.failed, "{look:?}");
    assert_eq!(
        between.calls()[before..],
        [
            "GetRole",
            "ListAttachedRolePolicies",
            "GetRole",
            "ListAttachedRolePolicies",
            "DescribeCluster",
            "ListOpenIDConnectProviders",
            "ListNodegroups",
            "DescribeNodegroup"
        ]
    );
}

#[tokio::test]
async fn killed_after_any_call_and_begun_again_it_ends_the_same() {
    let moto = Moto::start().await;
    let direct = clients_at(&moto.endpoint());
    settle(&direct, &wanted()).await;
    let undisturbed = everything(&direct).await;
    leave(&direct).await;

    let kills = killed_after_each_call(
        &moto.endpoint(),
        async |endpoint| {
            settle(&clients_at(endpoint), &wanted()).await;
            true
        },
        async |calls| {
            settle(&direct, &wanted()).await;
            assert_eq!(
                everything(&direct).await,
                undisturbed,
                "killed after {calls} calls"
            );
            assert!(leave(&direct).await.is_complete(), "killed after {calls} calls");
        },
    )
    .await;
    // Roles, policies, cluster, then nodes and identity provider: the last of the five steps only reads.
    assert_eq!(kills, (3 + 2) + (5 + 4) + (5 + 1) + (7 + 2) + 8);
}

#[tokio::test]
async fn a_deletion_that_is_killed_after_any_call_leaves_nothing() {
    let moto = Moto::start().await;
    let direct = clients_at(&moto.endpoint());
    let kills = killed_after_each_call(
        &moto.endpoint(),
        async |endpoint| {
            settle(&direct, &wanted()).await;
            leave(&clients_at(endpoint)).await.is_complete()
        },
        async |calls| {
            assert!(leave(&direct).await.is_complete(), "killed after {calls} calls");
            assert_eq!(
                everything(&direct).await,
                Vec::<String>::new(),
                "killed after {calls} calls"
            );
        },
    )
    .await;
    // Nodes, cluster, identity provider with roles: the last of the four steps only reads.
    assert_eq!(kills, (8 + 1) + (7 + 1) + (8 + 7) + 5);
}

#[tokio::test]
async fn a_cluster_and_a_role_of_somebody_else_are_left_alone_and_named() {
    let moto = Moto::start().await;
    let clients = clients_at(&moto.endpoint());
    let role = clients
        .iam
        .create_role()
        .role_name("food-shop-eks-nodes")
        .assume_role_policy_document(r#"{"Version":"2012-10-17","Statement":[]}"#)
        .send();
    role.await.unwrap();
    let network = aws_sdk_eks::types::VpcConfigRequest::builder().build();
    let cluster = clients
        .eks
        .create_cluster()
        .name("food-shop")
        .role_arn("arn:aws:iam::123456789012:role/theirs")
        .resources_vpc_config(network)
        .send();
    cluster.await.unwrap();
    let theirs = everything(&clients).await;

    let look = settle(&clients, &wanted()).await;
    let messages: Vec<&str> = look.state.health.iter().filter_map(Health::message).collect();
    assert!(
        messages[0].starts_with("IAM role food-shop-eks-nodes is there and not this platform's"),
        "{messages:?}"
    );
    assert!(
        messages[1].starts_with("EKS cluster food-shop is there and not this platform's"),
        "{messages:?}"
    );
    assert!(
        look.state
            .health
            .iter()
            .all(|health| matches!(health, Health::Failed(_)))
    );
    assert_eq!(look.state.cluster, None);

    assert!(leave(&clients).await.is_complete());
    assert_eq!(everything(&clients).await, theirs);
}

#[tokio::test]
async fn nodes_of_somebody_else_keep_the_cluster_and_are_named() {
    let moto = Moto::start().await;
    let clients = clients_at(&moto.endpoint());
    settle(&clients, &wanted()).await;
    let theirs = || {
        clients
            .eks
            .create_nodegroup()
            .cluster_name("food-shop")
            .nodegroup_name("theirs")
            .node_role("arn:aws:iam::123456789012:role/theirs")
            .subnets("subnet-a")
            .send()
    };
    theirs().await.unwrap();
    assert_eq!(settle(&clients, &wanted()).await.state.health, []);

    let look = leave(&clients).await;
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    assert!(
        message.starts_with("EKS node group theirs is not this platform's and keeps EKS cluster food-shop"),
        "{message}"
    );
    let left = everything(&clients).await;
    assert!(only(&left, "nodes").starts_with("nodes theirs"), "{left:#?}");
    only(&left, "cluster");
}

#[tokio::test]
async fn a_suspended_platform_tells_what_is_pending_and_changes_nothing() {
    let moto = Moto::start().await;
    let clients = clients_at(&moto.endpoint());
    let look = eks::reconcile(&clients, &owner(), &wanted(), true).await;
    assert!(!look.changed);
    assert_eq!(
        look.state.health[0],
        Health::Waiting("suspended; when resumed: create IAM role food-shop-eks-cluster".to_owned())
    );
    assert_eq!(everything(&clients).await, Vec::<String>::new());
}

#[tokio::test]
async fn each_refusal_of_eks_or_iam_says_what_to_do_and_is_not_asked_for_twice() {
    let moto = Moto::start().await;
    let direct = clients_at(&moto.endpoint());
    for refusal in REFUSALS {
        for (operation, code, doing) in [
            ("CreateCluster", refusal.eks, "create EKS cluster food-shop"),
            ("CreateRole", refusal.iam, "create IAM role food-shop-eks-cluster"),
        ] {
            let between = Between::start(&moto.endpoint(), Rule::Refuse(operation, code)).await;
            let disturbed = clients_at(&between.endpoint());
            let look = loop {
                let look = eks::reconcile(&disturbed, &owner(), &wanted(), false).await;
                if !look.changed {
                    break look;
                }
            };
            assert!(look.failed, "{look:?}");
            let [health] = look.state.health.as_slice() else {
                panic!("{look:?}");
            };
            refusal.is_told(code, doing, health);
            let asked = between.calls().iter().filter(|call| *call == operation).count();
            assert_eq!(asked, 1, "one call is enough to know");
            assert_eq!(between.calls().last().unwrap(), operation);
            assert!(leave(&direct).await.is_complete());
        }
    }
}
