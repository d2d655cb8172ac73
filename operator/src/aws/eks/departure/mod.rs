//! Decides what has to be done next so that nothing of a cluster is left: pure.
//!
//! Nodes go before the cluster, without which they could not, and roles last, since nodes and cluster act by them to the end.

use crate::aws::eks::{
    plan::Plan,
    role::Role,
    seen::{Seen, State},
    step::{Removal, Step},
};

/// What is to be taken away next of a cluster of that name. What is not the platform's stays.
pub fn plan(name: &str, seen: &Seen) -> Plan {
    let mut plan = Plan::default();
    if let Some(cluster) = seen.cluster.as_ref().filter(|cluster| cluster.ours) {
        for nodes in &seen.node_groups {
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
            _ if !seen.node_groups.is_empty() => {}
            State::Busy(word) => plan.wait_for("EKS cluster", name, word),
            State::Active | State::Failed(_) => plan.steps.push(Step::Remove(Removal::Cluster)),
        }
        return plan;
    }
    let mut removals: Vec<Removal> = seen
        .identity_providers
        .iter()
        .cloned()
        .map(Removal::IdentityProvider)
        .collect();
    for role in Role::ALL {
        let Some(there) = seen.role(role).filter(|there| there.ours) else {
            continue;
        };
        // IAM deletes no role that has policies.
        let policies = there.policies.iter().cloned();
        removals.extend(policies.map(|policy| Removal::Policy(role, policy)));
        removals.push(Removal::Role(role));
    }
    plan.steps.extend(removals.into_iter().map(Step::Remove));
    plan
}

#[cfg(test)]
mod tests;
