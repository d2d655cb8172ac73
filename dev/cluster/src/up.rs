//! Starts a cluster, or uses the one that is already running.

use std::fs;

use crate::binaries::{Binaries, build};
use crate::bring_up::{bring_up, wait_until_healthy};
use crate::cluster::Cluster;
use crate::down::{lock, remove_all};
use crate::error::{Error, Result};
use crate::keeper::{self, Processes};
use crate::options::{ClusterOptions, Forward};
use crate::preflight::{install_missing, preflight};
use crate::progress::Progress;
use crate::spec::Spec;
use crate::{agent, cgroups, paths, registry, state};

/// Marks a cluster whose start has completed. A file in its state directory.
const COMPLETE: &str = "complete";

/// Starts a cluster, or checks that the running one is healthy.
///
/// The remains of an interrupted run or a crash are removed first.
pub fn up(options: &ClusterOptions, progress: &dyn Progress) -> Result<Cluster> {
    progress.stage("Checking the requirements");
    let problems = preflight(options);
    if !problems.is_empty() {
        return Err(Error::Preflight(problems));
    }
    install_missing(progress)?;
    progress.stage("Building Kubernetes from its Go modules (minutes the first time, then kept)");
    let binaries = build(progress)?;
    let _lock = lock(&options.name)?;
    if let Some(cluster) = find(&options.name) {
        return keep_running(cluster, options, progress);
    }
    start(options, &binaries, progress)
}

/// The cluster `name` of this checkout, if it is running and its start has completed.
pub fn find(name: &str) -> Option<Cluster> {
    let state = paths::state_dir(name);
    let (spec, _) = registry::running(&state)?;
    state
        .join(COMPLETE)
        .exists()
        .then_some(Cluster { spec, keeper: None })
}

fn keep_running(mut cluster: Cluster, options: &ClusterOptions, progress: &dyn Progress) -> Result<Cluster> {
    if !cluster.spec.satisfies(options) {
        return Err(Error::OtherOptions {
            name: options.name.clone(),
            running: describe(cluster.spec.nodes, cluster.spec.api_port, &cluster.spec.forwards),
            requested: describe(options.nodes, options.api_port, &options.forwards),
        });
    }
    progress.stage("Checking the running cluster");
    wait_until_healthy(&mut cluster, progress)?;
    Ok(cluster)
}

fn start(options: &ClusterOptions, binaries: &Binaries, progress: &dyn Progress) -> Result<Cluster> {
    progress.stage("Starting the cluster");
    let agent = agent::program()?;
    remove_all(&options.name)?;
    let spec = choose_ports(Spec::new(options, binaries.directory()))?;
    state::write(&spec)?;
    let spec_file = spec.write()?;
    let keeper = keeper::spawn(&agent, &spec, &spec_file)?;
    let mut cluster = Cluster {
        spec,
        keeper: Some(keeper),
    };
    if let Err(error) = bring_up(&mut cluster, &binaries.archives()?, progress) {
        // The processes are ended; the state directory stays until the next attempt, because of its logs.
        if let Some(processes) = Processes::read(&cluster.spec.state)? {
            processes.end()?;
        }
        cgroups::remove(&keeper::control_group(&cluster.spec))?;
        return Err(error);
    }
    let complete = cluster.spec.state.join(COMPLETE);
    fs::write(&complete, "").map_err(Error::file("write", &complete))?;
    Ok(cluster)
}

fn choose_ports(mut spec: Spec) -> Result<Spec> {
    let choose = |port: &mut u16| -> Result<()> {
        if *port == 0 {
            *port = fdp_ports::free().map_err(Error::file("choose a port at", "127.0.0.1"))?;
        }
        Ok(())
    };
    choose(&mut spec.api_port)?;
    spec.forwards
        .iter_mut()
        .try_for_each(|forward| choose(&mut forward.loopback_port))?;
    Ok(spec)
}

fn describe(nodes: u8, api_port: u16, forwards: &[Forward]) -> String {
    let forwards: Vec<String> = forwards
        .iter()
        .map(|forward| format!("{}:{}", forward.loopback_port, forward.node_port))
        .collect();
    format!(
        "{nodes} nodes, API port {api_port}, forwards [{}]",
        forwards.join(" ")
    )
}
