//! Looks after what platforms have at AWS, in a loop of its own, so that neither waits for the other.

mod known;

use std::{sync::Arc, time::Duration};

use fdp_crds::{CloudStatus, DeletionPolicy};
use kube::{Resource as _, runtime::controller::Action};

pub use known::Clouds;

use crate::{
    aws::{codebuild, ecr, eks, look::Look, owner::Owner},
    controller::{
        Context,
        caches::{Platform, key},
        finalizer::{self, FinalizerError},
        reconcile::key as name,
    },
    model::{cloud, health::Health},
    spec::{self, Aws, Validated, catalog::Service},
};

/// How often AWS is asked if nothing seems to happen.
const CALM: Duration = Duration::from_mins(10);
/// When AWS is asked again after something was changed there.
const SOON: Duration = Duration::from_secs(3);
/// When AWS is asked again while it is busy with something, which takes it minutes.
const BUSY: Duration = Duration::from_secs(30);

/// A look that has to be repeated soon.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    #[error(transparent)]
    Finalizer(#[from] FinalizerError),
}

/// Whether a platform has, or had, something at AWS.
pub fn concerns(platform: &Platform) -> bool {
    finalizer::AWS.is_set(platform)
        || platform
            .0
            .as_ref()
            .is_ok_and(|platform| spec::aws(platform).is_some())
}

/// Brings what a platform has at AWS closer to what its resource says. Asks AWS only after a change of the
/// specification, or when it is time.
pub async fn reconcile(platform: Arc<Platform>, context: Arc<Context>) -> Result<Action, CloudError> {
    context.caches.synced().await;
    let Ok(readable) = &platform.0 else {
        // What it has at AWS stays until it can be read; the other loop says what is wrong with it.
        return Ok(Action::await_change());
    };
    let Some(aws) = spec::aws(readable) else {
        context.clouds.forget(&key(&platform));
        finalizer::AWS.take_away(&context, &platform).await?;
        return Ok(Action::await_change());
    };
    if platform.meta().deletion_timestamp.is_some() {
        return leave(&platform, &aws, &context).await;
    }
    let Ok(validated) = Validated::new(readable, &context.settings) else {
        return Ok(Action::await_change());
    };
    if !validated.suspend {
        match aws.deletion_policy {
            // Before there is anything.
            DeletionPolicy::Delete => finalizer::AWS.set(&context, &platform).await?,
            DeletionPolicy::Retain => finalizer::AWS.take_away(&context, &platform).await?,
        }
    }
    if let Some(wait) = context.clouds.not_yet(&platform) {
        return Ok(Action::requeue(wait));
    }
    let look = look(&validated, &aws, &context).await;
    Ok(remember(&platform, look, &context))
}

/// Says when to look again after an error.
pub fn on_error(platform: &Platform, error: &CloudError, context: &Context) -> Action {
    let delay = context.clouds.backoff.failed(&name(platform));
    tracing::warn!(platform = name(platform), %error, retry_in = ?delay, "looking after AWS failed");
    Action::requeue(delay)
}

/// Remembers what a look has come to, and says when to look again.
fn remember(platform: &Platform, look: Look, context: &Context) -> Action {
    let calm = if look.changed {
        SOON
    } else if look.busy {
        BUSY
    } else {
        CALM
    };
    let next = if look.failed {
        // What went wrong in one part does not make the others slower.
        let delay = context.clouds.backoff.failed(&name(platform)).min(calm);
        let causes: Vec<&str> = look.state.health.iter().filter_map(Health::message).collect();
        tracing::warn!(
            platform = name(platform),
            causes = causes.join("; "),
            retry_in = ?delay,
            "AWS did not do what it was asked"
        );
        delay
    } else {
        if !look.changed {
            context.clouds.backoff.succeeded(&name(platform));
        }
        calm.mul_f64(rand::random_range(0.9..1.1))
    };
    context.clouds.remember(platform, look.state, next);
    Action::requeue(next)
}

/// Looks at everything, each part as if the others were not, so that what one of them meets does not keep them.
async fn look(platform: &Validated, aws: &Aws, context: &Context) -> Look {
    let clients = context.clouds.connections.to(&aws.region).await;
    let owner = Owner::new(&platform.namespace, &platform.name);
    let mut look = Look::default();
    if let Some(repositories) = &aws.ecr {
        let wanted = ecr::Wanted {
            repositories: platform
                .services
                .iter()
                .map(|settings| settings.service.name())
                .map(|service| (service.to_owned(), repositories.repository(service)))
                .collect(),
            scan_on_push: repositories.scan_on_push,
            immutable_tags: repositories.immutable_tags,
            keep_images: repositories.keep_images,
        };
        look = look.and(ecr::look(&clients.ecr, &owner, &wanted, platform.suspend).await);
    }
    if let Some(cluster) = &aws.eks {
        look = look.and(eks::look(&clients, &owner, &cluster.into(), platform.suspend).await);
    }
    if let Some(projects) = &aws.code_build {
        let services = platform.services.iter().map(|settings| settings.service.name());
        let wanted = codebuild::Wanted::new(projects, services);
        look = look.and(codebuild::look(&clients.codebuild, &owner, &wanted, platform.suspend).await);
    }
    look
}

/// The platform is being deleted: takes away what it has at AWS if its deletion policy says so, and lets it go.
async fn leave(platform: &Platform, aws: &Aws, context: &Context) -> Result<Action, CloudError> {
    if finalizer::OBJECTS.is_set(platform) {
        return Ok(find_cluster(platform, aws, context).await);
    }
    if !finalizer::AWS.is_set(platform) {
        context.clouds.forget(&key(platform));
        return Ok(Action::await_change());
    }
    if let Some(wait) = context.clouds.not_yet(platform) {
        return Ok(Action::requeue(wait));
    }
    let clients = context.clouds.connections.to(&aws.region).await;
    let owner = owner(platform);
    let mut look = Look::default();
    if let Some(projects) = &aws.code_build {
        let names = Service::ALL.map(|service| projects.project(service.name()));
        look = look.and(codebuild::leave(&clients.codebuild, &owner, names.to_vec()).await);
    }
    if let Some(cluster) = &aws.eks {
        look = look.and(eks::leave(&clients, &owner, &cluster.name).await);
    }
    if let Some(repositories) = &aws.ecr {
        let deleted = ecr::delete(&clients.ecr, &owner, &repositories.prefix).await;
        look = look.and(deleted.map_or_else(|problem| Look::failed(&problem), |()| Look::default()));
    }
    if !look.is_over() {
        return Ok(remember(platform, look, context));
    }
    finalizer::AWS.take_away(context, platform).await?;
    context.clouds.forget(&key(platform));
    Ok(Action::await_change())
}

/// The platform's objects have to leave the cluster before the cluster goes, so this only looks where it is.
async fn find_cluster(platform: &Platform, aws: &Aws, context: &Context) -> Action {
    let Some(cluster) = &aws.eks else {
        return Action::await_change();
    };
    if let Some(wait) = context.clouds.not_yet(platform) {
        return Action::requeue(wait);
    }
    let clients = context.clouds.connections.to(&aws.region).await;
    let look = eks::find(&clients, &owner(platform), &cluster.name).await;
    remember(platform, look, context)
}

/// How the deletion of what a deleted platform has at AWS is going; `None` if it does not wait for that.
pub fn deletion(platform: &Platform, context: &Context) -> Option<Vec<Health>> {
    if !finalizer::AWS.is_set(platform) {
        return None;
    }
    if platform.0.is_err() {
        return Some(vec![Health::Failed(
            "what it has at AWS cannot be told from a specification that cannot be read: correct it, or delete the finalizer fooddelivery.dev/aws by hand".to_owned(),
        )]);
    }
    let met = context
        .clouds
        .state(&key(platform))
        .map(|state| state.health)
        .unwrap_or_default();
    let problems: Vec<Health> = met.into_iter().filter(|health| !health.is_ready()).collect();
    Some(if problems.is_empty() {
        vec![Health::Waiting(
            "what the platform has at AWS is being deleted".to_owned(),
        )]
    } else {
        problems
    })
}

/// What the status tells of what was last seen at AWS.
pub fn status(platform: &Platform, context: &Context) -> Option<CloudStatus> {
    Some(cloud::of(&context.clouds.state(&key(platform))?))
}

fn owner(platform: &Platform) -> Owner {
    let (namespace, name) = key(platform);
    Owner::new(&namespace, &name)
}
