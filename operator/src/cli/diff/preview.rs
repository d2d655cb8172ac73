//! Sends planned objects to the API server as dry runs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
    core::DynamicObject,
};
use serde_json::json;

use crate::{
    cli::diff::{
        DiffError,
        fields::{self, FieldChange, Ignored},
        passwords::depends_on_passwords,
        report::Outcome,
    },
    connect::ClusterError,
    kubernetes::{
        drift::{self, Difference},
        field_path, names,
    },
    model::object::Planned,
    plan::{
        compared::Compared,
        ownership::{NotOurs, is_labelled, may_write},
    },
    spec::Validated,
};

/// The parameters of every dry run of a platform.
#[derive(Clone, Copy)]
pub(super) struct Preview<'a> {
    pub(super) client: &'a Client,
    pub(super) platform: &'a Validated,
    /// Whether the passwords in the plan are those of the cluster.
    pub(super) passwords_known: bool,
}

impl Preview<'_> {
    /// The outcome if the operator applied the object.
    pub(super) async fn of(&self, object: Compared<'_>) -> Result<Outcome, DiffError> {
        let (planned, live) = (object.planned, object.live);
        if !self.passwords_known && depends_on_passwords(planned) {
            return Ok(Outcome::NotCompared);
        }
        // The operator's caches hold the objects with its labels. It checks the owner of all other objects before a
        // write.
        if live.is_some_and(|live| self.is_foreign(&live.metadata)) {
            return Ok(Outcome::Refused(
                NotOurs::new(&planned.key(), self.platform).to_string(),
            ));
        }
        // An object that the operator would not write needs no dry run.
        match object.difference {
            Difference::None => return Ok(Outcome::Unchanged),
            Difference::BeingDeleted => return Ok(Outcome::Replaced),
            Difference::Missing | Difference::Outdated | Difference::Drifted(_) => {}
        }
        let mut result = match self.dry_run(planned).await {
            Ok(result) => result,
            Err(kube::Error::Api(status)) => {
                let namespace_missing = status
                    .details
                    .as_ref()
                    .is_some_and(|details| details.kind == "namespaces");
                if status.code == 404 && namespace_missing {
                    let namespace = self.platform.namespace.clone();
                    return Err(DiffError::NoNamespace { namespace });
                }
                return Ok(Outcome::Refused(status.message.clone()));
            }
            Err(error) => {
                return Err(ClusterError::new(format!("try to write {}", planned.key()), &error).into());
            }
        };
        let Some(live) = live else {
            return Ok(Outcome::Created);
        };
        if let Some(replicas) = planned.hand_over_replicas {
            // The operator hands the number over before it applies the object. A dry run cannot include that step, and
            // without it the API server would reset the number to 1.
            result.data["spec"]["replicas"] = json!(replicas);
        }
        for path in &planned.unmanaged {
            // The same is done for fields that are left to others.
            field_path::copy(&live.data, &mut result.data, path);
        }
        let ignored = Ignored {
            owner: self.platform.owner.is_none(),
        };
        let fields = fields::changes(&planned.resource.kind, live, &result, ignored);
        if fields.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        let rollout = rollout(&planned.resource.kind, &fields, &result, live);
        Ok(Outcome::Changed { fields, rollout })
    }

    fn is_foreign(&self, live: &ObjectMeta) -> bool {
        !is_labelled(live, self.platform) && !may_write(live, self.platform)
    }

    async fn dry_run(&self, planned: &Planned) -> kube::Result<DynamicObject> {
        let namespace = &self.platform.namespace;
        let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), namespace, &planned.resource);
        let parameters = PatchParams::apply(names::MANAGER).force().dry_run();
        api.patch(
            &planned.object.name_any(),
            &parameters,
            &Patch::Apply(&*planned.object),
        )
        .await
    }
}

/// Why pods are replaced: any change of their template replaces them.
fn rollout(
    kind: &str,
    fields: &[FieldChange],
    result: &DynamicObject,
    live: &DynamicObject,
) -> Option<String> {
    let has_pods = ["Deployment", "StatefulSet", "DaemonSet"].contains(&kind);
    let changed = fields
        .iter()
        .find(|field| has_pods && field.path.starts_with("spec.template"))?;
    let reason = drift::rollout_reason(result, live);
    Some(reason.unwrap_or_else(|| format!("{} has changed", changed.path)))
}
