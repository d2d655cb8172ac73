//! Variants of the policies without one rule, one peer of a rule or one port of a rule.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::Value;

/// What was removed, and the remaining policies.
pub(crate) struct Without {
    pub(crate) what: String,
    pub(crate) left: Vec<NetworkPolicy>,
}

/// Every variant with one removal.
pub(crate) fn each(policies: &[NetworkPolicy]) -> Vec<Without> {
    let mut all = Vec::new();
    for (index, policy) in policies.iter().enumerate() {
        let policy = serde_json::to_value(policy).unwrap();
        for smaller in smaller(&policy) {
            let mut left = policies.to_vec();
            left[index] = serde_json::from_value(smaller.1).unwrap();
            all.push(Without {
                what: format!("{}: {}", policy["metadata"]["name"], smaller.0),
                left,
            });
        }
    }
    all
}

fn smaller(policy: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let rules = format!("/spec/{direction}");
        for rule in 0..length(policy, &rules) {
            all.push(taken_out(policy, &rules, rule));
            for list in [peers, "ports"] {
                let list = format!("{rules}/{rule}/{list}");
                let length = length(policy, &list);
                // An empty list would mean all, so a single entry is not removed; removing the whole rule covers that
                // case.
                for entry in (0..length).filter(|_| length > 1) {
                    all.push(taken_out(policy, &list, entry));
                }
            }
        }
    }
    all
}

fn length(policy: &Value, list: &str) -> usize {
    policy.pointer(list).and_then(Value::as_array).map_or(0, Vec::len)
}

fn taken_out(policy: &Value, list: &str, index: usize) -> (String, Value) {
    let mut smaller = policy.clone();
    let entries = smaller.pointer_mut(list).and_then(Value::as_array_mut).unwrap();
    let gone = entries.remove(index);
    (format!("{list}/{index}: {gone}"), smaller)
}
