//! Sends planned objects to the API server as dry runs.

use std::sync::Arc;

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
        report::Outcome,
    },
    connect::ClusterError,
    controller::apply::is_ours,
    kubernetes::{
        drift::{self, Difference},
        names,
        seal::seal,
    },
    model::object::Planned,
    spec::Validated,
};

/// Why the operator, rather than the API server, would not write an object.
const NOT_OURS: &str = "it is there already and was not made for this platform: delete it, or take it over with the \
                        annotation fooddelivery.dev/adopt: \"true\" on the platform";

/// What every dry run of a platform needs.
#[derive(Clone, Copy)]
pub(super) struct Preview<'a> {
    pub(super) client: &'a Client,
    pub(super) platform: &'a Validated,
    /// Whether the passwords in the plan are those of the cluster.
    pub(super) passwords_known: bool,
}

impl Preview<'_> {
    /// The outcome for `live` if the operator applied `planned`.
    pub(super) async fn of(
        &self,
        planned: &Planned,
        live: Option<&DynamicObject>,
    ) -> Result<Outcome, DiffError> {
        if !self.passwords_known && depends_on_passwords(planned) {
            return Ok(Outcome::NotCompared);
        }
        if let Some(live) = live
            && !self.platform.adopts
            && !self.is_labelled(live)
            && !is_ours(&live.metadata, self.platform)
        {
            return Ok(Outcome::Refused(NOT_OURS.to_owned()));
        }
        let adapted = live
            .filter(|_| !self.passwords_known)
            .map(|live| with_live_config_hash(planned, live));
        let planned = adapted.as_ref().unwrap_or(planned);
        // An object that the operator would not write needs no dry run.
        match drift::difference(planned, live) {
            Difference::None => return Ok(Outcome::Unchanged),
            Difference::Leaving => return Ok(Outcome::Replaced),
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
            // The operator hands the number over before it applies the object. Without that step, which a dry run
            // cannot take, the number would seem to fall to one.
            result.data["spec"]["replicas"] = json!(replicas);
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

    /// Whether the operator has the object in its caches, by its labels; of others it first checks the owner.
    fn is_labelled(&self, live: &DynamicObject) -> bool {
        let labels = live.labels();
        labels.get(names::PLATFORM_LABEL) == Some(&self.platform.name)
            && labels
                .get(names::MANAGED_BY_LABEL)
                .is_some_and(|manager| manager == names::MANAGER)
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

/// Whether the object, or its name, depends on passwords.
fn depends_on_passwords(planned: &Planned) -> bool {
    planned.generated || planned.resource.kind == "Job"
}

/// Copies the hash of a configuration with passwords that could not be read, as if they were unchanged.
fn with_live_config_hash(planned: &Planned, live: &DynamicObject) -> Planned {
    const ANNOTATIONS: &str = "/spec/template/metadata/annotations";
    let mut planned = planned.clone();
    let object = Arc::make_mut(&mut planned.object);
    let annotations = object.data.pointer_mut(ANNOTATIONS);
    let Some(planned_hash) = annotations.and_then(|annotations| annotations.get_mut(names::CONFIG_HASH))
    else {
        return planned;
    };
    let live_annotations = live.data.pointer(ANNOTATIONS);
    let Some(live_hash) = live_annotations.and_then(|annotations| annotations.get(names::CONFIG_HASH)) else {
        return planned;
    };
    planned_hash.clone_from(live_hash);
    // The hash of the whole object has to be computed again, since it did not include that hash.
    object.annotations_mut().remove(names::APPLIED_HASH);
    if object.annotations().is_empty() {
        object.metadata.annotations = None;
    }
    let namespace = object.namespace().unwrap_or_default();
    let owner = object.owner_references().first().cloned();
    seal(planned, &namespace, owner.as_ref())
}

/// Why pods are replaced: any change of their template does that.
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
