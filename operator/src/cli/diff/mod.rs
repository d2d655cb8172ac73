//! `fdp diff`: shows what the operator would change in a cluster for a platform, without changing anything.

mod claims;
pub mod command;
pub mod defaults;
mod drills;
mod error;
pub mod fields;
mod lines;
mod live;
mod passwords;
mod preview;
pub mod report;
pub mod text;

use fdp_crds::{FoodDeliveryPlatform, Target, admit_change};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::jiff::Timestamp;
use kube::{Client, ResourceExt, core::DynamicObject};

use crate::{
    cli::render::RenderError,
    components::mesh,
    model::{
        object::{ObjectKey, Planned},
        observed::Observed,
        reason::Reason,
    },
    plan::{
        self, Plan,
        changes::{deletions, succeeds},
        compared::compare,
        secrets::reads_secret,
    },
    settings::Settings,
    spec::Validated,
};
pub use error::DiffError;

use live::Live;
use preview::Preview;
use report::{Entry, Outcome, Report};

/// How many dry runs are sent at the same time.
const CONCURRENT_CALLS: usize = 8;

/// The reasons for which objects are not planned.
const UNPLANNED: [Reason; 3] = [Reason::ApiMissing, Reason::SecretMissing, Reason::SecretNotShared];

/// Compares the desired objects of `platform` with the cluster.
///
/// A platform without a namespace gets the client's. Every write is a dry run.
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
    let validated = Validated::new(&platform, settings)
        .map_err(|source| RenderError::Invalid {
            name: name.clone(),
            source,
        })?
        .scaled_by_others(&live.scaled_by_others);
    // Boxed because it is kilobytes large, and would make every future below as large.
    let validated = Box::new(validated);
    drop(platform);
    if validated.target == Target::Eks {
        return Err(DiffError::Elsewhere { name });
    }
    let remembered = live.remembered();
    let mut observed = Observed {
        credentials: passwords::credentials(&name, &live.children),
        children: live.children,
        apis: live.apis.clone(),
        remembered,
        network: live.network.clone(),
        created: live.platform.as_ref().and_then(created),
        ..Observed::default()
    };
    (observed.drills, observed.pods) = drills::read(client, &namespace, &name).await?;
    if !observed.drills.is_empty() {
        observed.now = Timestamp::now();
    }
    let validated = Box::new(plan::drills::under_fault(*validated, &observed));
    let claims = claims::of_others(client, &validated).await?;
    observed.host_claims = claims.as_deref().unwrap_or_default().to_vec();
    let mut about_hosts = mesh::taken_hosts(&validated, &observed);
    about_hosts.extend(claims.err().map(|why| {
        format!("other platforms cannot be listed, so that nobody knows whether one of them has a host of this one: {why}")
    }));
    for named in plan::secrets::asks_for(&validated, &observed) {
        let known = live::read_referenced(client, &named.namespace, &named.name).await?;
        let key = named.key(&validated);
        observed.referenced.extend(known.map(|known| (key, known)));
    }
    let mut plan = plan::plan(&validated, &observed);
    live.children = observed.children;
    live::read_unlabelled(client, &namespace, &plan.objects, &mut live.children).await?;
    if live.secrets_unreadable.is_some() {
        passwords::take_as_unchanged(&mut plan.objects, &live.children);
    }
    let entries = entries(client, &validated, &plan, &live).await?;
    Ok(Report {
        notes: notes(&validated, &plan, &live, about_hosts),
        namespace,
        name,
        entries,
    })
}

/// Checks the rules of the CRD for updates, as the API server does.
fn check_update(platform: &FoodDeliveryPlatform, live: Option<&DynamicObject>) -> Result<(), RenderError> {
    // If this version cannot parse the live platform, the comparison still runs.
    let Some(live) = live.and_then(|live| live.clone().try_parse::<FoodDeliveryPlatform>().ok()) else {
        return Ok(());
    };
    admit_change(platform, &live).map_err(|source| RenderError::Refused {
        name: platform.name_any(),
        source,
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
    let compared = compare(&plan.objects, &live.children)
        .into_iter()
        .map(async |compared| {
            let object = compared.planned.key();
            let outcome = preview.of(compared).await?;
            Ok::<_, DiffError>(Entry { object, outcome })
        });
    let mut entries: Vec<Entry> = stream::iter(compared)
        .buffered(CONCURRENT_CALLS)
        .try_collect()
        .await?;
    let waiting = leave_waiting(&mut entries, &plan.objects);
    let deleted = deletions(platform, plan, &live.children)
        // The name of a Job depends on the passwords that it was created for.
        .filter(|deletion| live.secrets_unreadable.is_none() || deletion.key.kind != "Job")
        .filter(|deletion| !waiting.iter().any(|planned| succeeds(planned, deletion)))
        .map(|deletion| Entry {
            object: deletion.key.clone(),
            outcome: Outcome::Deleted,
        });
    entries.extend(deleted);
    Ok(entries)
}

/// Says of what reads a Secret with generated passwords that would be rejected that it waits; returns what that is.
fn leave_waiting<'a>(entries: &mut [Entry], objects: &'a [Planned]) -> Vec<&'a Planned> {
    let refused: Vec<ObjectKey> = entries
        .iter()
        .filter(|entry| matches!(entry.outcome, Outcome::Refused(_)))
        .map(|entry| entry.object.clone())
        .collect();
    let mut waiting = Vec::new();
    for secret in objects.iter().filter(|planned| planned.generated) {
        let secret = secret.key();
        if !refused.contains(&secret) {
            continue;
        }
        for planned in objects
            .iter()
            .filter(|planned| reads_secret(planned, &secret.name))
        {
            let key = planned.key();
            let entry = entries.iter_mut().find(|entry| entry.object == key);
            let written = |outcome: &Outcome| matches!(outcome, Outcome::Created | Outcome::Changed { .. });
            if let Some(entry) = entry.filter(|entry| written(&entry.outcome)) {
                entry.outcome = Outcome::Waiting(secret.clone());
                waiting.push(planned);
            }
        }
    }
    waiting
}

fn created(platform: &DynamicObject) -> Option<Timestamp> {
    Some(platform.metadata.creation_timestamp.as_ref()?.0)
}

fn notes(platform: &Validated, plan: &Plan, live: &Live, about_hosts: Vec<String>) -> Vec<String> {
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
    // What is not planned for want of something is not among the entries, so the notes say why.
    let absent = plan.assessment.conditions.iter();
    notes.extend(
        absent
            .filter(|condition| UNPLANNED.contains(&condition.reason))
            .map(|condition| condition.message.clone()),
    );
    if let Some(why) = &live.secrets_unreadable {
        notes.push(format!(
            "passwords cannot be read, so that what depends on them is not compared: {why}"
        ));
    }
    notes.extend(about_hosts);
    notes
}
