//! What the answer of a Job depends on beside its targets: the network policies on the way, and values in Secrets.

use kube::ResourceExt as _;
use serde_json::{Value, json};

use crate::{
    components::reach::Targets,
    model::{
        object::{Planned, to_value},
        observed::Observed,
    },
    plan::secrets,
    spec::Validated,
};

/// The parts whose policies decide about every connection.
const EVERYWHERE: &str = "default-deny";

/// What the answer depends on, of which the Job's name has a hash. `planned` are the objects of the platform.
pub(super) fn depends_on(
    platform: &Validated,
    caller: &str,
    targets: &Targets,
    planned: &[Planned],
    observed: &Observed,
) -> Value {
    let parts = targets
        .addresses
        .iter()
        .filter_map(|address| address.split('=').next());
    let names: Vec<String> = [EVERYWHERE, caller]
        .into_iter()
        .chain(parts)
        .map(|part| platform.child(part))
        .collect();
    let policies = planned
        .iter()
        .filter(|planned| planned.resource.kind == "NetworkPolicy")
        .filter(|planned| names.contains(&planned.object.name_any()))
        .map(|planned| in_effect(planned, observed));
    let environment = json!({ "env": targets.environment });
    let read = secrets::hash_of(&environment, &secrets::of_platform(platform), platform, observed);
    json!([policies.collect::<Vec<_>>(), read])
}

/// The rules of a policy: as they are where some of them are left to others, else as planned.
fn in_effect(planned: &Planned, observed: &Observed) -> Value {
    let live = observed.children.get(&planned.key());
    match live.filter(|_| !planned.unmanaged.is_empty()) {
        Some(live) => to_value(&**live)["spec"].clone(),
        None => to_value(&*planned.object)["spec"].clone(),
    }
}
