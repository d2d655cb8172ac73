//! A running cluster and the operations on it.

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

#[derive(Debug)]
pub struct Cluster {
    pub(crate) spec: Spec,
    /// The keeper, if this process started it. With [`Lifetime::WithParent`], the cluster ends when its standard
    /// input is closed.
    pub(crate) keeper: Option<Child>,
}

impl Cluster {
    /// The administrator's kubeconfig, for use from this machine.
    pub fn kubeconfig(&self) -> PathBuf {
        self.spec.kubeconfig()
    }

    /// The directory with all files of this cluster; the components' logs are in `logs`.
    pub fn state(&self) -> &Path {
        &self.spec.state
    }

    pub fn api_port(&self) -> u16 {
        self.spec.api_port
    }

    /// The loopback ports that forward to node ports, with the chosen number where the options asked for any free
    /// port.
    pub fn forwards(&self) -> &[Forward] {
        &self.spec.forwards
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> Vec<String> {
        Node::all(self.spec.nodes).map(Node::name).collect()
    }

    /// The kubectl of this build, configured for this cluster. Add arguments and run it.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.spec.binaries.join("kubectl"));
        command.env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// Imports the images in these OCI archives into every node.
    pub fn load(&self, archives: &[PathBuf]) -> Result<()> {
        import::load(&self.spec, archives)
    }

    /// Disconnects the network of the node called `node`: the others cannot reach it, but its processes continue to
    /// run.
    pub fn unplug(&self, node: &str) -> Result<()> {
        self.set_cable(node, "down")
    }

    /// Reconnects the network of the node called `node`.
    pub fn plug_in(&self, node: &str) -> Result<()> {
        self.set_cable(node, "up")
    }

    fn set_cable(&self, node: &str, to: &str) -> Result<()> {
        let Some(processes) = Processes::read(&self.spec.state)? else {
            return Err(Error::Stopped {
                during: format!("setting the network interface of {node} {to}"),
                log: String::new(),
            });
        };
        let supervisor = processes.supervisor.id.to_string();
        // A node's network interface on the bridge has the node's name, and is in the control plane's network
        // namespace.
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

    /// Stops the cluster and removes everything it created.
    pub fn down(mut self) -> Result<()> {
        let result = down(&self.spec.name);
        self.reap();
        result
    }

    /// Whether its processes are still running.
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
