//! Takes the pods from the Deployments that use a data store which is being changed.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use kube::{ResourceExt as _, core::DynamicObject};
use serde_json::json;

use crate::{
    kubernetes::{names, workload},
    model::object::Planned,
    plan::stores::{form::Stores, in_use::of_deployment, users::part_of},
};

/// Plans no replicas for a Deployment that is paused. An autoscaler does nothing while there are none.
pub(crate) fn pause(mut planned: Planned, stores: &Stores<'_>) -> Planned {
    if !is_paused(&planned, stores) {
        return planned;
    }
    let object = Arc::make_mut(&mut planned.object);
    object.data["spec"]["replicas"] = json!(0);
    if let Some(scaled_by) = object.annotations_mut().get_mut(names::SCALED_BY) {
        workload::BY_OPERATOR.clone_into(scaled_by);
    }
    planned.hand_over_replicas = None;
    planned
}

fn is_paused(planned: &Planned, stores: &Stores<'_>) -> bool {
    let is_any = !(stores.paused.is_empty() && stores.closed.is_empty() && stores.astray.is_empty());
    if !is_any || planned.resource.kind != "Deployment" {
        return false;
    }
    let Ok(deployment) = DynamicObject::clone(&planned.object).try_parse::<Deployment>() else {
        return false;
    };
    let mut paused = stores.paused.iter();
    paused.any(|store| of_deployment(&stores.serving, *store, &deployment).is_some())
        || part_of(&deployment)
            .is_some_and(|part| stores.astray.contains(part) || stores.closed.contains(part))
}
