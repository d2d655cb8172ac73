//! Keeps the pods of data stores as they are where a new version of the operator would only request more of the processor for
//! them, or ask them differently whether they are well: to replace them would refuse orders meanwhile. They get what is new
//! with the next other change of their template.

mod probes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kube::core::DynamicObject;
use serde_json::{Value, json};

use crate::{kubernetes::drift, model::object::Planned};

/// What each container of a data store requested before shares were in proportion to what orders cost.
const FORMERLY: &str = "50m";
const TEMPLATE: &str = "spec.template";

/// The same object, with the requests and probes that its pods have, if these are former ones and nothing else differs.
pub(super) fn keep_pods(mut planned: Planned, live: Option<&Arc<DynamicObject>>) -> Planned {
    let Some(live) = live.filter(|_| planned.resource.kind == "StatefulSet") else {
        return planned;
    };
    let live = &live.data["spec"]["template"];
    let is_live = |template: &Value| drift::missing_at(TEMPLATE, template, live).is_none();
    let now = &planned.object.data["spec"]["template"];
    if is_live(now) {
        return planned;
    }
    let (requests, probes) = (with(now, former_request), with(now, probes::former));
    let both = with(&requests, probes::former);
    if let Some(as_it_was) = [requests, probes, both].into_iter().find(is_live) {
        Arc::make_mut(&mut planned.object).data["spec"]["template"] = as_it_was;
    }
    planned
}

/// A template with each of its containers changed.
fn with(template: &Value, change: impl Fn(&mut Value)) -> Value {
    let mut template = template.clone();
    for containers in ["containers", "initContainers"] {
        for container in template["spec"][containers].as_array_mut().into_iter().flatten() {
            change(container);
        }
    }
    template
}

fn former_request(container: &mut Value) {
    if let Some(request) = container.pointer_mut("/resources/requests/cpu") {
        *request = json!(FORMERLY);
    }
}
