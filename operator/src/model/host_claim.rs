//! What other platforms claim at an ingress gateway that several share.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::Timestamp;

/// The hosts that a platform claims at an ingress gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostClaim {
    /// Namespace and name of the platform.
    pub platform: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// The labels of the ingress gateway's pods.
    pub selector: BTreeMap<String, String>,
    /// The hosts that it describes, in Istio's format.
    pub hosts: Vec<String>,
    /// Those of them that the ingress gateway serves for it already.
    pub held: BTreeSet<String>,
}

impl HostClaim {
    /// Whether two selectors can mean the same pods: one of them asks for all that the other one asks for.
    pub fn is_at(&self, selector: &BTreeMap<String, String>) -> bool {
        let within = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            one.iter().all(|(key, value)| other.get(key) == Some(value))
        };
        within(&self.selector, selector) || within(selector, &self.selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_meet_where_their_selectors_can_mean_the_same_pods() {
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let claim = HostClaim {
            selector: labels(&[("istio", "ingress"), ("zone", "a")]),
            ..HostClaim::default()
        };
        assert!(claim.is_at(&labels(&[("istio", "ingress")])));
        assert!(claim.is_at(&labels(&[("istio", "ingress"), ("zone", "a")])));
        assert!(!claim.is_at(&labels(&[("istio", "ingress"), ("zone", "b")])));
        assert!(!claim.is_at(&labels(&[("istio", "other")])));
    }
}
