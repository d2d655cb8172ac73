//! Reconciles the AWS resources of platforms in a loop of its own, so that objects and AWS resources do not wait for
//! each other.

mod cache;

use std::{sync::Arc, time::Duration};

use fdp_catalogue::Service;
use fdp_crds::{CloudStatus, DeletionPolicy};
use kube::{Resource as _, runtime::controller::Action};

pub use cache::AwsCache;

use crate::{
    aws::{
        access::{Identity, NotAllowed},
        codebuild, ecr, eks,
        owner::Owner,
        progress::Progress,
    },
    controller::{
        context::Context,
        finalizer::{self, FinalizerError},
        platform::{Platform, PlatformKey},
    },
    model::{cloud, health::Health, reason::Reason},
    spec::{self, Aws, Validated},
};

/// How often AWS is observed if nothing changes.
const RESYNC_INTERVAL: Duration = Duration::from_mins(10);
/// When AWS is observed again after a change of its resources.
const AFTER_CHANGE: Duration = Duration::from_secs(3);
/// When AWS is observed again while it is busy, which takes minutes.
const WHILE_BUSY: Duration = Duration::from_secs(30);

/// Why a reconciliation has to be repeated soon.
#[derive(Debug, thiserror::Error)]
pub enum AwsReconcileError {
    #[error(transparent)]
    Finalizer(#[from] FinalizerError),
}

/// Whether a platform has, or had, resources at AWS.
pub fn uses_aws(platform: &Platform) -> bool {
    finalizer::AWS.is_set(platform)
        || platform
            .0
            .as_ref()
            .is_ok_and(|platform| spec::aws(platform).is_some())
}

/// Brings a platform's resources at AWS closer to its specification. Calls AWS only after a change of the specification,
/// or when the next observation is due.
pub async fn reconcile(platform: Arc<Platform>, context: Arc<Context>) -> Result<Action, AwsReconcileError> {
    context.caches.synced().await;
    let Ok(readable) = &platform.0 else {
        // Its AWS resources are kept until it can be parsed. The other loop reports the error.
        return Ok(Action::await_change());
    };
    let Some(aws) = spec::aws(readable) else {
        context.aws.forget(&PlatformKey::of(&platform));
        finalizer::AWS.remove(&context, &platform).await?;
        return Ok(Action::await_change());
    };
    if platform.meta().deletion_timestamp.is_some() {
        return finalize(&platform, &aws, &context).await;
    }
    let Ok(validated) = Validated::new(readable, &context.settings) else {
        return Ok(Action::await_change());
    };
    let allowed = context.aws.allow(&validated.namespace, &aws);
    if !validated.suspend && allowed.is_ok() {
        match aws.deletion_policy {
            // Before any resource is created.
            DeletionPolicy::Delete => finalizer::AWS.set(&context, &platform).await?,
            DeletionPolicy::Retain => finalizer::AWS.remove(&context, &platform).await?,
        }
    }
    if let Some(wait) = context.aws.wait_time(&platform) {
        return Ok(Action::requeue(wait));
    }
    let progress = match allowed {
        Ok(identity) => reconcile_services(&validated, &aws, &identity, &context).await,
        Err(why) => not_allowed(
            &platform,
            &context,
            Health::Held {
                reason: Reason::CloudNotAllowed,
                message: why.to_string(),
                for_person: true,
            },
        ),
    };
    Ok(record(&platform, progress, &context))
}

/// The progress of a platform that may not use AWS: nothing is called, so what is known of its resources stays.
fn not_allowed(platform: &Platform, context: &Context, health: Health) -> Progress {
    let mut state = context.aws.state(&PlatformKey::of(platform)).unwrap_or_default();
    state.health = vec![health];
    Progress {
        state,
        ..Progress::default()
    }
}

/// What keeps a deleted platform that may not use AWS any more.
fn not_allowed_to_delete(why: &NotAllowed) -> Health {
    Health::Failed(format!(
        "{why}; to leave there what is there, set cloud.aws.deletionPolicy to Retain"
    ))
}

/// When to reconcile again after an error.
pub fn on_error(platform: &Platform, error: &AwsReconcileError, context: &Context) -> Action {
    let delay = context.aws.backoff.failed(&PlatformKey::of(platform));
    tracing::warn!(platform = PlatformKey::of(platform).to_string(), %error, retry_in = ?delay, "looking after AWS failed");
    Action::requeue(delay)
}

/// Records what was observed, and returns when to reconcile again.
fn record(platform: &Platform, progress: Progress, context: &Context) -> Action {
    let key = PlatformKey::of(platform);
    let interval = if progress.changed {
        AFTER_CHANGE
    } else if progress.busy {
        WHILE_BUSY
    } else {
        RESYNC_INTERVAL
    };
    let next = if progress.failed {
        // A failure of one service must not delay the reconciliation of the others.
        let delay = context.aws.backoff.failed(&key).min(interval);
        let causes: Vec<&str> = progress.state.health.iter().filter_map(Health::message).collect();
        tracing::warn!(
            platform = key.to_string(),
            causes = causes.join("; "),
            retry_in = ?delay,
            "AWS did not do what it was asked"
        );
        delay
    } else {
        if !progress.changed {
            context.aws.backoff.succeeded(&key);
        }
        interval.mul_f64(rand::random_range(0.9..1.1))
    };
    context.aws.record(platform, progress.state, next);
    Action::requeue(next)
}

/// Reconciles each service independently of the others, so that an error of one does not stop them.
async fn reconcile_services(
    platform: &Validated,
    aws: &Aws,
    identity: &Identity,
    context: &Context,
) -> Progress {
    let clients = context.aws.connections.to(&aws.region, identity).await;
    let owner = Owner::new(&platform.namespace, &platform.name);
    let mut progress = Progress::default();
    if let Some(repositories) = &aws.ecr {
        let desired = ecr::Desired {
            repositories: platform
                .services
                .iter()
                .map(|settings| settings.service.name())
                .map(|service| (service.to_owned(), repositories.repository(service)))
                .collect(),
            scan_on_push: repositories.scan_on_push,
            immutable_tags: repositories.immutable_tags,
        };
        progress = progress.merge(ecr::reconcile(&clients.ecr, &owner, &desired, platform.suspend).await);
    }
    if let Some(cluster) = &aws.eks {
        progress = progress.merge(
            eks::reconcile(
                &clients,
                &owner,
                &eks::Desired::new(cluster, &aws.region),
                platform.suspend,
            )
            .await,
        );
    }
    if let Some(projects) = &aws.code_build {
        let services = platform.services.iter().map(|settings| settings.service.name());
        let desired = codebuild::Desired::new(projects, services);
        progress = progress
            .merge(codebuild::reconcile(&clients.codebuild, &owner, &desired, platform.suspend).await);
    }
    progress
}

/// Finalizes a platform that is being deleted: deletes its AWS resources if its deletion policy still says so, then
/// removes the finalizer.
async fn finalize(platform: &Platform, aws: &Aws, context: &Context) -> Result<Action, AwsReconcileError> {
    if finalizer::OBJECTS.is_set(platform) {
        return Ok(observe_cluster(platform, aws, context).await);
    }
    if !finalizer::AWS.is_set(platform) {
        context.aws.forget(&PlatformKey::of(platform));
        return Ok(Action::await_change());
    }
    // The policy of now counts, not that of when the finalizer was set: it may be changed to rescue what is still there.
    if aws.deletion_policy == DeletionPolicy::Retain {
        return release(platform, context).await;
    }
    if let Some(wait) = context.aws.wait_time(platform) {
        return Ok(Action::requeue(wait));
    }
    let identity = match context.aws.allow(&PlatformKey::of(platform).namespace, aws) {
        Ok(identity) => identity,
        Err(why) => {
            let progress = not_allowed(platform, context, not_allowed_to_delete(&why));
            return Ok(record(platform, progress, context));
        }
    };
    let clients = context.aws.connections.to(&aws.region, &identity).await;
    let owner = owner(platform);
    let mut progress = Progress::default();
    if let Some(projects) = &aws.code_build {
        let names = Service::ALL.map(|service| projects.project(service.name()));
        progress = progress.merge(codebuild::finalize(&clients.codebuild, &owner, names.to_vec()).await);
    }
    if let Some(cluster) = &aws.eks {
        progress = progress.merge(eks::finalize(&clients, &owner, &cluster.name).await);
    }
    if let Some(repositories) = &aws.ecr {
        let deleted = ecr::delete(&clients.ecr, &owner, &repositories.prefix).await;
        progress = progress
            .merge(deleted.map_or_else(|problem| Progress::failed(&problem), |()| Progress::default()));
    }
    if !progress.is_complete() {
        return Ok(record(platform, progress, context));
    }
    release(platform, context).await
}

/// Lets a deleted platform go: nothing is left at AWS that has to go first.
async fn release(platform: &Platform, context: &Context) -> Result<Action, AwsReconcileError> {
    finalizer::AWS.remove(context, platform).await?;
    context.aws.forget(&PlatformKey::of(platform));
    Ok(Action::await_change())
}

/// The objects in a remote cluster are deleted before the cluster itself, so this only observes the cluster.
async fn observe_cluster(platform: &Platform, aws: &Aws, context: &Context) -> Action {
    let Some(cluster) = &aws.eks else {
        return Action::await_change();
    };
    if let Some(wait) = context.aws.wait_time(platform) {
        return Action::requeue(wait);
    }
    let progress = match context.aws.allow(&PlatformKey::of(platform).namespace, aws) {
        Ok(identity) => {
            let clients = context.aws.connections.to(&aws.region, &identity).await;
            eks::find(&clients, &owner(platform), &cluster.name).await
        }
        Err(why) => not_allowed(platform, context, not_allowed_to_delete(&why)),
    };
    record(platform, progress, context)
}

/// The progress of deleting a platform's AWS resources; `None` if the platform does not wait for it.
pub fn deletion_health(platform: &Platform, context: &Context) -> Option<Vec<Health>> {
    if !finalizer::AWS.is_set(platform) {
        return None;
    }
    if platform.0.is_err() {
        return Some(vec![Health::Failed(
            "what it has at AWS cannot be told from a specification that cannot be read: correct it, or delete the finalizer fooddelivery.dev/aws by hand".to_owned(),
        )]);
    }
    let observed = context
        .aws
        .state(&PlatformKey::of(platform))
        .map(|state| state.health)
        .unwrap_or_default();
    let problems: Vec<Health> = observed.into_iter().filter(|health| !health.is_ready()).collect();
    Some(if problems.is_empty() {
        vec![Health::Waiting(
            "what the platform has at AWS is being deleted".to_owned(),
        )]
    } else {
        problems
    })
}

/// The part of the status about what was last observed at AWS.
pub fn status(platform: &Platform, context: &Context) -> Option<CloudStatus> {
    Some(cloud::of(&context.aws.state(&PlatformKey::of(platform))?))
}

fn owner(platform: &Platform) -> Owner {
    let key = PlatformKey::of(platform);
    Owner::new(&key.namespace, &key.name)
}
