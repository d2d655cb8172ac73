//! Deletes one object, unless another has taken its name since.

use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions, PropagationPolicy},
    core::DynamicObject,
};

use crate::{
    controller::{
        api_call::{ApiCall, send},
        target_cluster::TargetCluster,
    },
    plan::changes::Deletion,
    spec::Validated,
};

/// Deletes an object; returns whether it was still there.
pub(super) async fn delete(
    cluster: &TargetCluster,
    platform: &Validated,
    deletion: &Deletion<'_>,
) -> kube::Result<bool> {
    let (name, resource) = (&deletion.key.name, deletion.resource);
    let api = Api::<DynamicObject>::namespaced_with(cluster.client.clone(), &platform.namespace, resource);
    let parameters = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions {
            uid: deletion.object.uid(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let call = ApiCall {
        verb: "delete",
        kind: &resource.kind,
        name,
    };
    match send(call, api.delete(name, &parameters)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}
