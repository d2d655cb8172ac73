//! A running cluster, and what can be done with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::command::run;
use crate::down::down;
use crate::error::{Error, Result};
use crate::keeper::Processes;
use crate::network::Node;
use crate::options::{Forward, Lifetime};
use crate::spec::Spec;
use crate::{import, registry};

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) spec: Spec,
    /// The keeper, if this process started it. Its standard input is what a cluster [`Lifetime::WithParent`] lives by.
    pub(crate) keeper: Option<Child>,
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
        import::load(&self.spec, archives)
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
