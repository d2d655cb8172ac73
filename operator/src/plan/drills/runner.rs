//! What `fdp drill run` has done itself, with the rights of who runs it, as it says in an annotation of the drill.

use fdp_crds::{ResilienceDrill, drill::ByRunner};
use kube::ResourceExt as _;
use serde::{Deserialize, Serialize};

use crate::{kubernetes::names::DRILL_PROOF, model::observed::Observed};

/// The annotation's value, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunnerProof {
    /// The `spec.run` during which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    pub fault: ByRunner,
    /// The node that was drained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The pods that have gone.
    pub before: Vec<PodSeen>,
    /// The pods that have come for them.
    pub after: Vec<PodSeen>,
}

/// A pod, and which one of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodSeen {
    pub name: String,
    pub uid: String,
}

/// What shows that the fault was done in this run, as a sentence. Pods that are said to have gone must not be there.
pub(super) fn seen(drill: &ResilienceDrill, observed: &Observed) -> Option<String> {
    let proof: RunnerProof = serde_json::from_str(drill.annotations().get(DRILL_PROOF)?).ok()?;
    let is_of_this_run = proof.run == drill.spec.run && Some(proof.fault) == drill.spec.fault.by_runner;
    let is_gone = |pod: &PodSeen| {
        let others = observed.pods.iter().filter_map(|known| known.uid());
        let mut uids = others.chain(proof.after.iter().map(|pod| pod.uid.clone()));
        uids.all(|uid| uid != pod.uid)
    };
    let has_happened =
        !proof.before.is_empty() && !proof.after.is_empty() && proof.before.iter().all(is_gone);
    (is_of_this_run && has_happened).then(|| proof.sentence())
}

impl RunnerProof {
    fn sentence(&self) -> String {
        let (before, after) = (list(&self.before), list(&self.after));
        match self.fault {
            ByRunner::OperatorKilled => {
                format!("the operator's pod {before} was killed, and {after} leads since")
            }
            ByRunner::NodeDrained => format!(
                "node {} was drained of {before}, for which {after} came",
                self.node.as_deref().unwrap_or_default()
            ),
        }
    }
}

fn list(pods: &[PodSeen]) -> String {
    let names: Vec<&str> = pods.iter().map(|pod| pod.name.as_str()).collect();
    names.join(", ")
}
