//! Keeps a deleted platform until what it has at AWS is gone, if its deletion policy asks for that.

use fdp_crds::{DeletionPolicy, FoodDeliveryPlatform};
use kube::{
    Api, Resource as _, ResourceExt as _,
    api::{Patch, PatchParams},
    core::{ApiResource, DynamicObject},
};
use serde_json::json;

use crate::controller::{
    Context,
    caches::Platform,
    patience::{Question, answer},
};

/// The finalizer's name.
const FINALIZER: &str = "fooddelivery.dev/aws";
/// Who sets it: it must not be the manager of the status, whose apply would take the finalizer away.
const MANAGER: &str = "fdp-operator-finalizer";

/// The finalizer could not be written.
#[derive(Debug, thiserror::Error)]
#[error("write the finalizers of FoodDeliveryPlatform {name}")]
pub struct FinalizerError {
    name: String,
    #[source]
    source: kube::Error,
}

/// Whether a platform has the finalizer.
pub(super) fn is_set(platform: &Platform) -> bool {
    platform
        .finalizers()
        .iter()
        .any(|finalizer| finalizer == FINALIZER)
}

/// Sets the finalizer if something is to be deleted with the platform, before there is anything; else takes it away.
pub(super) async fn set_as_told(
    context: &Context,
    platform: &Platform,
    policy: DeletionPolicy,
) -> Result<(), FinalizerError> {
    match policy {
        DeletionPolicy::Delete if !is_set(platform) => write(context, platform, &[FINALIZER]).await,
        DeletionPolicy::Retain => take_away(context, platform).await,
        DeletionPolicy::Delete => Ok(()),
    }
}

/// Takes the finalizer away if it is there.
pub(super) async fn take_away(context: &Context, platform: &Platform) -> Result<(), FinalizerError> {
    if is_set(platform) {
        write(context, platform, &[]).await
    } else {
        Ok(())
    }
}

async fn write(context: &Context, platform: &Platform, finalizers: &[&str]) -> Result<(), FinalizerError> {
    let name = platform.name_any();
    let resource = ApiResource::erase::<FoodDeliveryPlatform>(&());
    let namespace = platform.namespace().unwrap_or_default();
    let api = Api::<DynamicObject>::namespaced_with(context.client.clone(), &namespace, &resource);
    // Without its uid, a platform that is gone by now would be made anew.
    let patch = json!({
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": { "name": name, "uid": platform.meta().uid, "finalizers": finalizers },
    });
    let parameters = PatchParams::apply(MANAGER).force();
    let question = Question {
        verb: "patch",
        kind: &resource.kind,
        name: &name,
    };
    match answer(question, api.patch(&name, &parameters, &Patch::Apply(&patch))).await {
        Ok(_) => Ok(()),
        // It is gone, so that nothing keeps it.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(source) => Err(FinalizerError { name, source }),
    }
}
