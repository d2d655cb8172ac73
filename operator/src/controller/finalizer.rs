//! Finalizers, which keep a deleted platform until its resources outside the cluster are deleted.

use fdp_crds::FoodDeliveryPlatform;
use kube::{
    Api, Resource as _, ResourceExt as _,
    api::{Patch, PatchParams},
    core::{ApiResource, DynamicObject},
};
use serde_json::json;

use crate::controller::{
    api_call::{ApiCall, send},
    context::Context,
    platform::Platform,
};

/// A finalizer of platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalizer {
    pub name: &'static str,
    /// Its field manager. Each finalizer has its own, because a server-side apply removes fields that its manager no
    /// longer sets.
    manager: &'static str,
}

/// The platform's resources at AWS are to be deleted with it.
pub const AWS: Finalizer = Finalizer {
    name: "fooddelivery.dev/aws",
    manager: "fdp-operator-finalizer",
};
/// The platform has objects in a remote cluster.
pub const OBJECTS: Finalizer = Finalizer {
    name: "fooddelivery.dev/objects",
    manager: "fdp-operator-finalizer-objects",
};

/// The finalizer could not be written.
#[derive(Debug, thiserror::Error)]
#[error("write the finalizers of FoodDeliveryPlatform {name}")]
pub struct FinalizerError {
    name: String,
    #[source]
    source: kube::Error,
}

impl Finalizer {
    /// Whether a platform has this finalizer.
    pub fn is_set(self, platform: &Platform) -> bool {
        platform
            .finalizers()
            .iter()
            .any(|finalizer| finalizer == self.name)
    }

    /// Adds it if it is missing.
    pub async fn set(self, context: &Context, platform: &Platform) -> Result<(), FinalizerError> {
        if self.is_set(platform) {
            return Ok(());
        }
        self.write(context, platform, &[self.name]).await
    }

    /// Removes it if it is set.
    pub async fn remove(self, context: &Context, platform: &Platform) -> Result<(), FinalizerError> {
        if !self.is_set(platform) {
            return Ok(());
        }
        self.write(context, platform, &[]).await
    }

    async fn write(
        self,
        context: &Context,
        platform: &Platform,
        finalizers: &[&str],
    ) -> Result<(), FinalizerError> {
        let name = platform.name_any();
        let resource = ApiResource::erase::<FoodDeliveryPlatform>(&());
        let namespace = platform.namespace().unwrap_or_default();
        let api = Api::<DynamicObject>::namespaced_with(context.client.clone(), &namespace, &resource);
        // Without the uid, the patch would create a platform that was deleted in the meantime.
        let patch = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": { "name": name, "uid": platform.meta().uid, "finalizers": finalizers },
        });
        let parameters = PatchParams::apply(self.manager).force();
        let call = ApiCall {
            verb: "patch",
            kind: &resource.kind,
            name: &name,
        };
        match send(call, api.patch(&name, &parameters, &Patch::Apply(&patch))).await {
            Ok(_) => Ok(()),
            // It was deleted in the meantime.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(source) => Err(FinalizerError { name, source }),
        }
    }
}
