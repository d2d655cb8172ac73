//! Keeps a deleted platform until what it has elsewhere is gone.

use fdp_crds::FoodDeliveryPlatform;
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

/// What keeps a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalizer {
    pub name: &'static str,
    /// Who sets it: each its own, because an apply takes away what its manager does not name, and none that of the status.
    manager: &'static str,
}

/// What the platform has at AWS is to be deleted with it.
pub const AWS: Finalizer = Finalizer {
    name: "fooddelivery.dev/aws",
    manager: "fdp-operator-finalizer",
};
/// The platform has objects in another cluster than its resource.
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
    /// Whether a platform has it.
    pub fn is_set(self, platform: &Platform) -> bool {
        platform
            .finalizers()
            .iter()
            .any(|finalizer| finalizer == self.name)
    }

    /// Sets it if it is not there.
    pub async fn set(self, context: &Context, platform: &Platform) -> Result<(), FinalizerError> {
        if self.is_set(platform) {
            return Ok(());
        }
        self.write(context, platform, &[self.name]).await
    }

    /// Takes it away if it is there.
    pub async fn take_away(self, context: &Context, platform: &Platform) -> Result<(), FinalizerError> {
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
        // Without its uid, a platform that is gone by now would be made anew.
        let patch = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": { "name": name, "uid": platform.meta().uid, "finalizers": finalizers },
        });
        let parameters = PatchParams::apply(self.manager).force();
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
}
