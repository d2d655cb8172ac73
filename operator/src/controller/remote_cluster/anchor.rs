//! A platform's anchor in a remote cluster: the object that owns all others there, created first and deleted last.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::ObjectMeta,
};

use crate::{
    controller::{
        api_call::{ApiCall, send},
        target_cluster::TargetCluster,
    },
    kubernetes::names::{self, ADOPT},
    model::health::Health,
    plan::{
        anchor::{self, Anchored},
        ownership::is_given,
    },
    spec::{Validated, child_name},
};

const NAMESPACE: &str = "Namespace";
const CONFIG_MAP: &str = "ConfigMap";

/// Whether the anchor exists.
pub(super) enum AnchorState {
    /// It exists. The value is the platform with the anchor as the owner of its objects.
    Ready(Box<Validated>),
    Pending(Health),
}

/// A call about an anchor failed.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {kind} {name} in the platform's EKS cluster")]
pub struct AnchorError {
    verb: &'static str,
    kind: &'static str,
    name: String,
    #[source]
    source: kube::Error,
}

impl AnchorError {
    fn of(call: ApiCall<'_>, kind: &'static str) -> impl FnOnce(kube::Error) -> Self {
        let (verb, name) = (call.verb, call.name.to_owned());
        move |source| Self {
            verb,
            kind,
            name,
            source,
        }
    }
}

/// Creates the platform's anchor if it is missing; makes no call if the cache has it. `uid` is that of the resource.
pub(super) async fn ensure(
    cluster: &TargetCluster,
    platform: &Validated,
    uid: &str,
) -> Result<AnchorState, AnchorError> {
    let name = platform.child(names::ANCHOR);
    let copies = cluster
        .copies
        .objects
        .typed::<ConfigMap>(&platform.namespace, &platform.name, CONFIG_MAP);
    if let Some(copy) = copies.iter().find(|copy| copy.name_any() == name)
        && let Anchored::Here(anchored) = anchor::judge(platform, uid, copy)
    {
        return Ok(AnchorState::Ready(anchored));
    }
    let anchors = Api::<ConfigMap>::namespaced(cluster.client.clone(), &platform.namespace);
    let existing = read(&anchors, &name).await?;
    if existing
        .as_ref()
        .is_some_and(|existing| existing.metadata.deletion_timestamp.is_some())
    {
        return Ok(AnchorState::Pending(Health::Waiting(format!(
            "ConfigMap {name}: the objects of a platform that was here before are being deleted"
        ))));
    }
    let given = existing
        .as_ref()
        .is_some_and(|existing| is_given(&existing.metadata, platform));
    match existing.map(|existing| anchor::judge(platform, uid, &existing)) {
        Some(Anchored::Here(anchored)) => return Ok(AnchorState::Ready(anchored)),
        Some(Anchored::Elsewhere { anchor, resource }) if !given => {
            return Ok(AnchorState::Pending(Health::Failed(format!(
                "ConfigMap {anchor} in the platform's EKS cluster belongs to {resource} of another cluster, or of another \
                 time: delete it, with all that it owns, or give it to this platform: kubectl -n {} annotate configmap \
                 {anchor} {ADOPT}={}",
                platform.namespace, platform.name
            ))));
        }
        // The anchor would have to be created or adopted, but the platform is suspended.
        _ if platform.suspend => return Ok(AnchorState::Ready(Box::new(platform.clone()))),
        _ => {}
    }
    create_namespace(cluster, &platform.namespace).await?;
    let parameters = PatchParams::apply(names::MANAGER).force();
    let desired = anchor::anchor(platform, uid);
    let call = ApiCall {
        verb: "patch",
        kind: CONFIG_MAP,
        name: &name,
    };
    let applied = send(call, anchors.patch(&name, &parameters, &Patch::Apply(&desired)))
        .await
        .map_err(AnchorError::of(call, CONFIG_MAP))?;
    Ok(match anchor::judge(platform, uid, &applied) {
        Anchored::Here(anchored) => AnchorState::Ready(anchored),
        _ => AnchorState::Pending(Health::Waiting(format!("ConfigMap {name} is being made"))),
    })
}

async fn read(anchors: &Api<ConfigMap>, name: &str) -> Result<Option<ConfigMap>, AnchorError> {
    let call = ApiCall {
        verb: "get",
        kind: CONFIG_MAP,
        name,
    };
    send(call, anchors.get_opt(name))
        .await
        .map_err(AnchorError::of(call, CONFIG_MAP))
}

/// Creates the platform's namespace if it is missing in a remote cluster. It is kept when the platform is deleted.
async fn create_namespace(cluster: &TargetCluster, name: &str) -> Result<(), AnchorError> {
    let namespaces = Api::<Namespace>::all(cluster.client.clone());
    let call = |verb| ApiCall {
        verb,
        kind: NAMESPACE,
        name,
    };
    let existing = send(call("get"), namespaces.get_metadata_opt(name))
        .await
        .map_err(AnchorError::of(call("get"), NAMESPACE))?;
    if existing.is_some() {
        return Ok(());
    }
    let desired = Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    match send(
        call("create"),
        namespaces.create(&PostParams::default(), &desired),
    )
    .await
    {
        Ok(_) => Ok(()),
        // It was created in the meantime.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(source) => Err(AnchorError::of(call("create"), NAMESPACE)(source)),
    }
}

/// Deletes the anchor of a deleted platform and everything that it owns; returns whether all of it is gone.
pub(super) async fn delete(
    cluster: &TargetCluster,
    namespace: &str,
    platform: &str,
    uid: &str,
) -> Result<bool, AnchorError> {
    let name = child_name(platform, names::ANCHOR);
    let anchors = Api::<ConfigMap>::namespaced(cluster.client.clone(), namespace);
    let existing = read(&anchors, &name).await?;
    let Some(anchor) = existing.filter(|anchor| anchor::is_of(anchor, uid)) else {
        return Ok(true);
    };
    if anchor.metadata.deletion_timestamp.is_some() {
        return Ok(false);
    }
    let parameters = DeleteParams {
        // The anchor stays until everything that it owns is gone.
        propagation_policy: Some(PropagationPolicy::Foreground),
        preconditions: Some(Preconditions {
            uid: anchor.uid(),
            ..Preconditions::default()
        }),
        ..DeleteParams::default()
    };
    let call = ApiCall {
        verb: "delete",
        kind: CONFIG_MAP,
        name: &name,
    };
    match send(call, anchors.delete(&name, &parameters)).await {
        Ok(_) => Ok(false),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
        Err(source) => Err(AnchorError::of(call, CONFIG_MAP)(source)),
    }
}
