//! Shows what the operator would change in a cluster for a platform, and changes nothing.

pub mod command;
pub mod defaults;
pub mod fields;
mod lines;
mod live;
mod passwords;
mod preview;
pub mod report;
pub mod text;

use std::io;

use fdp_crds::{FoodDeliveryPlatform, Target};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::{Client, ResourceExt, core::DynamicObject};

use crate::{
    cli::render::RenderError,
    connect::{ClusterError, ConnectError, program},
    controller::apply::is_owned,
    model::{
        observed::{Children, Observed},
        reason::Reason,
    },
    plan::{self, Plan},
    settings::Settings,
    spec::Validated,
};
use live::Live;
use preview::Preview;
use report::{Entry, Outcome, Report};

/// How many objects the API server is asked about at a time.
const AT_A_TIME: usize = 8;

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The file, or a platform in it, makes no sense.
    #[error(transparent)]
    Platform(#[from] RenderError),
    /// No cluster was found.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The cluster did not answer as it should.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Nothing can be made in a namespace that is not there.
    #[error("there is no namespace {namespace}; create it: kubectl create namespace {namespace}")]
    NoNamespace { namespace: String },
    /// File and flag contradict each other.
    #[error(
        "FoodDeliveryPlatform {name} says that its namespace is {own}, --namespace says {asked}: leave one out"
    )]
    TwoNamespaces {
        name: String,
        own: String,
        asked: String,
    },
    /// The platform's objects are in a cluster that nobody has asked for.
    #[error(
        "FoodDeliveryPlatform {name} runs in its EKS cluster (target: eks), with which nothing is compared; its status tells \
         how it is doing there: {} status {name}",
        program()
    )]
    Elsewhere { name: String },
    /// Nobody takes the text.
    #[error("write the differences")]
    Print(#[source] io::Error),
}

/// Compares what the operator would make of `platform` with what is in the cluster.
///
/// A platform without a namespace is looked for in the client's. Every write is a dry run.
pub async fn diff(
    client: &Client,
    mut platform: FoodDeliveryPlatform,
    settings: &Settings,
) -> Result<Report, DiffError> {
    let name = platform.name_any();
    let namespace = platform
        .namespace()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let mut live = live::read(client, &namespace, &name).await?;
    platform.metadata.namespace = Some(namespace.clone());
    platform.metadata.uid = live.platform.as_ref().and_then(ResourceExt::uid);
    check_update(&platform, live.platform.as_ref())?;
    let validated = Validated::new(&platform, settings).map_err(|source| RenderError::Invalid {
        name: name.clone(),
        source,
    })?;
    // It is kilobytes large, and so would be every future that waits for the rest.
    let validated = Box::new(validated);
    drop(platform);
    if validated.target == Target::Eks {
        return Err(DiffError::Elsewhere { name });
    }
    let observed = Observed {
        credentials: passwords::credentials(&name, &live.children),
        children: live.children,
        apis: live.apis.clone(),
        ..Observed::default()
    };
    let plan = plan::plan(&validated, &observed);
    live.children = observed.children;
    live::read_unlabelled(client, &namespace, &plan.objects, &mut live.children).await?;
    let entries = entries(client, &validated, &plan, &live).await?;
    Ok(Report {
        notes: notes(&validated, &plan, &live),
        namespace,
        name,
        entries,
    })
}

/// Says what the API server would say to a change that is not allowed.
fn check_update(platform: &FoodDeliveryPlatform, live: Option<&DynamicObject>) -> Result<(), RenderError> {
    // One that this version cannot read is no reason not to compare.
    let Some(live) = live.and_then(|live| live.clone().try_parse::<FoodDeliveryPlatform>().ok()) else {
        return Ok(());
    };
    kube::core::cel::validate_cel_update(platform, &live).map_err(|errors| RenderError::Refused {
        name: platform.name_any(),
        problem: errors.to_string(),
    })
}

async fn entries(
    client: &Client,
    platform: &Validated,
    plan: &Plan,
    live: &Live,
) -> Result<Vec<Entry>, DiffError> {
    let preview = Preview {
        client,
        platform,
        passwords_known: live.secrets_unreadable.is_none(),
    };
    let planned = plan.objects.iter().map(async |planned| {
        let object = planned.key();
        let present = live.children.get(&object).map(AsRef::as_ref);
        let outcome = preview.of(planned, present).await?;
        Ok::<_, DiffError>(Entry { object, outcome })
    });
    let mut entries: Vec<Entry> = stream::iter(planned).buffered(AT_A_TIME).try_collect().await?;
    entries.extend(deleted(platform, plan, live));
    Ok(entries)
}

/// What belongs to the platform and is not planned any more.
fn deleted(platform: &Validated, plan: &Plan, live: &Live) -> Vec<Entry> {
    let children: &Children = &live.children;
    children
        .iter()
        .filter(|(key, _, object)| {
            !plan.contains(key)
                && !plan.keeps(object)
                && is_owned(object, platform)
                && object.metadata.deletion_timestamp.is_none()
        })
        // The name of a Job tells the passwords that it was made for.
        .filter(|(key, ..)| live.secrets_unreadable.is_none() || key.kind != "Job")
        .map(|(key, ..)| Entry {
            object: key.clone(),
            outcome: Outcome::Deleted,
        })
        .collect()
}

fn notes(platform: &Validated, plan: &Plan, live: &Live) -> Vec<String> {
    let mut notes = Vec::new();
    match &live.platform {
        None => notes.push("it is not in the cluster yet".to_owned()),
        Some(live) if live.metadata.deletion_timestamp.is_some() => {
            notes.push("it is being deleted, so that the operator writes nothing of this".to_owned());
        }
        Some(_) => {}
    }
    if platform.suspend {
        notes.push("spec.suspend is true: the operator writes nothing of this until it is false".to_owned());
    }
    // Objects of programs that are not there are not planned, which nobody would see otherwise.
    let absent = plan.assessment.conditions.iter();
    notes.extend(
        absent
            .filter(|verdict| verdict.reason == Reason::ApiMissing)
            .map(|verdict| verdict.message.clone()),
    );
    if let Some(why) = &live.secrets_unreadable {
        notes.push(format!(
            "passwords cannot be read, so that what depends on them is not compared: {why}"
        ));
    }
    notes
}
