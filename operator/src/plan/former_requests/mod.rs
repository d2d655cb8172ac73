//! Keeps the pods of data stores as they are where a new version of the operator would only request more of the processor for
//! them: to replace them would refuse orders meanwhile. They get the new share when they are replaced for another reason.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use kube::core::DynamicObject;
use serde_json::json;

use crate::{kubernetes::drift, model::object::Planned};

/// What each container of a data store requested before shares were in proportion to what orders cost.
const FORMERLY: &str = "50m";
const TEMPLATE: &str = "spec.template";

/// The same object, with the requests that its pods have, if these are the former ones and nothing else differs.
pub(super) fn keep_requests(mut planned: Planned, live: Option<&Arc<DynamicObject>>) -> Planned {
    let Some(live) = live.filter(|_| planned.resource.kind == "StatefulSet") else {
        return planned;
    };
    let live = &live.data["spec"]["template"];
    let as_it_was = &planned.object.data["spec"]["template"];
    if drift::missing_at(TEMPLATE, as_it_was, live).is_none() {
        return planned;
    }
    let mut as_it_was = as_it_was.clone();
    for containers in ["containers", "initContainers"] {
        for container in as_it_was["spec"][containers].as_array_mut().into_iter().flatten() {
            if let Some(request) = container.pointer_mut("/resources/requests/cpu") {
                *request = json!(FORMERLY);
            }
        }
    }
    if drift::missing_at(TEMPLATE, &as_it_was, live).is_none() {
        Arc::make_mut(&mut planned.object).data["spec"]["template"] = as_it_was;
    }
    planned
}
