//! Brings a cluster up, or finds the one that runs already.

use std::fs;

use crate::binaries::{Binaries, build};
use crate::bring_up::{bring_up, wait_until_healthy};
use crate::cluster::Cluster;
use crate::down::{clear_away, lock};
use crate::error::{Error, Result};
use crate::keeper::{self, Processes};
use crate::options::{ClusterOptions, Forward};
use crate::preflight::{install_missing, preflight};
use crate::progress::Progress;
use crate::spec::Spec;
use crate::{agent, cgroups, paths, registry, state};

/// Says that a cluster came up completely. Lies in its state directory.
const COMPLETE: &str = "complete";

/// Brings a cluster up, or checks that the one that runs already is healthy.
///
/// What an interrupted run or a crash left behind is cleared away first.
pub fn up(options: &ClusterOptions, progress: &dyn Progress) -> Result<Cluster> {
    progress.stage("Looking for what stands in the way");
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

/// The cluster `name` of this checkout, if it runs and came up completely.
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
            wanted: describe(options.nodes, options.api_port, &options.forwards),
        });
    }
    progress.stage("Checking the running cluster");
    wait_until_healthy(&mut cluster, progress)?;
    Ok(cluster)
}

fn start(options: &ClusterOptions, binaries: &Binaries, progress: &dyn Progress) -> Result<Cluster> {
    progress.stage("Starting the cluster");
    let agent = agent::program()?;
    clear_away(&options.name)?;
    let spec = settle_ports(Spec::new(options, binaries.directory()))?;
    state::write(&spec)?;
    let spec_file = spec.write()?;
    let keeper = keeper::spawn(&agent, &spec, &spec_file)?;
    let mut cluster = Cluster {
        spec,
        keeper: Some(keeper),
    };
    if let Err(error) = bring_up(&mut cluster, &binaries.archives()?, progress) {
        // Nothing half-started stays; the state stays, for its logs, until the next attempt.
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

fn settle_ports(mut spec: Spec) -> Result<Spec> {
    let settle = |port: &mut u16| -> Result<()> {
        if *port == 0 {
            *port = fdp_ports::free().map_err(Error::file("choose a port at", "127.0.0.1"))?;
        }
        Ok(())
    };
    settle(&mut spec.api_port)?;
    spec.forwards
        .iter_mut()
        .try_for_each(|forward| settle(&mut forward.loopback_port))?;
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
