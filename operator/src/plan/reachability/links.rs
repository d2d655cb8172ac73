//! The connections that do not work, and how the conditions tell of them.

use fdp_crds::Reachability;

use crate::model::health::Health;

/// A service that does not reach something that it calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Link {
    pub(in crate::plan) from: String,
    pub(in crate::plan) to: String,
}

/// The connections that do not work.
pub(in crate::plan) fn links(found: &[Reachability]) -> Vec<Link> {
    let problems = found
        .iter()
        .filter_map(|known| Some((&known.service, known.problem.as_ref()?)));
    problems
        .flat_map(|(service, problem)| {
            let targets = problem.split(", ").filter_map(|one| one.split_once(" at "));
            targets.map(|(target, _)| Link {
                from: service.clone(),
                to: target.to_owned(),
            })
        })
        .collect()
}

/// Why services are not ready although their pods are.
pub(in crate::plan) fn health(found: &[Reachability]) -> Vec<Health> {
    found
        .iter()
        .filter_map(|known| {
            let problem = known.problem.as_ref()?;
            Some(Health::Unreachable(format!(
                "{} cannot reach {problem}: is a NetworkPolicy, or the cluster's DNS, in between?",
                known.service
            )))
        })
        .collect()
}
