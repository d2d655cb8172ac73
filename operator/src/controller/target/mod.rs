//! In which cluster a platform has its objects, and how to work there: beside its resource, or in a cluster at AWS.

mod anchor;
mod connect;
mod remotes;
mod tokens;

use std::sync::Arc;

use fdp_crds::Target;
use http::Request;
use kube::{Client, Resource as _, client::Body, runtime::reflector::ObjectRef};
use tower::util::MapRequestLayer;

pub use remotes::Remotes;

use crate::{
    controller::{
        Context,
        caches::{Copies, Platform, key},
        finalizer::{self, FinalizerError},
        writes::RecentWrites,
    },
    model::{cloud::CloudState, health::Health},
    spec::{self, Validated},
    telemetry,
};
use anchor::{AnchorError, Hold};
use remotes::Reach;

/// What it takes to work on the objects in one cluster.
#[derive(Clone)]
pub struct TargetCluster {
    pub client: Client,
    pub copies: Arc<Copies>,
    pub writes: Arc<RecentWrites>,
}

/// What has become of the look for a platform's cluster.
pub enum Found {
    /// It is there, and the platform with its owner in it.
    Here(TargetCluster, Box<Validated>),
    /// It cannot be worked in yet.
    NotYet(Vec<Health>),
    /// Nobody knows yet, which is soon told: the status stays as it is.
    Unknown,
}

/// Why a platform's cluster could not be worked in.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error(transparent)]
    Finalizer(#[from] FinalizerError),
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

/// Finds the cluster in which a platform has its objects, and sees to it that they have an owner there.
pub async fn find(
    context: &Context,
    platform: &Platform,
    validated: Validated,
) -> Result<Found, TargetError> {
    if validated.target == Target::InCluster {
        return Ok(Found::Here(context.home(), Box::new(validated)));
    }
    let state = context.clouds.state(&key(platform));
    let cluster = match reach(context, platform, state.as_ref()).await {
        Some(Reach::Ready(cluster)) => cluster,
        Some(Reach::Troubled(trouble)) => return Ok(Found::NotYet(vec![trouble])),
        Some(Reach::Connecting) => return Ok(Found::Unknown),
        None => {
            return Ok(match state {
                None => Found::Unknown,
                Some(state) if state.health.iter().any(|health| !health.is_ready()) => {
                    Found::NotYet(state.health)
                }
                Some(_) => Found::NotYet(vec![Health::Waiting(
                    "the EKS cluster in which the platform is to run is not there yet".to_owned(),
                )]),
            });
        }
    };
    let uid = platform.meta().uid.clone().unwrap_or_default();
    if !validated.suspend {
        // Before there is anything.
        finalizer::OBJECTS.set(context, platform).await?;
    }
    Ok(match anchor::hold(&cluster, &validated, &uid).await? {
        Hold::Held(anchored) => Found::Here(cluster, anchored),
        Hold::NotYet(health) => Found::NotYet(vec![health]),
    })
}

/// Takes a deleted platform's objects out of another cluster; what is still waited for, if anything.
pub async fn leave(context: &Context, platform: &Platform) -> Result<Option<Vec<Health>>, TargetError> {
    if !finalizer::OBJECTS.is_set(platform) {
        return Ok(None);
    }
    if let Some(health) = stay(context, platform).await? {
        return Ok(Some(vec![health]));
    }
    finalizer::OBJECTS.take_away(context, platform).await?;
    context.remotes.forget(&key(platform));
    // The cluster itself may go now, so AWS is asked at once.
    context.clouds.forget(&key(platform));
    Ok(None)
}

/// What keeps a deleted platform's objects in another cluster, if anything.
async fn stay(context: &Context, platform: &Platform) -> Result<Option<Health>, TargetError> {
    let waiting = |message: &str| Ok(Some(Health::Waiting(message.to_owned())));
    let state = context.clouds.state(&key(platform));
    let problem = state
        .iter()
        .flat_map(|state| &state.health)
        .find(|health| !health.is_ready());
    if state.as_ref().is_some_and(|state| state.cluster.is_none()) && problem.is_none() {
        // Without the cluster there is nothing left in it.
        return Ok(None);
    }
    match reach(context, platform, state.as_ref()).await {
        Some(Reach::Ready(cluster)) => {
            let (namespace, name) = key(platform);
            let uid = platform.meta().uid.clone().unwrap_or_default();
            if anchor::release(&cluster, &namespace, &name, &uid).await? {
                return Ok(None);
            }
            waiting("the platform's objects in its EKS cluster are being deleted")
        }
        Some(Reach::Connecting) => waiting("connecting to the platform's EKS cluster"),
        Some(Reach::Troubled(trouble)) => Ok(Some(Health::Failed(format!(
            "{}; to give up what the platform has there, remove its finalizer {} by hand",
            trouble.message().unwrap_or_default(),
            finalizer::OBJECTS.name
        )))),
        None => match problem {
            Some(problem) => Ok(Some(problem.clone())),
            None => waiting("AWS was not asked yet where the platform's EKS cluster is"),
        },
    }
}

/// Whether the platform's cluster can be worked in, by what was last seen at AWS.
async fn reach(context: &Context, platform: &Platform, state: Option<&CloudState>) -> Option<Reach> {
    let aws = platform.0.as_ref().ok().and_then(spec::aws)?;
    let config = context.clouds.connections.config(&aws.region).await;
    let access = state.and_then(|state| state.access.as_ref());
    let reference = ObjectRef::from_obj(platform);
    context.remotes.reach(&reference, &config, &aws.region, access)
}

/// Counts what is asked of the API server of any cluster.
pub fn counted() -> MapRequestLayer<fn(Request<Body>) -> Request<Body>> {
    MapRequestLayer::new(telemetry::count_request as fn(_) -> _)
}
