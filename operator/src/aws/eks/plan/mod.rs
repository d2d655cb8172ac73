//! Plans the next steps towards the desired cluster with its nodes: pure.
//!
//! AWS takes minutes for most steps, so a plan has the steps that are possible now, and what the others wait for.

use std::collections::BTreeSet;

use crate::aws::{
    eks::{
        actual::{Actual, ActualCluster, ActualNodeGroup, ActualRole},
        desired::{Desired, Version},
        role::Role,
        step::{Removal, Step},
    },
    state::State,
};

/// What can be done now, and what cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What AWS is still busy with.
    pub waiting: Vec<String>,
    /// What needs a person.
    pub blocked: Vec<String>,
}

/// Compares the desired with the actual state.
pub fn plan(desired: &Desired, actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    let cluster_role = plan.role(desired, Role::Cluster, actual.cluster_role.as_ref());
    let nodes_role = plan.role(desired, Role::Nodes, actual.nodes_role.as_ref());
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
        // The nodes that take over are there before the others go.
        && plan.former_nodes(desired, actual);
    plan.add_ons(desired, actual);
    // Nodes come after each step of the control plane, which they may not be far behind:
    // https://kubernetes.io/releases/version-skew-policy/
    if nodes_follow && desired.version > cluster.version {
        plan.steps.push(Step::UpgradeCluster {
            to: cluster.version.next(),
        });
    }
    plan
}

impl Plan {
    /// Plans a role; its ARN once it has all its policies.
    fn role(&mut self, desired: &Desired, role: Role, actual: Option<&ActualRole>) -> Option<String> {
        let Some(actual) = actual else {
            // Its policies wait until the role is observed to be ours: another one of its name may have been created first.
            self.steps.push(Step::CreateRole(role));
            return None;
        };
        if !actual.ours {
            self.blocked.push(foreign("IAM role", &role.name(&desired.name)));
            return None;
        }
        let missing = role
            .policies()
            .iter()
            .copied()
            .filter(|policy| !actual.policies.iter().any(|there| there == policy));
        let before = self.steps.len();
        self.steps
            .extend(missing.map(|policy| Step::AttachPolicy { role, policy }));
        (self.steps.len() == before).then(|| actual.arn.clone())
    }

    /// Plans the control plane; what it is once it can take nodes.
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

    /// Plans the nodes; whether they are of the control plane's version, and at rest.
    fn nodes(&mut self, desired: &Desired, actual: &Actual, version: Version, role: Option<String>) -> bool {
        let name = &desired.nodes.name;
        let Some(actual) = actual.nodes(name) else {
            self.steps.extend(role.map(|role_arn| Step::CreateNodes {
                group: desired.nodes.clone(),
                version,
                subnets: desired.subnets.clone(),
                role_arn,
            }));
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
        // One change at a time: AWS refuses a second one while it is busy with the first.
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

    /// Plans the groups of nodes that the platform had under other names; whether they are gone.
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

    /// Plans the deletion of a group of nodes.
    pub(super) fn delete_nodes(&mut self, nodes: &ActualNodeGroup) {
        match &nodes.state {
            State::Busy(word) => self.wait_for("EKS node group", &nodes.name, word),
            State::Active | State::Failed(_) => {
                self.steps.push(Step::Remove(Removal::Nodes(nodes.name.clone())));
            }
        }
    }

    fn add_ons(&mut self, desired: &Desired, actual: &Actual) {
        for name in &desired.add_ons {
            match actual.add_ons.iter().find(|add_on| add_on.name == *name) {
                None => self.steps.push(Step::CreateAddOn(name.clone())),
                Some(add_on) => {
                    self.is_active("EKS add-on", name, &add_on.state);
                }
            }
        }
    }

    /// Whether something can be worked with; if not, says why.
    fn is_active(&mut self, kind: &str, name: &str, state: &State) -> bool {
        match state {
            State::Active => return true,
            State::Busy(word) => self.wait_for(kind, name, word),
            State::Failed(why) => self.blocked.push(format!("{kind} {name}: {why}")),
        }
        false
    }

    /// Says what AWS is busy with.
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
