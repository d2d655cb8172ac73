//! Tests that the API server accepts the objects in strict mode, without storing them.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::discovery::{Discovery, Scope};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;

use crate::world::{World, label};

const NAMESPACE: &str = "default";
/// The timeout for garbage collection: a controller manager that has just started discovers all kinds first.
const COLLECTED: Duration = Duration::from_mins(1);

/// Sends dry-run requests to the API server, and returns its errors.
pub(crate) struct Judge {
    client: Client,
    discovery: Discovery,
}

impl Judge {
    pub(crate) async fn of(world: &World) -> Result<Self> {
        let client = world.plane.client()?;
        let discovery = Discovery::new(client.clone())
            .run()
            .await
            .context("ask which kinds there are")?;
        Ok(Self { client, discovery })
    }

    pub(crate) async fn objection(&self, object: &DynamicObject) -> Option<String> {
        let Some((resource, capabilities)) = self.discovery.resolve_object(object) else {
            return Some("no such kind is served".to_owned());
        };
        let api: Api<DynamicObject> = match capabilities.scope {
            Scope::Cluster => Api::all_with(self.client.clone(), &resource),
            Scope::Namespaced => {
                let namespace = object.namespace().unwrap_or_else(|| NAMESPACE.to_owned());
                Api::namespaced_with(self.client.clone(), &namespace, &resource)
            }
        };
        let parameters = PatchParams::apply("fdp-tests")
            .force()
            .dry_run()
            .validation_strict();
        match api
            .patch(&object.name_any(), &parameters, &Patch::Apply(object))
            .await
        {
            Ok(_) => None,
            Err(kube::Error::Api(status)) => Some(status.message),
            Err(error) => Some(error.to_string()),
        }
    }
}

pub(crate) fn every_example_is_accepted(world: &World) -> Result<()> {
    all_accepted(world, |example| &example.platforms)
}

pub(crate) fn every_object_of_every_example_is_accepted(world: &World) -> Result<()> {
    all_accepted(world, |example| &example.objects)
}

fn all_accepted(world: &World, of: fn(&crate::world::Example) -> &Vec<DynamicObject>) -> Result<()> {
    world.runtime.block_on(async {
        let judge = Judge::of(world).await?;
        let mut objections = Vec::new();
        for example in &world.examples {
            ensure!(!of(example).is_empty(), "{} has nothing to judge", example.name);
            for object in of(example) {
                if let Some(objection) = judge.objection(object).await {
                    objections.push(format!("{}: {}: {objection}", example.name, label(object)));
                }
            }
        }
        ensure!(objections.is_empty(), "refused:\n{}", objections.join("\n"));
        Ok(())
    })
}

pub(crate) fn an_object_with_a_misspelt_field_is_refused(world: &World) -> Result<()> {
    world.runtime.block_on(async {
        let judge = Judge::of(world).await?;
        let object: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": {"name": "misspelt", "namespace": NAMESPACE},
            "spec": {"gatewayy": {}},
        }))?;
        let objection = judge.objection(&object).await.unwrap_or_default();
        ensure!(objection.contains("gatewayy"), "the answer was: {objection}");
        Ok(())
    })
}

pub(crate) fn an_orphan_is_collected(world: &World) -> Result<()> {
    world.runtime.block_on(async {
        let api: Api<ConfigMap> = Api::namespaced(world.plane.client()?, NAMESPACE);
        let create = async |value| -> Result<ConfigMap> {
            let object: ConfigMap = serde_json::from_value(value)?;
            Ok(api.create(&PostParams::default(), &object).await?)
        };
        let parent = create(json!({"metadata": {"name": "parent"}})).await?;
        let uid = parent.uid().context("an object without a uid")?;
        let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "parent", "uid": uid}]);
        let child = create(json!({"metadata": {"name": "child", "ownerReferences": owner}})).await?;
        api.delete("parent", &DeleteParams::background()).await?;
        let uid = child.uid().context("an object without a uid")?;
        let gone = await_condition(api.clone(), "child", conditions::is_deleted(&uid));
        match tokio::time::timeout(COLLECTED, gone).await {
            Ok(gone) => gone.map(drop).context("watch ConfigMap child"),
            Err(_) => bail!("ConfigMap child outlived its owner by {} s", COLLECTED.as_secs()),
        }
    })
}
