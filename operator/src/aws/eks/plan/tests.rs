//! Applies plans to a simulated AWS, step by step, and checks the final state.

mod volumes;

use super::*;
use crate::aws::{
    eks::{
        actual::{ActualAddOn, ActualRole},
        desired::{NodeGroup, Scaling, Size},
    },
    partition::Partition,
};

fn version(text: &str) -> Version {
    Version::read(text)
}

fn desired_cluster() -> Desired {
    Desired {
        name: "shop".to_owned(),
        partition: Partition::of("eu-central-1"),
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

/// A cluster whose node group has this scaling.
fn scaled(desired: Option<i32>, min: i32, max: i32) -> Desired {
    Desired {
        nodes: NodeGroup {
            scaling: Scaling { desired, min, max },
            ..desired_cluster().nodes
        },
        ..desired_cluster()
    }
}

/// A cluster whose node group has these instance types.
fn of_kinds(instance_types: &[&str]) -> Desired {
    Desired {
        nodes: NodeGroup {
            instance_types: instance_types.iter().map(ToString::to_string).collect(),
            ..desired_cluster().nodes
        },
        ..desired_cluster()
    }
}

fn size(desired: i32, min: i32, max: i32) -> Size {
    Size { desired, min, max }
}

/// Where the simulated AWS has a role.
fn place(actual: &mut Actual, role: Role) -> &mut Option<ActualRole> {
    match role {
        Role::Cluster => &mut actual.cluster_role,
        Role::Nodes => &mut actual.nodes_role,
        Role::Volumes => &mut actual.volumes_role,
    }
}

/// Applies a step to the simulated AWS.
fn apply(actual: &mut Actual, step: &Step) {
    match step {
        Step::CreateRole { role, trust } => {
            *place(actual, *role) = Some(ActualRole {
                arn: format!("arn:aws:iam::123456789012:role/{}", role.name("shop")),
                id: format!("id of {}", role.name("shop")),
                ours: true,
                policies: Vec::new(),
                trust: Some(trust.clone()),
            });
        }
        Step::Trust { role, trust } => {
            place(actual, *role).as_mut().unwrap().trust = Some(trust.clone());
        }
        Step::AttachPolicy { role, policy } => {
            place(actual, *role)
                .as_mut()
                .unwrap()
                .policies
                .push(policy.clone());
        }
        Step::CreateCluster { version, subnets, .. } => {
            actual.cluster = Some(ActualCluster {
                ours: true,
                created_at: "noon".to_owned(),
                state: State::Active,
                version: *version,
                subnets: subnets.clone(),
                endpoint: Some("https://shop".to_owned()),
                certificate_authority: None,
                issuer: Some("https://issuer/shop".to_owned()),
            });
        }
        Step::GiveRole { add_on, role_arn } => {
            let mut add_ons = actual.add_ons.iter_mut();
            let add_on = add_ons.find(|there| there.name == *add_on).unwrap();
            add_on.role_arn = Some(role_arn.clone());
            add_on.degraded = false;
            add_on.state = State::Active;
        }
        Step::UpgradeCluster { to } => actual.cluster.as_mut().unwrap().version = *to,
        Step::CreateIdentityProvider { issuer } => actual.identity_providers.push(issuer.clone()),
        Step::CreateNodes { group, version, .. } => actual.node_groups.push(ActualNodeGroup {
            name: group.name.clone(),
            ours: true,
            modified_at: "noon".to_owned(),
            state: State::Active,
            version: *version,
            instance_types: group.instance_types.clone(),
            size: group.scaling.initial_size(),
        }),
        Step::ResizeNodes { group, to } => nodes(actual, group).size = *to,
        Step::UpgradeNodes { group, to } => nodes(actual, group).version = *to,
        Step::CreateAddOn(add_on) => actual.add_ons.push(ActualAddOn {
            name: add_on.name.clone(),
            state: State::Active,
            degraded: false,
            role_arn: add_on.role_arn.clone(),
            modified_at: "noon".to_owned(),
        }),
        Step::Remove(Removal::Nodes(group)) => actual.node_groups.retain(|nodes| nodes.name != *group),
        Step::Remove(other) => panic!("nothing else goes while the platform stays: {other:?}"),
    }
}

fn nodes<'a>(actual: &'a mut Actual, group: &str) -> &'a mut ActualNodeGroup {
    actual
        .node_groups
        .iter_mut()
        .find(|nodes| nodes.name == group)
        .unwrap()
}

/// The platform's node group.
fn workers(actual: &mut Actual) -> &mut ActualNodeGroup {
    nodes(actual, "standard-workers")
}

/// Applies only the first step of each plan, as if the operator were killed after every call; returns the steps in
/// order.
fn reconcile(desired: &Desired, actual: &mut Actual) -> Vec<Step> {
    let mut taken = Vec::new();
    while let Some(step) = plan(desired, actual).steps.into_iter().next() {
        apply(actual, &step);
        taken.push(step);
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

fn existing() -> Actual {
    let mut actual = Actual::default();
    reconcile(&desired_cluster(), &mut actual);
    actual
}

#[test]
fn from_nothing_everything_comes_in_the_order_in_which_it_is_needed() {
    let taken = reconcile(&desired_cluster(), &mut Actual::default());
    let place = |desired: &dyn Fn(&Step) -> bool| taken.iter().position(desired).unwrap();
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
    let mut at_once = Actual::default();
    for _ in 0..10 {
        for step in plan(&desired_cluster(), &at_once).steps {
            apply(&mut at_once, &step);
        }
    }
    assert_eq!(at_once, existing());
    assert_eq!(plan(&desired_cluster(), &at_once), Plan::default());
}

#[test]
fn resources_that_aws_is_busy_with_get_no_calls() {
    let mut actual = existing();
    actual.cluster.as_mut().unwrap().state = State::Busy("UPDATING".to_owned());
    let plan = plan(
        &Desired {
            version: version("1.36"),
            ..desired_cluster()
        },
        &actual,
    );
    assert_eq!(plan.steps, []);
    assert_eq!(plan.waiting, ["AWS is busy with EKS cluster shop: updating"]);
}

#[test]
fn an_upgrade_goes_one_version_at_a_time_control_plane_first() {
    let mut actual = existing();
    let newer = Desired {
        version: version("1.36"),
        ..desired_cluster()
    };
    assert_eq!(
        reconcile(&newer, &mut actual),
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
    let mut actual = existing();
    let older = Desired {
        version: version("1.33"),
        ..scaled(Some(2), 1, 5)
    };
    assert!(plan(&older, &actual).blocked[0].contains("EKS never goes back"));
    assert_eq!(
        reconcile(&older, &mut actual),
        [Step::ResizeNodes {
            group: "standard-workers".to_owned(),
            to: size(2, 1, 5)
        }]
    );
}

#[test]
fn resources_of_another_owner_are_left_alone_and_named() {
    let mut actual = existing();
    actual.cluster.as_mut().unwrap().ours = false;
    actual.nodes_role.as_mut().unwrap().ours = false;
    let plan = plan(&desired_cluster(), &actual);
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocked.len(), 2);
    assert!(plan.blocked[0].starts_with("IAM role shop-eks-nodes is there and not this platform's"));
    assert!(plan.blocked[1].starts_with("EKS cluster shop is there and not this platform's"));
}

#[test]
fn a_detached_policy_is_attached_again() {
    let mut actual = existing();
    let lost = actual.nodes_role.as_mut().unwrap().policies.pop().unwrap();
    let steps = plan(&desired_cluster(), &actual).steps;
    assert!(
        matches!(&steps[..], [Step::AttachPolicy { role: Role::Nodes, policy }] if *policy == lost),
        "{steps:?}"
    );
}

#[test]
fn what_aws_has_given_up_on_is_said_with_its_reason() {
    let mut actual = existing();
    let why = "NodeCreationFailure: instances failed to join".to_owned();
    workers(&mut actual).state = State::Failed(why);
    let plan = plan(&desired_cluster(), &actual);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.blocked,
        ["EKS node group standard-workers: NodeCreationFailure: instances failed to join"]
    );
}

#[test]
fn a_group_of_another_name_takes_over_before_the_old_one_goes() {
    let mut actual = existing();
    let renamed = Desired {
        nodes: NodeGroup {
            name: "large-workers".to_owned(),
            instance_types: vec!["m7i.large".to_owned()],
            ..desired_cluster().nodes
        },
        ..desired_cluster()
    };
    let foreign = ActualNodeGroup {
        name: "of-somebody".to_owned(),
        ours: false,
        ..workers(&mut actual).clone()
    };
    actual.node_groups.push(foreign);
    let mut making = actual.clone();
    let taken = reconcile(&renamed, &mut actual);
    assert!(
        matches!(
            &taken[..],
            [Step::CreateNodes { group, .. }, Step::Remove(Removal::Nodes(old))]
                if group.name == "large-workers" && old == "standard-workers"
        ),
        "{taken:?}"
    );
    assert!(actual.nodes("of-somebody").is_some());

    apply(&mut making, &taken[0]);
    nodes(&mut making, "large-workers").state = State::Busy("CREATING".to_owned());
    let plan = plan(&renamed, &making);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.waiting,
        ["AWS is busy with EKS node group large-workers: creating"]
    );
}

#[test]
fn nodes_start_from_the_image_of_their_architecture() {
    for (kinds, ami) in [
        (["m7i.large", "t3.large"], Ami::X86),
        (["m7g.large", "t4g.large"], Ami::Arm),
    ] {
        let desired = of_kinds(&kinds);
        let steps = reconcile(&desired, &mut Actual::default());
        let made = steps.iter().find_map(|step| match step {
            Step::CreateNodes { ami, .. } => Some(*ami),
            _ => None,
        });
        assert_eq!(made, Some(ami), "{kinds:?}");
    }
}

#[test]
fn nodes_of_two_architectures_are_refused_and_all_else_goes_on() {
    let desired = of_kinds(&["t3.medium", "t4g.medium"]);
    let mut actual = Actual::default();
    reconcile(&desired, &mut actual);
    assert_eq!(actual.node_groups, []);
    assert_eq!(actual.add_ons.len(), 3);
    assert_eq!(
        plan(&desired, &actual).blocked,
        [
            "EKS node group standard-workers cannot have instances of x86 (t3.medium) and of ARM (t4g.medium) at once: leave only one kind in cloud.aws.eks.nodeGroup.instanceTypes, that for which your images are built"
        ]
    );
}

#[test]
fn a_group_that_is_there_keeps_its_nodes_whatever_their_architecture() {
    let mut actual = existing();
    let taken = reconcile(&of_kinds(&["t4g.medium", "t3.medium"]), &mut actual);
    assert_eq!(taken, []);
    assert_eq!(workers(&mut actual).instance_types, ["t3.medium"]);
}

#[test]
fn roles_have_the_policies_of_the_partition() {
    let desired = Desired {
        partition: Partition::of("us-gov-west-1"),
        ..desired_cluster()
    };
    let mut actual = Actual::default();
    reconcile(&desired, &mut actual);
    assert_eq!(
        actual.cluster_role.as_ref().unwrap().policies,
        ["arn:aws-us-gov:iam::aws:policy/AmazonEKSClusterPolicy"]
    );
    assert_eq!(plan(&desired, &actual), Plan::default());
}

#[test]
fn policies_wait_until_the_role_is_seen_to_be_ours() {
    let steps = plan(&desired_cluster(), &Actual::default()).steps;
    assert!(
        matches!(
            &steps[..],
            [
                Step::CreateRole {
                    role: Role::Cluster,
                    ..
                },
                Step::CreateRole {
                    role: Role::Nodes,
                    ..
                }
            ]
        ),
        "{steps:?}"
    );
}

#[test]
fn other_subnets_are_rejected_and_another_order_is_not() {
    let mut actual = existing();
    actual.cluster.as_mut().unwrap().subnets.reverse();
    assert_eq!(plan(&desired_cluster(), &actual), Plan::default());
    let moved = Desired {
        subnets: vec!["subnet-a".to_owned(), "subnet-c".to_owned()],
        ..desired_cluster()
    };
    let blocked = plan(&moved, &actual).blocked;
    assert_eq!(
        blocked,
        [
            "EKS cluster shop is in other subnets, where it stays: set cloud.aws.eks.subnets to subnet-b, subnet-a"
        ]
    );
}

#[test]
fn the_control_plane_waits_for_nodes_that_cannot_be_upgraded() {
    let mut actual = existing();
    let newer = Desired {
        version: version("1.36"),
        ..desired_cluster()
    };
    apply(&mut actual, &Step::UpgradeCluster { to: version("1.35") });
    workers(&mut actual).state = State::Failed("PodEvictionFailure: a budget forbids it".to_owned());
    let plan = plan(&newer, &actual);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.blocked,
        ["EKS node group standard-workers: PodEvictionFailure: a budget forbids it"]
    );
}

#[test]
fn the_same_resize_at_another_time_is_another_one() {
    let mut actual = existing();
    let step = Step::ResizeNodes {
        group: "standard-workers".to_owned(),
        to: size(2, 1, 5),
    };
    let before = step.revision(&actual).to_owned();
    workers(&mut actual).modified_at = "one o'clock".to_owned();
    assert_ne!(step.revision(&actual), before);
}

#[test]
fn a_new_group_has_the_desired_size_or_three_nodes_within_limits() {
    for (desired, min, max, made) in [
        (None, 1, 5, 3),
        (None, 4, 8, 4),
        (None, 0, 2, 2),
        (Some(0), 0, 2, 0),
        (Some(5), 1, 5, 5),
    ] {
        let mut actual = Actual::default();
        reconcile(&scaled(desired, min, max), &mut actual);
        assert_eq!(workers(&mut actual).size, size(made, min, max));
    }
}

#[test]
fn an_autoscalers_size_stays_within_the_limits_unless_one_is_desired() {
    for (before, desired, min, max, after) in [
        (4, None, 1, 5, 4),
        (1, None, 1, 5, 1),
        (4, Some(3), 1, 5, 3),
        (4, None, 1, 3, 3),
        (1, None, 2, 5, 2),
        (4, None, 2, 8, 4),
    ] {
        let mut actual = existing();
        workers(&mut actual).size = size(before, 1, 5);
        let taken = reconcile(&scaled(desired, min, max), &mut actual);
        assert_eq!(workers(&mut actual).size, size(after, min, max));
        let stays = size(before, 1, 5) == size(after, min, max);
        assert_eq!(taken.is_empty(), stays, "{taken:?}");
    }
}
