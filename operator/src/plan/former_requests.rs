//! Keeps the pods of data stores as they are where a new version of the operator would only request more of the processor for
//! them: to replace them would refuse orders meanwhile. They get the new share when they are replaced for another reason.

use std::sync::Arc;

use kube::core::DynamicObject;
use serde_json::json;

use crate::{
    kubernetes::drift,
    model::object::{Planned, to_value},
};

/// What each container of a data store requested before shares were in proportion to what orders cost.
const FORMERLY: &str = "50m";
const TEMPLATE: &str = "spec.template";

/// The same object, with the requests that its pods have, if these are the former ones and nothing else differs.
pub(super) fn keep_requests(mut planned: Planned, live: Option<&Arc<DynamicObject>>) -> Planned {
    let Some(live) = live.filter(|_| planned.resource.kind == "StatefulSet") else {
        return planned;
    };
    let live = &to_value(&**live)["spec"]["template"];
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{model::observed::Observed, plan::plan, settings::Settings, spec::Validated};

    fn platform(spec: &Value) -> Validated {
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
        });
        Validated::new(&serde_json::from_value(platform).unwrap(), &Settings::default()).unwrap()
    }

    /// What the data stores of the platform request, in the order of their names, where such run already that were changed
    /// by `change`.
    fn requests(spec: &Value, change: impl Fn(&mut Value)) -> Vec<Value> {
        let platform = platform(spec);
        let mut observed = Observed::default();
        for planned in plan(&platform, &observed).objects {
            let mut object = DynamicObject::clone(&planned.object);
            if planned.resource.kind == "StatefulSet" {
                change(&mut object.data["spec"]["template"]["spec"]);
            }
            observed.children.insert(&planned.resource, Arc::new(object));
        }
        let mut objects = plan(&platform, &observed).objects;
        objects.retain(|planned| planned.resource.kind == "StatefulSet");
        objects.sort_by_key(|planned| planned.key().name);
        let request = |planned: &Planned| {
            planned.object.data["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
                .clone()
        };
        objects.iter().map(request).collect()
    }

    fn as_formerly(pod: &mut Value) {
        for containers in ["containers", "initContainers"] {
            for container in pod[containers].as_array_mut().into_iter().flatten() {
                container["resources"]["requests"]["cpu"] = json!("50m");
            }
        }
    }

    #[test]
    fn a_new_platform_gets_the_new_shares() {
        assert_eq!(requests(&json!({}), |_| {}), ["100m", "200m"]);
    }

    #[test]
    fn stores_that_run_keep_their_former_shares_and_their_pods() {
        assert_eq!(requests(&json!({}), as_formerly), ["50m", "50m"]);
    }

    #[test]
    fn stores_whose_pods_are_replaced_anyway_get_the_new_shares() {
        let with_another_image = |pod: &mut Value| {
            as_formerly(pod);
            pod["containers"][0]["image"] = json!("another:1");
        };
        assert_eq!(requests(&json!({}), with_another_image), ["100m", "200m"]);
    }

    #[test]
    fn a_request_that_somebody_else_has_set_is_put_right() {
        let by_hand = |pod: &mut Value| {
            pod["containers"][0]["resources"]["requests"]["cpu"] = json!("1");
        };
        assert_eq!(requests(&json!({}), by_hand), ["100m", "200m"]);
    }
}
