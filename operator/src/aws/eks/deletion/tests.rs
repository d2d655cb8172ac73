//! Applies plans to a simulated AWS, and checks what is left and the order of the deletions.

use super::*;
use crate::aws::{
    eks::{
        actual::{ActualCluster, ActualNodeGroup, ActualRole},
        desired::{Size, Version},
    },
    partition::Partition,
};

fn policies(role: Role) -> Vec<String> {
    role.policies(Partition::of("eu-central-1"))
}

fn role(role: Role) -> ActualRole {
    ActualRole {
        arn: format!("arn:{}", role.name("shop")),
        id: "id".to_owned(),
        ours: true,
        policies: policies(role),
        trust: None,
    }
}

fn nodes(name: &str) -> ActualNodeGroup {
    ActualNodeGroup {
        name: name.to_owned(),
        ours: true,
        modified_at: "noon".to_owned(),
        state: State::Active,
        version: Version::read("1.34"),
        instance_types: vec!["t3.medium".to_owned()],
        size: Size {
            desired: 3,
            min: 1,
            max: 3,
        },
    }
}

fn cluster() -> ActualCluster {
    ActualCluster {
        ours: true,
        created_at: "noon".to_owned(),
        state: State::Active,
        version: Version::read("1.34"),
        subnets: Vec::new(),
        endpoint: None,
        certificate_authority: None,
        issuer: None,
    }
}

fn existing() -> Actual {
    Actual {
        cluster_role: Some(role(Role::Cluster)),
        nodes_role: Some(role(Role::Nodes)),
        volumes_role: Some(role(Role::Volumes)),
        cluster: Some(cluster()),
        identity_providers: vec!["arn:provider".to_owned()],
        node_groups: vec![nodes("old-workers"), nodes("workers")],
        add_ons: Vec::new(),
    }
}

fn place(actual: &mut Actual, role: Role) -> &mut Option<ActualRole> {
    match role {
        Role::Cluster => &mut actual.cluster_role,
        Role::Nodes => &mut actual.nodes_role,
        Role::Volumes => &mut actual.volumes_role,
    }
}

/// Applies a removal to the simulated AWS.
fn apply(actual: &mut Actual, removal: &Removal) {
    match removal {
        Removal::Nodes(name) => actual.node_groups.retain(|nodes| nodes.name != *name),
        Removal::Cluster => actual.cluster = None,
        Removal::IdentityProvider(arn) => actual.identity_providers.retain(|there| there != arn),
        Removal::Policy(role, policy) => {
            if let Some(role) = place(actual, *role) {
                role.policies.retain(|there| there != policy);
            }
        }
        Removal::Role(role) => *place(actual, *role) = None,
    }
}

/// Applies only the first step of each plan, as if the operator were killed after every call; returns the steps in
/// order.
fn reconcile(actual: &mut Actual) -> Vec<Removal> {
    let mut taken = Vec::new();
    while let Some(Step::Remove(removal)) = plan("shop", actual).steps.into_iter().next() {
        apply(actual, &removal);
        taken.push(removal);
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

#[test]
fn nodes_go_first_then_the_cluster_and_what_it_acted_by_last() {
    let mut actual = existing();
    let policy = |role: Role, index: usize| Removal::Policy(role, policies(role)[index].clone());
    assert_eq!(
        reconcile(&mut actual),
        [
            Removal::Nodes("old-workers".to_owned()),
            Removal::Nodes("workers".to_owned()),
            Removal::Cluster,
            Removal::IdentityProvider("arn:provider".to_owned()),
            policy(Role::Cluster, 0),
            Removal::Role(Role::Cluster),
            policy(Role::Nodes, 0),
            policy(Role::Nodes, 1),
            policy(Role::Nodes, 2),
            Removal::Role(Role::Nodes),
            policy(Role::Volumes, 0),
            Removal::Role(Role::Volumes),
        ]
    );
    assert_eq!(actual, Actual::default());
    assert_eq!(plan("shop", &actual), Plan::default());
}

#[test]
fn what_aws_is_still_at_work_on_is_waited_for() {
    let deleting = || State::Busy("DELETING".to_owned());
    let mut actual = existing();
    actual.node_groups = vec![ActualNodeGroup {
        state: deleting(),
        ..nodes("workers")
    }];
    let with_nodes = plan("shop", &actual);
    assert_eq!(with_nodes.steps, []);
    assert_eq!(
        with_nodes.waiting,
        ["AWS is busy with EKS node group workers: deleting"]
    );

    actual.node_groups.clear();
    actual.cluster = Some(ActualCluster {
        state: deleting(),
        ..cluster()
    });
    let without_nodes = plan("shop", &actual);
    assert_eq!(without_nodes.steps, []);
    assert_eq!(
        without_nodes.waiting,
        ["AWS is busy with EKS cluster shop: deleting"]
    );
}

#[test]
fn what_aws_has_given_up_on_is_deleted_all_the_same() {
    let given_up = || State::Failed("NodeCreationFailure".to_owned());
    let mut actual = existing();
    for nodes in &mut actual.node_groups {
        nodes.state = given_up();
    }
    actual.cluster = Some(ActualCluster {
        state: given_up(),
        ..cluster()
    });
    reconcile(&mut actual);
    assert_eq!(actual, Actual::default());
}

#[test]
fn nodes_of_another_owner_block_the_deletion_and_are_named() {
    let mut actual = existing();
    actual.node_groups = vec![ActualNodeGroup {
        ours: false,
        ..nodes("of-somebody")
    }];
    let plan = plan("shop", &actual);
    assert_eq!(plan.steps, []);
    assert!(
        plan.blocked[0]
            .starts_with("EKS node group of-somebody is not this platform's and keeps EKS cluster shop"),
        "{:?}",
        plan.blocked
    );
}

#[test]
fn a_cluster_and_a_role_of_another_owner_stay_and_block_nothing() {
    let mut actual = existing();
    actual.cluster = Some(ActualCluster {
        ours: false,
        ..cluster()
    });
    actual.nodes_role = Some(ActualRole {
        ours: false,
        ..role(Role::Nodes)
    });
    let left = Actual {
        cluster_role: None,
        volumes_role: None,
        identity_providers: Vec::new(),
        ..actual.clone()
    };
    reconcile(&mut actual);
    assert_eq!(actual, left);
    assert_eq!(plan("shop", &actual), Plan::default());
}
