//! Writes the status of one of our own resources.

use kube::{
    Api, Client,
    api::{Patch, PatchParams},
    core::{ApiResource, DynamicObject},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    controller::api_call::{ApiCall, send},
    kubernetes::names,
};

/// Writes it as its only writer; returns whether the resource is still there.
///
/// It is written untyped, because the resource may have a specification that cannot be parsed.
///
/// # Errors
/// When the API server refuses it, or does not answer.
pub(super) async fn write(
    client: &Client,
    resource: &ApiResource,
    (namespace, name): (&str, &str),
    status: &impl Serialize,
) -> kube::Result<bool> {
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, resource);
    let patch = json!({
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": { "name": name },
        "status": status,
    });
    let parameters = PatchParams::apply(names::MANAGER).force();
    let call = ApiCall {
        verb: "patch",
        kind: &format!("{}/status", resource.kind),
        name,
    };
    match send(call, api.patch_status(name, &parameters, &Patch::Apply(&patch))).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(refused)) if refused.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}
