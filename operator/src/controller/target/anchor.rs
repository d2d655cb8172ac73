//! Sees to a platform's anchor in a cluster where its resource is not: made before everything else there, and deleted with it.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::ObjectMeta,
};

use crate::{
    controller::{
        patience::{Question, answer},
        target::TargetCluster,
    },
    kubernetes::names,
    model::health::Health,
    plan::anchor::{self, Anchored},
    spec::{ADOPT, Validated, child_name},
};

const NAMESPACE: &str = "Namespace";
const CONFIG_MAP: &str = "ConfigMap";

/// What has become of an anchor.
pub(super) enum Hold {
    /// It is there, and owns what the platform is made of.
    Held(Box<Validated>),
    NotYet(Health),
}

/// An anchor could not be seen to.
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
    fn of(question: Question<'_>, kind: &'static str) -> impl FnOnce(kube::Error) -> Self {
        let (verb, name) = (question.verb, question.name.to_owned());
        move |source| Self {
            verb,
            kind,
            name,
            source,
        }
    }
}

/// Sees to it that the platform has its anchor; without a call if it has. `uid` is that of its resource.
pub(super) async fn hold(
    cluster: &TargetCluster,
    platform: &Validated,
    uid: &str,
) -> Result<Hold, AnchorError> {
    let name = platform.child(names::ANCHOR);
    let copies = cluster
        .copies
        .objects
        .typed::<ConfigMap>(&platform.namespace, &platform.name, CONFIG_MAP);
    if let Some(copy) = copies.iter().find(|copy| copy.name_any() == name)
        && let Anchored::Here(anchored) = anchor::judge(platform, uid, copy)
    {
        return Ok(Hold::Held(anchored));
    }
    let anchors = Api::<ConfigMap>::namespaced(cluster.client.clone(), &platform.namespace);
    let there = read(&anchors, &name).await?;
    if there
        .as_ref()
        .is_some_and(|there| there.metadata.deletion_timestamp.is_some())
    {
        return Ok(Hold::NotYet(Health::Waiting(format!(
            "ConfigMap {name}: the objects of a platform that was here before are being deleted"
        ))));
    }
    match there.map(|there| anchor::judge(platform, uid, &there)) {
        Some(Anchored::Here(anchored)) => return Ok(Hold::Held(anchored)),
        Some(Anchored::Elsewhere { anchor, resource }) if !platform.adopts => {
            return Ok(Hold::NotYet(Health::Failed(format!(
                "ConfigMap {anchor} in the platform's EKS cluster belongs to {resource} of another cluster, or of another \
                 time: delete it, with all that it owns, or take it over with the annotation {}: \"true\" on the platform",
                ADOPT
            ))));
        }
        // It would be made, or taken over.
        _ if platform.suspend => return Ok(Hold::Held(Box::new(platform.clone()))),
        _ => {}
    }
    make_namespace(cluster, &platform.namespace).await?;
    let parameters = PatchParams::apply(names::MANAGER).force();
    let wanted = anchor::anchor(platform, uid);
    let question = Question {
        verb: "patch",
        kind: CONFIG_MAP,
        name: &name,
    };
    let made = answer(
        question,
        anchors.patch(&name, &parameters, &Patch::Apply(&wanted)),
    )
    .await
    .map_err(AnchorError::of(question, CONFIG_MAP))?;
    Ok(match anchor::judge(platform, uid, &made) {
        Anchored::Here(anchored) => Hold::Held(anchored),
        _ => Hold::NotYet(Health::Waiting(format!("ConfigMap {name} is being made"))),
    })
}

async fn read(anchors: &Api<ConfigMap>, name: &str) -> Result<Option<ConfigMap>, AnchorError> {
    let question = Question {
        verb: "get",
        kind: CONFIG_MAP,
        name,
    };
    answer(question, anchors.get_opt(name))
        .await
        .map_err(AnchorError::of(question, CONFIG_MAP))
}

/// The platform's namespace, which nobody else makes where its resource is not. It stays when the platform goes.
async fn make_namespace(cluster: &TargetCluster, name: &str) -> Result<(), AnchorError> {
    let namespaces = Api::<Namespace>::all(cluster.client.clone());
    let asked = |verb| Question {
        verb,
        kind: NAMESPACE,
        name,
    };
    let there = answer(asked("get"), namespaces.get_metadata_opt(name))
        .await
        .map_err(AnchorError::of(asked("get"), NAMESPACE))?;
    if there.is_some() {
        return Ok(());
    }
    let wanted = Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    match answer(
        asked("create"),
        namespaces.create(&PostParams::default(), &wanted),
    )
    .await
    {
        Ok(_) => Ok(()),
        // Somebody else was quicker.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(source) => Err(AnchorError::of(asked("create"), NAMESPACE)(source)),
    }
}

/// Has Kubernetes delete the anchor of a deleted platform, and before it all that it owns; whether all of it is gone.
pub(super) async fn release(
    cluster: &TargetCluster,
    namespace: &str,
    platform: &str,
    uid: &str,
) -> Result<bool, AnchorError> {
    let name = child_name(platform, names::ANCHOR);
    let anchors = Api::<ConfigMap>::namespaced(cluster.client.clone(), namespace);
    let there = read(&anchors, &name).await?;
    let Some(there) = there.filter(|there| anchor::is_of(there, uid)) else {
        return Ok(true);
    };
    if there.metadata.deletion_timestamp.is_some() {
        return Ok(false);
    }
    let parameters = DeleteParams {
        // It stays until the last of what it owns is gone.
        propagation_policy: Some(PropagationPolicy::Foreground),
        preconditions: Some(Preconditions {
            uid: there.uid(),
            ..Preconditions::default()
        }),
        ..DeleteParams::default()
    };
    let question = Question {
        verb: "delete",
        kind: CONFIG_MAP,
        name: &name,
    };
    match answer(question, anchors.delete(&name, &parameters)).await {
        Ok(_) => Ok(false),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
        Err(source) => Err(AnchorError::of(question, CONFIG_MAP)(source)),
    }
}
