//! Decides what has to be done next to have the cluster, its nodes and what they need: pure.
//!
//! AWS takes minutes for most of it, so a plan has the steps that can be taken now, and what the others wait for.

use std::collections::BTreeSet;

use crate::aws::eks::{
    role::Role,
    seen::{Seen, SeenCluster, SeenNodes, SeenRole, State},
    step::{Removal, Step},
    wanted::{Version, Wanted},
};

/// What can be done now, and what cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What AWS is still busy with.
    pub waiting: Vec<String>,
    /// What somebody has to step in for.
    pub blocked: Vec<String>,
}

/// Compares what is wanted with what is there.
pub fn plan(wanted: &Wanted, seen: &Seen) -> Plan {
    let mut plan = Plan::default();
    let cluster_role = plan.role(wanted, Role::Cluster, seen.cluster_role.as_ref());
    let nodes_role = plan.role(wanted, Role::Nodes, seen.nodes_role.as_ref());
    let Some(cluster) = plan.cluster(wanted, seen.cluster.as_ref(), cluster_role) else {
        return plan;
    };
    if let Some(issuer) = &cluster.issuer
        && seen.identity_providers.is_empty()
    {
        plan.steps.push(Step::CreateIdentityProvider {
            issuer: issuer.clone(),
        });
    }
    let nodes_follow = plan.nodes(wanted, seen, cluster.version, nodes_role)
        // The nodes that take over are there before the others go.
        && plan.former_nodes(wanted, seen);
    plan.add_ons(wanted, seen);
    // Nodes come after each step of the control plane, which they may not be far behind:
    // https://kubernetes.io/releases/version-skew-policy/
    if nodes_follow && wanted.version > cluster.version {
        plan.steps.push(Step::UpgradeCluster {
            to: cluster.version.next(),
        });
    }
    plan
}

impl Plan {
    /// Plans a role; its ARN once it has all its policies.
    fn role(&mut self, wanted: &Wanted, role: Role, seen: Option<&SeenRole>) -> Option<String> {
        let Some(seen) = seen else {
            // Its policies wait until it is seen to be ours: somebody may be quicker to make one of its name.
            self.steps.push(Step::CreateRole(role));
            return None;
        };
        if !seen.ours {
            self.blocked.push(foreign("IAM role", &role.name(&wanted.name)));
            return None;
        }
        let missing = role
            .policies()
            .iter()
            .copied()
            .filter(|policy| !seen.policies.iter().any(|there| there == policy));
        let before = self.steps.len();
        self.steps
            .extend(missing.map(|policy| Step::AttachPolicy { role, policy }));
        (self.steps.len() == before).then(|| seen.arn.clone())
    }

    /// Plans the control plane; what it is once it can take nodes.
    fn cluster<'a>(
        &mut self,
        wanted: &Wanted,
        seen: Option<&'a SeenCluster>,
        role: Option<String>,
    ) -> Option<&'a SeenCluster> {
        let name = &wanted.name;
        let Some(seen) = seen else {
            self.steps.extend(role.map(|role_arn| Step::CreateCluster {
                version: wanted.version,
                subnets: wanted.subnets.clone(),
                role_arn,
            }));
            return None;
        };
        if !seen.ours {
            self.blocked.push(foreign("EKS cluster", name));
            return None;
        }
        if !self.is_active("EKS cluster", name, &seen.state) {
            return None;
        }
        if wanted.version < seen.version {
            self.blocked.push(format!(
                "EKS cluster {name} has version {}, and EKS never goes back: set cloud.aws.eks.version to it",
                seen.version
            ));
        }
        let set = |subnets: &[String]| subnets.iter().cloned().collect::<BTreeSet<_>>();
        if set(&wanted.subnets) != set(&seen.subnets) {
            self.blocked.push(format!(
                "EKS cluster {name} is in other subnets, where it stays: set cloud.aws.eks.subnets to {}",
                seen.subnets.join(", ")
            ));
        }
        Some(seen)
    }

    /// Plans the nodes; whether they are of the control plane's version, and at rest.
    fn nodes(&mut self, wanted: &Wanted, seen: &Seen, version: Version, role: Option<String>) -> bool {
        let name = &wanted.nodes.name;
        let Some(seen) = seen.nodes(name) else {
            self.steps.extend(role.map(|role_arn| Step::CreateNodes {
                group: wanted.nodes.clone(),
                version,
                subnets: wanted.subnets.clone(),
                role_arn,
            }));
            return false;
        };
        if !seen.ours {
            self.blocked.push(format!(
                "EKS node group {name} is there and not this platform's: give cloud.aws.eks.nodeGroup another name"
            ));
            return false;
        }
        if seen.instance_types != wanted.nodes.instance_types {
            self.blocked.push(format!(
                "EKS node group {name} has instances of {}, which cannot be changed: give cloud.aws.eks.nodeGroup another name",
                seen.instance_types.join(", ")
            ));
        }
        if !self.is_active("EKS node group", name, &seen.state) {
            return false;
        }
        // One change at a time: AWS refuses a second one while it is busy with the first.
        let group = name.clone();
        let size = wanted.nodes.scaling.beside(seen.size);
        if seen.version < version {
            self.steps.push(Step::UpgradeNodes { group, to: version });
        } else if seen.size != size {
            self.steps.push(Step::ResizeNodes { group, to: size });
        } else {
            return true;
        }
        false
    }

    /// Plans the groups of nodes that the platform had under other names; whether they are gone.
    fn former_nodes(&mut self, wanted: &Wanted, seen: &Seen) -> bool {
        let former: Vec<&SeenNodes> = seen
            .node_groups
            .iter()
            .filter(|nodes| nodes.ours && nodes.name != wanted.nodes.name)
            .collect();
        for nodes in &former {
            self.delete_nodes(nodes);
        }
        former.is_empty()
    }

    /// Plans the deletion of a group of nodes.
    pub(super) fn delete_nodes(&mut self, nodes: &SeenNodes) {
        match &nodes.state {
            State::Busy(word) => self.wait_for("EKS node group", &nodes.name, word),
            State::Active | State::Failed(_) => {
                self.steps.push(Step::Remove(Removal::Nodes(nodes.name.clone())));
            }
        }
    }

    fn add_ons(&mut self, wanted: &Wanted, seen: &Seen) {
        for name in &wanted.add_ons {
            match seen.add_ons.iter().find(|add_on| add_on.name == *name) {
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
