//! Imports images into the container runtimes of a cluster's nodes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::command::run;
use crate::error::{Error, Result};
use crate::layout;
use crate::network::Node;
use crate::spec::Spec;
use crate::wait::{Poll, until};

const RUNTIME_LIMIT: Duration = Duration::from_mins(1);
/// The timeout for the import of one archive.
const IMPORT_SECONDS: &str = "300";

/// Imports OCI archives into the container runtime of every node.
pub(crate) fn load(spec: &Spec, archives: &[PathBuf]) -> Result<()> {
    let archives: Vec<PathBuf> = archives
        .iter()
        .map(|archive| fs::canonicalize(archive).map_err(Error::file("find", archive)))
        .collect::<Result<_>>()?;
    let archives = &archives;
    thread::scope(|scope| {
        let nodes: Vec<_> = Node::all(spec.nodes)
            .map(|node| scope.spawn(move || load_into(spec, node, archives)))
            .collect();
        nodes
            .into_iter()
            .try_for_each(|node| node.join().unwrap_or_else(|_| Err(stopped())))
    })
}

fn load_into(spec: &Spec, node: Node, archives: &[PathBuf]) -> Result<()> {
    let log = spec.log(&format!("{}-containerd", node.name()));
    let what = format!("the container runtime of {}", node.name());
    until(&what, RUNTIME_LIMIT, &log, || {
        Ok(match run(ctr(spec, node).arg("version")) {
            Ok(_) => Poll::Done(()),
            Err(error) => Poll::NotYet(error.to_string()),
        })
    })?;
    for archive in archives {
        run(ctr(spec, node)
            .args(["--namespace", "k8s.io", "images", "import"])
            .arg(archive))?;
    }
    Ok(())
}

/// The error for an import whose thread panicked.
pub(crate) fn stopped() -> Error {
    Error::Stopped {
        during: "importing images".to_owned(),
        log: String::new(),
    }
}

/// The command line client of containerd. It runs in the node's directory, because the full path may be too long for
/// a socket's address.
fn ctr(spec: &Spec, node: Node) -> Command {
    let mut command = Command::new("timeout");
    command
        .args([IMPORT_SECONDS, "ctr"])
        .current_dir(layout::node(&spec.state, node))
        .args(["--address", layout::CONTAINERD_SOCKET]);
    command
}
