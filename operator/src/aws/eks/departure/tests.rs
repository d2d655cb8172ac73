//! Plays AWS, which takes away what it is asked to, and looks at what is left and in which order it went.

use super::*;
use crate::aws::eks::{
    seen::{SeenCluster, SeenNodes, SeenRole},
    wanted::{Size, Version},
};

fn role(role: Role) -> SeenRole {
    SeenRole {
        arn: format!("arn:{}", role.name("shop")),
        id: "id".to_owned(),
        ours: true,
        policies: role.policies().iter().map(ToString::to_string).collect(),
    }
}

fn nodes(name: &str) -> SeenNodes {
    SeenNodes {
        name: name.to_owned(),
        ours: true,
        changed: "noon".to_owned(),
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

fn cluster() -> SeenCluster {
    SeenCluster {
        ours: true,
        made: "noon".to_owned(),
        state: State::Active,
        version: Version::read("1.34"),
        subnets: Vec::new(),
        endpoint: None,
        certificate_authority: None,
        issuer: None,
    }
}

fn there() -> Seen {
    Seen {
        cluster_role: Some(role(Role::Cluster)),
        nodes_role: Some(role(Role::Nodes)),
        cluster: Some(cluster()),
        identity_providers: vec!["arn:provider".to_owned()],
        node_groups: vec![nodes("old-workers"), nodes("workers")],
        add_ons: Vec::new(),
    }
}

fn place(seen: &mut Seen, role: Role) -> &mut Option<SeenRole> {
    match role {
        Role::Cluster => &mut seen.cluster_role,
        Role::Nodes => &mut seen.nodes_role,
    }
}

/// Does what a removal asks for.
fn take(seen: &mut Seen, removal: &Removal) {
    match removal {
        Removal::Nodes(name) => seen.node_groups.retain(|nodes| nodes.name != *name),
        Removal::Cluster => seen.cluster = None,
        Removal::IdentityProvider(arn) => seen.identity_providers.retain(|there| there != arn),
        Removal::Policy(role, policy) => {
            if let Some(role) = place(seen, *role) {
                role.policies.retain(|there| there != policy);
            }
        }
        Removal::Role(role) => *place(seen, *role) = None,
    }
}

/// Takes only the first step of each plan, as if the operator were killed after every call; the steps in order.
fn play(seen: &mut Seen) -> Vec<Removal> {
    let mut taken = Vec::new();
    while let Some(Step::Remove(removal)) = plan("shop", seen).steps.into_iter().next() {
        take(seen, &removal);
        taken.push(removal);
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

#[test]
fn nodes_go_first_then_the_cluster_and_what_it_acted_by_last() {
    let mut seen = there();
    let policy = |role: Role, index: usize| Removal::Policy(role, role.policies()[index].to_owned());
    assert_eq!(
        play(&mut seen),
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
        ]
    );
    assert_eq!(seen, Seen::default());
    assert_eq!(plan("shop", &seen), Plan::default());
}

#[test]
fn what_aws_is_still_at_work_on_is_waited_for() {
    let deleting = || State::Busy("DELETING".to_owned());
    let mut seen = there();
    seen.node_groups = vec![SeenNodes {
        state: deleting(),
        ..nodes("workers")
    }];
    let with_nodes = plan("shop", &seen);
    assert_eq!(with_nodes.steps, []);
    assert_eq!(
        with_nodes.waiting,
        ["AWS is busy with EKS node group workers: deleting"]
    );

    seen.node_groups.clear();
    seen.cluster = Some(SeenCluster {
        state: deleting(),
        ..cluster()
    });
    let without_nodes = plan("shop", &seen);
    assert_eq!(without_nodes.steps, []);
    assert_eq!(
        without_nodes.waiting,
        ["AWS is busy with EKS cluster shop: deleting"]
    );
}

#[test]
fn what_aws_has_given_up_on_is_deleted_all_the_same() {
    let given_up = || State::Failed("NodeCreationFailure".to_owned());
    let mut seen = there();
    for nodes in &mut seen.node_groups {
        nodes.state = given_up();
    }
    seen.cluster = Some(SeenCluster {
        state: given_up(),
        ..cluster()
    });
    play(&mut seen);
    assert_eq!(seen, Seen::default());
}

#[test]
fn nodes_of_somebody_else_keep_the_cluster_and_are_named() {
    let mut seen = there();
    seen.node_groups = vec![SeenNodes {
        ours: false,
        ..nodes("of-somebody")
    }];
    let plan = plan("shop", &seen);
    assert_eq!(plan.steps, []);
    assert!(
        plan.blocked[0]
            .starts_with("EKS node group of-somebody is not this platform's and keeps EKS cluster shop"),
        "{:?}",
        plan.blocked
    );
}

#[test]
fn a_cluster_and_a_role_of_somebody_else_stay_and_keep_nothing() {
    let mut seen = there();
    seen.cluster = Some(SeenCluster {
        ours: false,
        ..cluster()
    });
    seen.nodes_role = Some(SeenRole {
        ours: false,
        ..role(Role::Nodes)
    });
    let left = Seen {
        cluster_role: None,
        identity_providers: Vec::new(),
        ..seen.clone()
    };
    play(&mut seen);
    assert_eq!(seen, left);
    assert_eq!(plan("shop", &seen), Plan::default());
}
