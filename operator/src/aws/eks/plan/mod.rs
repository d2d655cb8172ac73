//! Plans the next steps towards the desired cluster with its nodes, without I/O.
//!
//! AWS needs minutes for most steps, so a plan has the steps that are possible now, and what the others wait for.

mod add_ons;

use std::collections::BTreeSet;

use crate::aws::{
    eks::{
        actual::{Actual, ActualCluster, ActualNodeGroup},
        ami::{Ami, Mixed},
        desired::{Desired, Version},
        role::Role,
        step::{Removal, Step},
    },
    state::State,
};

/// The steps that are possible now, and what prevents the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What AWS is still busy with.
    pub waiting: Vec<String>,
    /// What a person has to fix.
    pub blocked: Vec<String>,
}

/// Compares the desired with the actual state.
pub fn plan(desired: &Desired, actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    let cluster_role = plan.role(desired, Role::Cluster, actual);
    let nodes_role = plan.role(desired, Role::Nodes, actual);
    let Some(cluster) = plan.cluster(desired, actual.cluster.as_ref(), cluster_role) else {
        return plan;
    };
    if let Some(issuer) = &cluster.issuer
        && actual.identity_providers.is_empty()
    {
        plan.steps.push(Step::CreateIdentityProvider {
            issuer: issuer.clone(),
        });
    }
    let nodes_follow = plan.nodes(desired, actual, cluster.version, nodes_role)
        // The new node group exists before the former ones are deleted.
        && plan.former_nodes(desired, actual);
    plan.add_ons(desired, actual);
    // The nodes are upgraded after each upgrade of the control plane, because they may not be far behind it:
    // https://kubernetes.io/releases/version-skew-policy/
    if nodes_follow && desired.version > cluster.version {
        plan.steps.push(Step::UpgradeCluster {
            to: cluster.version.next(),
        });
    }
    plan
}

impl Plan {
    /// Plans a role; returns its ARN once it has all its policies.
    fn role(&mut self, desired: &Desired, role: Role, actual: &Actual) -> Option<String> {
        let identity_provider = actual.identity_providers.first().map(String::as_str);
        let trust = role.trust(desired.partition, identity_provider)?;
        let Some(actual) = actual.role(role) else {
            // The policies wait until the next observation shows that the role is ours: somebody else may have created
            // one with the same name first.
            self.steps.push(Step::CreateRole { role, trust });
            return None;
        };
        if !actual.ours {
            self.blocked.push(foreign("IAM role", &role.name(&desired.name)));
            return None;
        }
        let missing = role
            .policies(desired.partition)
            .into_iter()
            .filter(|policy| !actual.policies.contains(policy));
        let before = self.steps.len();
        // A cluster that was made anew has another identity provider. The other roles trust what never changes.
        if role == Role::Volumes && actual.trust.as_ref() != Some(&trust) {
            self.steps.push(Step::Trust { role, trust });
        }
        self.steps
            .extend(missing.map(|policy| Step::AttachPolicy { role, policy }));
        (self.steps.len() == before).then(|| actual.arn.clone())
    }

    /// Plans the control plane; returns its actual state once nodes can join it.
    fn cluster<'a>(
        &mut self,
        desired: &Desired,
        actual: Option<&'a ActualCluster>,
        role: Option<String>,
    ) -> Option<&'a ActualCluster> {
        let name = &desired.name;
        let Some(actual) = actual else {
            self.steps.extend(role.map(|role_arn| Step::CreateCluster {
                version: desired.version,
                subnets: desired.subnets.clone(),
                role_arn,
            }));
            return None;
        };
        if !actual.ours {
            self.blocked.push(foreign("EKS cluster", name));
            return None;
        }
        if !self.is_active("EKS cluster", name, &actual.state) {
            return None;
        }
        if desired.version < actual.version {
            self.blocked.push(format!(
                "EKS cluster {name} has version {}, and EKS never goes back: set cloud.aws.eks.version to it",
                actual.version
            ));
        }
        let set = |subnets: &[String]| subnets.iter().cloned().collect::<BTreeSet<_>>();
        if set(&desired.subnets) != set(&actual.subnets) {
            self.blocked.push(format!(
                "EKS cluster {name} is in other subnets, where it stays: set cloud.aws.eks.subnets to {}",
                actual.subnets.join(", ")
            ));
        }
        Some(actual)
    }

    /// Plans the nodes; returns whether they have the control plane's version and need no change.
    fn nodes(&mut self, desired: &Desired, actual: &Actual, version: Version, role: Option<String>) -> bool {
        let name = &desired.nodes.name;
        let Some(actual) = actual.nodes(name) else {
            match Ami::for_all(&desired.nodes.instance_types) {
                Ok(ami) => self.steps.extend(role.map(|role_arn| Step::CreateNodes {
                    group: desired.nodes.clone(),
                    ami,
                    version,
                    subnets: desired.subnets.clone(),
                    role_arn,
                })),
                Err(Mixed { x86, arm }) => self.blocked.push(format!(
                    "EKS node group {name} cannot have instances of x86 ({}) and of ARM ({}) at once: leave only one kind in cloud.aws.eks.nodeGroup.instanceTypes, that for which your images are built",
                    x86.join(", "),
                    arm.join(", ")
                )),
            }
            return false;
        };
        if !actual.ours {
            self.blocked.push(format!(
                "EKS node group {name} is there and not this platform's: give cloud.aws.eks.nodeGroup another name"
            ));
            return false;
        }
        if actual.instance_types != desired.nodes.instance_types {
            self.blocked.push(format!(
                "EKS node group {name} has instances of {}, which cannot be changed: give cloud.aws.eks.nodeGroup another name",
                actual.instance_types.join(", ")
            ));
        }
        if !self.is_active("EKS node group", name, &actual.state) {
            return false;
        }
        // One change at a time: AWS rejects a second one while the first is in progress.
        let group = name.clone();
        let size = desired.nodes.scaling.size_for(actual.size);
        if actual.version < version {
            self.steps.push(Step::UpgradeNodes { group, to: version });
        } else if actual.size != size {
            self.steps.push(Step::ResizeNodes { group, to: size });
        } else {
            return true;
        }
        false
    }

    /// Plans the deletion of the platform's node groups with other names; returns whether none is left.
    fn former_nodes(&mut self, desired: &Desired, actual: &Actual) -> bool {
        let former: Vec<&ActualNodeGroup> = actual
            .node_groups
            .iter()
            .filter(|nodes| nodes.ours && nodes.name != desired.nodes.name)
            .collect();
        for nodes in &former {
            self.delete_nodes(nodes);
        }
        former.is_empty()
    }

    /// Plans the deletion of a node group.
    pub(super) fn delete_nodes(&mut self, nodes: &ActualNodeGroup) {
        match &nodes.state {
            State::Busy(word) => self.wait_for("EKS node group", &nodes.name, word),
            State::Active | State::Failed(_) => {
                self.steps.push(Step::Remove(Removal::Nodes(nodes.name.clone())));
            }
        }
    }

    /// Whether a resource is active; if not, records why.
    fn is_active(&mut self, kind: &str, name: &str, state: &State) -> bool {
        match state {
            State::Active => return true,
            State::Busy(word) => self.wait_for(kind, name, word),
            State::Failed(why) => self.blocked.push(format!("{kind} {name}: {why}")),
        }
        false
    }

    /// Records what AWS is busy with.
    pub(super) fn wait_for(&mut self, kind: &str, name: &str, word: &str) {
        self.waiting
            .push(format!("AWS is busy with {kind} {name}: {}", word.to_lowercase()));
    }
}

fn foreign(kind: &str, name: &str) -> String {
    format!("{kind} {name} is there and not this platform's: choose another cloud.aws.eks.name, or delete it")
}

#[cfg(test)]
mod tests;
