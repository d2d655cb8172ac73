//! Platforms whose objects are in an EKS cluster (`spec.target`): connects to the cluster, owns the objects there, and
//! deletes them.

mod anchor;
mod client;
mod connections;
mod tokens;

use kube::{Resource as _, runtime::reflector::ObjectRef};

pub use connections::RemoteClusters;

use crate::{
    controller::{
        context::Context,
        finalizer::{self, FinalizerError},
        platform::{Platform, PlatformKey},
        target_cluster::TargetCluster,
    },
    model::{cloud::CloudState, health::Health},
    spec::{self, Validated},
};
use anchor::{AnchorError, AnchorState};
use connections::ConnectionState;

/// The cluster that holds a platform's objects.
pub enum Target {
    /// The cluster can be used. The second value is the platform with the owner of its objects there.
    Ready(TargetCluster, Box<Validated>),
    /// It cannot be used yet.
    Pending(Vec<Health>),
    /// The state is not known yet, but will be soon: the status stays as it is.
    Unknown,
}

/// Why a platform's cluster could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error(transparent)]
    Finalizer(#[from] FinalizerError),
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

/// The cluster that holds a platform's objects; makes sure that the objects have an owner there.
pub async fn target(
    context: &Context,
    platform: &Platform,
    validated: Validated,
) -> Result<Target, TargetError> {
    if validated.target == fdp_crds::Target::InCluster {
        return Ok(Target::Ready(context.local_cluster(), Box::new(validated)));
    }
    let state = context.aws.state(&PlatformKey::of(platform));
    let cluster = match connection(context, platform, state.as_ref()).await {
        Some(ConnectionState::Ready(cluster)) => cluster,
        Some(ConnectionState::Failed(health)) => return Ok(Target::Pending(vec![health])),
        Some(ConnectionState::Connecting) => return Ok(Target::Unknown),
        None => {
            return Ok(match state {
                None => Target::Unknown,
                Some(state) if state.health.iter().any(|health| !health.is_ready()) => {
                    Target::Pending(state.health)
                }
                Some(_) => Target::Pending(vec![Health::Waiting(
                    "the EKS cluster in which the platform is to run is not there yet".to_owned(),
                )]),
            });
        }
    };
    let uid = platform.meta().uid.clone().unwrap_or_default();
    if !validated.suspend {
        // Before any object is created.
        finalizer::OBJECTS.set(context, platform).await?;
    }
    Ok(match anchor::ensure(&cluster, &validated, &uid).await? {
        AnchorState::Ready(anchored) => Target::Ready(cluster, anchored),
        AnchorState::Pending(health) => Target::Pending(vec![health]),
    })
}

/// Deletes a deleted platform's objects in a remote cluster; returns what is still pending, if anything.
pub async fn finalize(context: &Context, platform: &Platform) -> Result<Option<Vec<Health>>, TargetError> {
    if !finalizer::OBJECTS.is_set(platform) {
        return Ok(None);
    }
    if let Some(health) = pending_deletion(context, platform).await? {
        return Ok(Some(vec![health]));
    }
    finalizer::OBJECTS.remove(context, platform).await?;
    context.remote_clusters.forget(&PlatformKey::of(platform));
    // The cluster itself may be deleted now, so AWS is reconciled at once.
    context.aws.forget(&PlatformKey::of(platform));
    Ok(None)
}

/// What the deletion of a platform's objects in a remote cluster waits for, if anything.
async fn pending_deletion(context: &Context, platform: &Platform) -> Result<Option<Health>, TargetError> {
    let waiting = |message: &str| Ok(Some(Health::Waiting(message.to_owned())));
    let state = context.aws.state(&PlatformKey::of(platform));
    let problem = state
        .iter()
        .flat_map(|state| &state.health)
        .find(|health| !health.is_ready());
    if state.as_ref().is_some_and(|state| state.cluster.is_none()) && problem.is_none() {
        // Without the cluster, its objects do not exist either.
        return Ok(None);
    }
    match connection(context, platform, state.as_ref()).await {
        Some(ConnectionState::Ready(cluster)) => {
            let key = PlatformKey::of(platform);
            let uid = platform.meta().uid.clone().unwrap_or_default();
            if anchor::delete(&cluster, &key.namespace, &key.name, &uid).await? {
                return Ok(None);
            }
            waiting("the platform's objects in its EKS cluster are being deleted")
        }
        Some(ConnectionState::Connecting) => waiting("connecting to the platform's EKS cluster"),
        Some(ConnectionState::Failed(health)) => Ok(Some(Health::Failed(format!(
            "{}; to give up what the platform has there, remove its finalizer {} by hand",
            health.message().unwrap_or_default(),
            finalizer::OBJECTS.name
        )))),
        None => match problem {
            Some(problem) => Ok(Some(problem.clone())),
            None => waiting("AWS was not asked yet where the platform's EKS cluster is"),
        },
    }
}

/// The connection to the platform's cluster, from what was last observed at AWS.
async fn connection(
    context: &Context,
    platform: &Platform,
    state: Option<&CloudState>,
) -> Option<ConnectionState> {
    let aws = platform.0.as_ref().ok().and_then(spec::aws)?;
    let identity = context.aws.identity(&PlatformKey::of(platform).namespace).ok()?;
    let config = context.aws.connections.config(&aws.region, &identity).await;
    let access = state.and_then(|state| state.access.as_ref());
    let reference = ObjectRef::from_obj(platform);
    context
        .remote_clusters
        .state(&reference, &config, &aws.region, access)
}
