//! Brings clusters up, finds them, uses them and takes them down.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::binaries::{Binaries, build};
use crate::command::run;
use crate::error::{Error, Result};
use crate::keeper::{self, Processes};
use crate::lock::Lock;
use crate::network::Node;
use crate::options::{ClusterOptions, Forward, Lifetime};
use crate::progress::Progress;
use crate::spec::Spec;
use crate::{agent, bring_up, cgroups, paths, preflight, registry, state};

/// Says that a cluster came up completely. Lies in its state directory.
const COMPLETE: &str = "complete";

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) spec: Spec,
    /// The keeper, if this process started it. Its standard input is what a cluster [`Lifetime::WithParent`] lives by.
    keeper: Option<Child>,
}

/// Brings a cluster up, or checks that the one that runs already is healthy.
///
/// What an interrupted run or a crash left behind is cleared away first.
pub fn up(options: &ClusterOptions, progress: &dyn Progress) -> Result<Cluster> {
    progress.stage("Looking for what stands in the way");
    let problems = preflight::preflight(options);
    if !problems.is_empty() {
        return Err(Error::Preflight(problems));
    }
    preflight::install_missing(progress)?;
    progress.stage("Building Kubernetes from its Go modules (minutes the first time, then kept)");
    let binaries = build(progress)?;
    let _lock = lock(&options.name)?;
    if let Some(cluster) = find(&options.name) {
        return keep_running(cluster, options, progress);
    }
    start(options, &binaries, progress)
}

/// Takes the cluster `name` of this checkout down and removes all it made. No error if there is none.
pub fn down(name: &str) -> Result<()> {
    let lock = lock(name)?;
    clear_away(name)?;
    lock.remove()
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
    bring_up::wait_until_healthy(&mut cluster, progress)?;
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
    if let Err(error) = bring_up::bring_up(&mut cluster, &binaries.archives()?, progress) {
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

/// Ends whatever is left of a cluster, running or not, and removes its control groups and its state.
fn clear_away(name: &str) -> Result<()> {
    let state = paths::state_dir(name);
    let Some(spec) = Spec::read(&state)? else {
        return remove(&state);
    };
    if let Some(processes) = Processes::read(&state)? {
        processes.end()?;
    }
    cgroups::remove(&keeper::control_group(&spec))?;
    remove(&state)
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

fn lock(name: &str) -> Result<Lock> {
    let root = fdp_checkout::state();
    fs::create_dir_all(&root).map_err(Error::file("create", &root))?;
    Lock::acquire(&root.join(format!("{}.lock", paths::identity(name, fdp_checkout::root()))))
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

impl Cluster {
    /// The administrator's kubeconfig, for use from this machine.
    pub fn kubeconfig(&self) -> PathBuf {
        self.spec.kubeconfig()
    }

    /// The directory of everything this cluster writes; the components' logs lie in `logs`.
    pub fn state(&self) -> &Path {
        &self.spec.state
    }

    /// The loopback port of the API server.
    pub fn api_port(&self) -> u16 {
        self.spec.api_port
    }

    /// The loopback ports that lead to node ports, with every wish for a free port settled.
    pub fn forwards(&self) -> &[Forward] {
        &self.spec.forwards
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> Vec<String> {
        Node::all(self.spec.nodes).map(Node::name).collect()
    }

    /// Our own kubectl, set to this cluster. Give it arguments and run it.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.spec.binaries.join("kubectl"));
        command.env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// Makes the images in these OCI archives known to every node.
    pub fn load(&self, archives: &[PathBuf]) -> Result<()> {
        bring_up::load(&self.spec, archives)
    }

    /// Pulls the cable of the node called `node`: to the others it is dead, whatever still runs on it.
    pub fn unplug(&self, node: &str) -> Result<()> {
        self.set_cable(node, "down")
    }

    /// Puts the cable of the node called `node` back.
    pub fn plug_in(&self, node: &str) -> Result<()> {
        self.set_cable(node, "up")
    }

    fn set_cable(&self, node: &str, to: &str) -> Result<()> {
        let Some(processes) = Processes::read(&self.spec.state)? else {
            return Err(Error::Stopped {
                during: format!("setting the cable of {node} {to}"),
                log: String::new(),
            });
        };
        let supervisor = processes.supervisor.id.to_string();
        // A node's cable is named after it, in the network of the control plane.
        run(Command::new("nsenter").args([
            "--target",
            &supervisor,
            "--net",
            "--",
            "ip",
            "link",
            "set",
            "dev",
            node,
            to,
        ]))
        .map(drop)
    }

    /// Takes the cluster down and removes all it made.
    pub fn down(mut self) -> Result<()> {
        let result = down(&self.spec.name);
        self.reap();
        result
    }

    /// Whether its processes still run.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.keeper {
            Some(keeper) => matches!(keeper.try_wait(), Ok(None)),
            None => registry::running(&self.spec.state).is_some(),
        }
    }

    fn reap(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.spec.lifetime == Lifetime::WithParent {
            self.reap();
        }
    }
}
