//! The flags of `fdp drill`, and what each of its commands does.

use std::{io::Write, path::PathBuf, time::Duration};

use fdp_crds::ResilienceDrill;
use kube::{Api, Client, api::ListParams};

use crate::{
    cli::{
        drill::{
            CliDrillError,
            outside::{self, Outside, OutsideArguments},
            run::{self, Started},
            say::Say,
            text,
        },
        paint::Paint,
    },
    connect::{ClusterArguments, ClusterError},
};

/// The flags of `fdp drill`.
#[derive(Clone, Debug, clap::Args)]
pub struct DrillArguments {
    #[command(subcommand)]
    pub command: DrillCommand,
}

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum DrillCommand {
    /// Run drills, one after the other, and wait for each verdict.
    ///
    /// Ends with the worst of them: 0 if all passed, 1 if one failed, 3 if one was inconclusive, 4 if one was aborted, 2 on
    /// errors. What reaches beyond the namespace (`fault.byRunner`) is done here, with your rights, and undone here.
    Run(RunArguments),
    /// Show every drill of the namespace in a line.
    List(ListArguments),
    /// Show all that a drill has shown.
    Show(ShowArguments),
}

/// The flags of `fdp drill run`.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArguments {
    /// The names of drills that are in the cluster.
    #[arg(required_unless_present = "file")]
    pub names: Vec<String>,

    /// A YAML file with drills to apply and run, or `-` for standard input.
    #[arg(short, long, conflicts_with = "names")]
    pub file: Option<PathBuf>,

    /// For how many seconds to wait for each verdict.
    #[arg(long, default_value_t = 1800)]
    pub timeout: u64,

    #[command(flatten)]
    pub outside: OutsideArguments,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The flags of `fdp drill list`.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArguments {
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The flags of `fdp drill show`.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowArguments {
    /// The name of the drill.
    pub name: String,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Runs these drills, and those that are named; gives the exit code.
///
/// # Errors
/// When a drill cannot be applied or started, or has no verdict in time.
pub async fn run_all(
    arguments: &RunArguments,
    drills: Vec<ResilienceDrill>,
    paint: Paint,
    output: &mut impl Write,
) -> Result<u8, CliDrillError> {
    let client = arguments.cluster.connect().await?;
    let say = Say::to(output);
    let mut worst = 0;
    for drill in drills {
        outside::check(&client, &drill, &arguments.outside).await?;
        let started = run::apply(&client, drill.clone()).await?;
        worst = worst.max(follow(&client, &drill, &started, arguments, paint, &say).await?);
    }
    for name in &arguments.names {
        let drill = run::named(&client, name).await?;
        outside::check(&client, &drill, &arguments.outside).await?;
        let started = run::again(&client, name).await?;
        worst = worst.max(follow(&client, &drill, &started, arguments, paint, &say).await?);
    }
    Ok(worst)
}

/// Waits for the verdict, and does the fault meanwhile that the operator does not do.
async fn follow(
    client: &Client,
    drill: &ResilienceDrill,
    started: &Started,
    arguments: &RunArguments,
    paint: Paint,
    say: &Say<'_, impl Write>,
) -> Result<u8, CliDrillError> {
    let limit = Duration::from_secs(arguments.timeout);
    let verdict = run::wait(client, started, limit, paint, say);
    let Some(fault) = drill.spec.fault.by_runner else {
        return verdict.await;
    };
    let outside = Outside {
        client,
        arguments: &arguments.outside,
        started,
        platform: &drill.spec.platform,
        fault,
    };
    outside::beside(&outside, verdict, say).await
}

/// Shows every drill of the namespace.
///
/// # Errors
/// When they cannot be read.
pub async fn list(arguments: &ListArguments, paint: Paint) -> Result<String, CliDrillError> {
    let client = arguments.cluster.connect().await?;
    let namespace = client.default_namespace().to_owned();
    let api = Api::<ResilienceDrill>::namespaced(client, &namespace);
    let drills = api.list(&ListParams::default()).await.map_err(|error| {
        ClusterError::new(
            format!("list the ResilienceDrills in namespace {namespace}"),
            &error,
        )
    })?;
    Ok(text::list(&drills.items, paint))
}

/// Shows one drill.
///
/// # Errors
/// When it cannot be read.
pub async fn show(arguments: &ShowArguments, paint: Paint) -> Result<String, CliDrillError> {
    let client = arguments.cluster.connect().await?;
    Ok(text::show(&run::named(&client, &arguments.name).await?, paint))
}
