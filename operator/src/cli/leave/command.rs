//! The calls of `fdp leave`.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ListParams, Patch, PatchParams},
    core::{ApiResource, DynamicObject},
};
use serde_json::json;

use crate::{
    cli::{
        leave::{
            LeaveError,
            remains::{Remains, report},
        },
        status::list::Selection,
    },
    connect::{self, ClusterArguments, ClusterError, is_not_found},
    kubernetes::names,
    model::apis::Family,
};

/// The parts that have volumes. Others may have the platform's name for an instance of theirs.
const WITH_VOLUMES: [&str; 6] = [
    names::ELASTICSEARCH,
    names::GRAFANA,
    names::KAFKA,
    names::MONGODB,
    names::POSTGRES,
    names::PROMETHEUS,
];

/// The flags of `fdp leave`.
#[derive(Clone, Debug, clap::Args)]
pub struct LeaveArguments {
    /// The platform's name [default: all platforms of the namespace].
    #[arg(conflicts_with = "all_namespaces")]
    pub name: Option<String>,

    /// The platforms of all namespaces.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,

    /// Let platforms go that are being deleted, without what their operator would have done: what they have at AWS and in
    /// EKS clusters stays there.
    #[arg(long)]
    pub remove_finalizers: bool,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Says what remains, and removes finalizers if that is asked for; returns the text and the exit code.
///
/// # Errors
/// When no cluster is found, or a call to it fails.
pub async fn run(arguments: &LeaveArguments) -> Result<(String, u8), LeaveError> {
    let client = arguments.cluster.connect().await?;
    leave(&client, arguments).await
}

/// The same with a client.
///
/// # Errors
/// When a call to the cluster fails.
pub async fn leave(client: &Client, arguments: &LeaveArguments) -> Result<(String, u8), LeaveError> {
    let namespace = client.default_namespace().to_owned();
    let selection = match arguments.name.clone() {
        None if arguments.all_namespaces => Selection::Everywhere,
        None => Selection::Namespace(namespace),
        Some(name) => Selection::One { namespace, name },
    };
    let command = command(&selection);
    let platforms = selection.list(client).await?;
    if arguments.remove_finalizers {
        return Ok((let_go(client, &platforms).await?, 0));
    }
    let mut all = Vec::new();
    for platform in &platforms {
        let mut remains = Remains::of(platform);
        remains.kept = kept(client, &remains).await?;
        all.push(remains);
    }
    Ok(report(&all, &command))
}

/// The command as it was typed.
fn command(selection: &Selection) -> String {
    let program = connect::program();
    match selection {
        Selection::Everywhere => format!("{program} leave -A"),
        Selection::Namespace(namespace) => format!("{program} leave -n {namespace}"),
        Selection::One { namespace, name } => format!("{program} leave {name} -n {namespace}"),
    }
}

/// The objects of a platform that Kubernetes keeps: volumes, and those that no owner takes along.
async fn kept(client: &Client, platform: &Remains) -> Result<Vec<String>, ClusterError> {
    // Kubernetes makes volume claims of a StatefulSet, with the labels of its pods only.
    let volumes = ApiResource::erase::<PersistentVolumeClaim>(&());
    let mut kept = Vec::new();
    let others = Family::ALL.into_iter().flat_map(Family::kinds);
    let parts = WITH_VOLUMES.join(",");
    let of_volumes = format!(
        "{}={},{} in ({parts})",
        names::INSTANCE_LABEL,
        platform.name,
        names::NAME_LABEL
    );
    let of_others = format!("{}={}", names::PLATFORM_LABEL, platform.name);
    for (kind, labels) in [(volumes, &of_volumes)]
        .into_iter()
        .chain(others.map(|kind| (kind, &of_others)))
    {
        let api = Api::<DynamicObject>::namespaced_with(client.clone(), &platform.namespace, &kind);
        let of_platform = ListParams::default().labels(labels);
        let found = match api.list_metadata(&of_platform).await {
            Ok(found) => found.items,
            // The cluster does not know that program.
            Err(error) if is_not_found(&error) => continue,
            Err(error) => {
                let doing = format!("list what {} of kind {} keeps", platform.name, kind.kind);
                return Err(ClusterError::new(doing, &error));
            }
        };
        let without_owner = found.iter().filter(|object| object.owner_references().is_empty());
        kept.extend(without_owner.map(|object| format!("{} {}", kind.kind, object.name_any())));
    }
    Ok(kept)
}

/// Removes our finalizers from the platforms that are being deleted; says from which.
async fn let_go(client: &Client, platforms: &[DynamicObject]) -> Result<String, ClusterError> {
    let mut lines = Vec::new();
    for platform in platforms {
        let remains = Remains::of(platform);
        let name = format!("FoodDeliveryPlatform {}/{}", remains.namespace, remains.name);
        if !remains.waits_for_operator() {
            let why = if remains.is_being_deleted {
                "does not wait for the operator"
            } else {
                "is not being deleted, and keeps its finalizers"
            };
            lines.push(format!("{name}: {why}\n"));
            continue;
        }
        // With its version, so that nothing is lost that was written in the meantime.
        let patch = json!({ "metadata": {
            "finalizers": remains.finalizers_of_others, "resourceVersion": platform.resource_version(),
        } });
        let selected = Selection::Namespace(remains.namespace.clone());
        let patched = selected
            .api(client)
            .patch(&remains.name, &PatchParams::default(), &Patch::Merge(&patch))
            .await;
        match patched {
            Ok(_) => lines.push(format!("{name}: removed {}\n", remains.finalizers.join(" and "))),
            Err(error) if is_not_found(&error) => lines.push(format!("{name}: is gone\n")),
            Err(error) => {
                return Err(ClusterError::new(
                    format!("remove the finalizers of {name}"),
                    &error,
                ));
            }
        }
    }
    Ok(lines.concat())
}
