//! Plans the next steps towards the deletion of a cluster, without I/O.
//!
//! Nodes are deleted before the cluster, and roles last, because nodes and cluster use the roles until they are
//! deleted.

use crate::aws::{
    eks::{
        actual::Actual,
        plan::Plan,
        role::Role,
        step::{Removal, Step},
    },
    state::State,
};

/// Plans what to delete next of the cluster with that name. Resources of other owners are kept.
pub fn plan(name: &str, actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    if let Some(cluster) = actual.cluster.as_ref().filter(|cluster| cluster.ours) {
        for nodes in &actual.node_groups {
            if nodes.ours {
                plan.delete_nodes(nodes);
            } else {
                plan.blocked.push(format!(
                    "EKS node group {} is not this platform's and keeps EKS cluster {name}: delete it, or set cloud.aws.deletionPolicy to Retain",
                    nodes.name
                ));
            }
        }
        match &cluster.state {
            _ if !actual.node_groups.is_empty() => {}
            State::Busy(word) => plan.wait_for("EKS cluster", name, word),
            State::Active | State::Failed(_) => plan.steps.push(Step::Remove(Removal::Cluster)),
        }
        return plan;
    }
    let mut removals: Vec<Removal> = actual
        .identity_providers
        .iter()
        .cloned()
        .map(Removal::IdentityProvider)
        .collect();
    for role in Role::ALL {
        let Some(there) = actual.role(role).filter(|there| there.ours) else {
            continue;
        };
        // IAM does not delete a role that has policies.
        let policies = there.policies.iter().cloned();
        removals.extend(policies.map(|policy| Removal::Policy(role, policy)));
        removals.push(Removal::Role(role));
    }
    plan.steps.extend(removals.into_iter().map(Step::Remove));
    plan
}

#[cfg(test)]
mod tests;
