//! Plays AWS, which does what it is asked one thing after the other, and looks at where it ends.

use super::*;
use crate::aws::eks::{
    seen::SeenAddOn,
    step::Removal,
    wanted::{NodeGroup, Scaling, Size},
};

fn version(text: &str) -> Version {
    Version::read(text)
}

fn wanted() -> Wanted {
    Wanted {
        name: "shop".to_owned(),
        version: version("1.34"),
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        nodes: NodeGroup {
            name: "standard-workers".to_owned(),
            instance_types: vec!["t3.medium".to_owned()],
            scaling: Scaling {
                desired: None,
                min: 1,
                max: 5,
            },
        },
        add_ons: ["vpc-cni", "coredns", "kube-proxy"].map(str::to_owned).to_vec(),
    }
}

/// A cluster whose group of nodes is scaled so.
fn scaled(desired: Option<i32>, min: i32, max: i32) -> Wanted {
    Wanted {
        nodes: NodeGroup {
            scaling: Scaling { desired, min, max },
            ..wanted().nodes
        },
        ..wanted()
    }
}

fn size(desired: i32, min: i32, max: i32) -> Size {
    Size { desired, min, max }
}

/// Does what a step asks for.
fn take(seen: &mut Seen, step: &Step) {
    match step {
        Step::CreateRole(role) => {
            let made = Some(SeenRole {
                arn: format!("arn:{}", role.name("shop")),
                id: format!("id of {}", role.name("shop")),
                ours: true,
                policies: Vec::new(),
            });
            match role {
                Role::Cluster => seen.cluster_role = made,
                Role::Nodes => seen.nodes_role = made,
            }
        }
        Step::AttachPolicy { role, policy } => {
            let there = match role {
                Role::Cluster => &mut seen.cluster_role,
                Role::Nodes => &mut seen.nodes_role,
            };
            there.as_mut().unwrap().policies.push((*policy).to_owned());
        }
        Step::CreateCluster { version, subnets, .. } => {
            seen.cluster = Some(SeenCluster {
                ours: true,
                made: "noon".to_owned(),
                state: State::Active,
                version: *version,
                subnets: subnets.clone(),
                endpoint: Some("https://shop".to_owned()),
                certificate_authority: None,
                issuer: Some("https://issuer/shop".to_owned()),
            });
        }
        Step::UpgradeCluster { to } => seen.cluster.as_mut().unwrap().version = *to,
        Step::CreateIdentityProvider { issuer } => seen.identity_providers.push(issuer.clone()),
        Step::CreateNodes { group, version, .. } => seen.node_groups.push(SeenNodes {
            name: group.name.clone(),
            ours: true,
            changed: "noon".to_owned(),
            state: State::Active,
            version: *version,
            instance_types: group.instance_types.clone(),
            size: group.scaling.at_first(),
        }),
        Step::ResizeNodes { group, to } => nodes(seen, group).size = *to,
        Step::UpgradeNodes { group, to } => nodes(seen, group).version = *to,
        Step::CreateAddOn(name) => seen.add_ons.push(SeenAddOn {
            name: name.clone(),
            state: State::Active,
        }),
        Step::Remove(Removal::Nodes(group)) => seen.node_groups.retain(|nodes| nodes.name != *group),
        Step::Remove(other) => panic!("nothing else goes while the platform stays: {other:?}"),
    }
}

fn nodes<'a>(seen: &'a mut Seen, group: &str) -> &'a mut SeenNodes {
    seen.node_groups
        .iter_mut()
        .find(|nodes| nodes.name == group)
        .unwrap()
}

/// The platform's group of nodes.
fn workers(seen: &mut Seen) -> &mut SeenNodes {
    nodes(seen, "standard-workers")
}

/// Takes only the first step of each plan, as if the operator were killed after every call; the steps in order.
fn play(wanted: &Wanted, seen: &mut Seen) -> Vec<Step> {
    let mut taken = Vec::new();
    while let Some(step) = plan(wanted, seen).steps.into_iter().next() {
        take(seen, &step);
        taken.push(step);
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

fn there() -> Seen {
    let mut seen = Seen::default();
    play(&wanted(), &mut seen);
    seen
}

#[test]
fn from_nothing_everything_comes_in_the_order_in_which_it_is_needed() {
    let taken = play(&wanted(), &mut Seen::default());
    let place = |wanted: &dyn Fn(&Step) -> bool| taken.iter().position(wanted).unwrap();
    let cluster = place(&|step| matches!(step, Step::CreateCluster { .. }));
    let nodes = place(&|step| matches!(step, Step::CreateNodes { .. }));
    let add_on = place(&|step| matches!(step, Step::CreateAddOn(_)));
    let last_policy = taken
        .iter()
        .rposition(|step| matches!(step, Step::AttachPolicy { .. }))
        .unwrap();
    assert!(
        last_policy < cluster && cluster < nodes && nodes < add_on,
        "{taken:?}"
    );
    assert_eq!(taken.len(), 2 + 4 + 1 + 1 + 1 + 3);
}

#[test]
fn whether_it_is_interrupted_or_not_it_ends_the_same() {
    let mut at_once = Seen::default();
    for _ in 0..10 {
        for step in plan(&wanted(), &at_once).steps {
            take(&mut at_once, &step);
        }
    }
    assert_eq!(at_once, there());
    assert_eq!(plan(&wanted(), &at_once), Plan::default());
}

#[test]
fn nothing_is_asked_of_what_aws_is_busy_with() {
    let mut seen = there();
    seen.cluster.as_mut().unwrap().state = State::Busy("UPDATING".to_owned());
    let plan = plan(
        &Wanted {
            version: version("1.36"),
            ..wanted()
        },
        &seen,
    );
    assert_eq!(plan.steps, []);
    assert_eq!(plan.waiting, ["AWS is busy with EKS cluster shop: updating"]);
}

#[test]
fn an_upgrade_goes_version_by_version_the_control_plane_before_its_nodes() {
    let mut seen = there();
    let newer = Wanted {
        version: version("1.36"),
        ..wanted()
    };
    assert_eq!(
        play(&newer, &mut seen),
        [
            Step::UpgradeCluster { to: version("1.35") },
            Step::UpgradeNodes {
                group: "standard-workers".to_owned(),
                to: version("1.35")
            },
            Step::UpgradeCluster { to: version("1.36") },
            Step::UpgradeNodes {
                group: "standard-workers".to_owned(),
                to: version("1.36")
            },
        ]
    );
}

#[test]
fn a_step_back_in_version_is_refused_and_the_rest_goes_on() {
    let mut seen = there();
    let older = Wanted {
        version: version("1.33"),
        ..scaled(Some(2), 1, 5)
    };
    assert!(plan(&older, &seen).blocked[0].contains("EKS never goes back"));
    assert_eq!(
        play(&older, &mut seen),
        [Step::ResizeNodes {
            group: "standard-workers".to_owned(),
            to: size(2, 1, 5)
        }]
    );
}

#[test]
fn what_somebody_else_has_made_is_left_alone_and_named() {
    let mut seen = there();
    seen.cluster.as_mut().unwrap().ours = false;
    seen.nodes_role.as_mut().unwrap().ours = false;
    let plan = plan(&wanted(), &seen);
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocked.len(), 2);
    assert!(plan.blocked[0].starts_with("IAM role shop-eks-nodes is there and not this platform's"));
    assert!(plan.blocked[1].starts_with("EKS cluster shop is there and not this platform's"));
}

#[test]
fn a_policy_that_somebody_took_away_comes_back() {
    let mut seen = there();
    let lost = seen.nodes_role.as_mut().unwrap().policies.pop().unwrap();
    let steps = plan(&wanted(), &seen).steps;
    assert!(
        matches!(&steps[..], [Step::AttachPolicy { role: Role::Nodes, policy }] if *policy == lost),
        "{steps:?}"
    );
}

#[test]
fn what_aws_has_given_up_on_is_said_with_its_reason() {
    let mut seen = there();
    let why = "NodeCreationFailure: instances failed to join".to_owned();
    workers(&mut seen).state = State::Failed(why);
    let plan = plan(&wanted(), &seen);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.blocked,
        ["EKS node group standard-workers: NodeCreationFailure: instances failed to join"]
    );
}

#[test]
fn a_group_of_another_name_takes_over_before_the_old_one_goes() {
    let mut seen = there();
    let renamed = Wanted {
        nodes: NodeGroup {
            name: "large-workers".to_owned(),
            instance_types: vec!["m7i.large".to_owned()],
            ..wanted().nodes
        },
        ..wanted()
    };
    let foreign = SeenNodes {
        name: "of-somebody".to_owned(),
        ours: false,
        ..workers(&mut seen).clone()
    };
    seen.node_groups.push(foreign);
    let mut making = seen.clone();
    let taken = play(&renamed, &mut seen);
    assert!(
        matches!(
            &taken[..],
            [Step::CreateNodes { group, .. }, Step::Remove(Removal::Nodes(old))]
                if group.name == "large-workers" && old == "standard-workers"
        ),
        "{taken:?}"
    );
    assert!(seen.nodes("of-somebody").is_some());

    take(&mut making, &taken[0]);
    nodes(&mut making, "large-workers").state = State::Busy("CREATING".to_owned());
    let plan = plan(&renamed, &making);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.waiting,
        ["AWS is busy with EKS node group large-workers: creating"]
    );
}

#[test]
fn policies_wait_until_the_role_is_seen_to_be_ours() {
    let steps = plan(&wanted(), &Seen::default()).steps;
    assert_eq!(
        steps,
        [Step::CreateRole(Role::Cluster), Step::CreateRole(Role::Nodes)]
    );
}

#[test]
fn other_subnets_of_a_cluster_that_is_there_are_refused_in_words_and_another_order_is_not() {
    let mut seen = there();
    seen.cluster.as_mut().unwrap().subnets.reverse();
    assert_eq!(plan(&wanted(), &seen), Plan::default());
    let moved = Wanted {
        subnets: vec!["subnet-a".to_owned(), "subnet-c".to_owned()],
        ..wanted()
    };
    let blocked = plan(&moved, &seen).blocked;
    assert_eq!(
        blocked,
        [
            "EKS cluster shop is in other subnets, where it stays: set cloud.aws.eks.subnets to subnet-b, subnet-a"
        ]
    );
}

#[test]
fn nodes_that_cannot_follow_keep_the_control_plane_from_going_further() {
    let mut seen = there();
    let newer = Wanted {
        version: version("1.36"),
        ..wanted()
    };
    take(&mut seen, &Step::UpgradeCluster { to: version("1.35") });
    workers(&mut seen).state = State::Failed("PodEvictionFailure: a budget forbids it".to_owned());
    let plan = plan(&newer, &seen);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.blocked,
        ["EKS node group standard-workers: PodEvictionFailure: a budget forbids it"]
    );
}

#[test]
fn the_same_resize_at_another_time_is_another_one() {
    let mut seen = there();
    let step = Step::ResizeNodes {
        group: "standard-workers".to_owned(),
        to: size(2, 1, 5),
    };
    let before = step.occasion(&seen).to_owned();
    workers(&mut seen).changed = "one o'clock".to_owned();
    assert_ne!(step.occasion(&seen), before);
}

#[test]
fn a_new_group_has_as_many_nodes_as_are_asked_for_and_otherwise_three_or_what_the_limits_allow() {
    for (desired, min, max, made) in [
        (None, 1, 5, 3),
        (None, 4, 8, 4),
        (None, 0, 2, 2),
        (Some(0), 0, 2, 0),
        (Some(5), 1, 5, 5),
    ] {
        let mut seen = Seen::default();
        play(&scaled(desired, min, max), &mut seen);
        assert_eq!(workers(&mut seen).size, size(made, min, max));
    }
}

#[test]
fn what_an_autoscaler_has_made_of_a_group_stays_within_its_limits_unless_a_number_is_asked_for() {
    for (before, desired, min, max, after) in [
        (4, None, 1, 5, 4),
        (1, None, 1, 5, 1),
        (4, Some(3), 1, 5, 3),
        (4, None, 1, 3, 3),
        (1, None, 2, 5, 2),
        (4, None, 2, 8, 4),
    ] {
        let mut seen = there();
        workers(&mut seen).size = size(before, 1, 5);
        let taken = play(&scaled(desired, min, max), &mut seen);
        assert_eq!(workers(&mut seen).size, size(after, min, max));
        let stays = size(before, 1, 5) == size(after, min, max);
        assert_eq!(taken.is_empty(), stays, "{taken:?}");
    }
}
