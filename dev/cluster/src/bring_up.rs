//! Waits from the start of the keeper until everything in the cluster is ready.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::command::{run, run_with_input};
use crate::error::{Error, Result};
use crate::keeper::Processes;
use crate::progress::Progress;
use crate::text::tail;
use crate::wait::{Poll, until};
use crate::{addons, import};

const PROCESSES_LIMIT: Duration = Duration::from_secs(15);
const API_LIMIT: Duration = Duration::from_secs(90);
const NODES_LIMIT: Duration = Duration::from_secs(90);
const ADD_ONS_LIMIT: Duration = Duration::from_mins(3);

/// Waits for the components of a cluster whose keeper has just been started, and installs the rest.
pub(crate) fn bring_up(cluster: &mut Cluster, archives: &[PathBuf], progress: &dyn Progress) -> Result<()> {
    let log = cluster.spec.log("keeper");
    let state = cluster.spec.state.clone();
    wait(cluster, "the cluster's processes", PROCESSES_LIMIT, &log, |_| {
        Ok(match Processes::read(&state)? {
            Some(_) => Poll::Done(()),
            None => Poll::NotYet("not started".to_owned()),
        })
    })?;
    // The images are imported while the API server starts; both take seconds.
    let spec = cluster.spec.clone();
    let imports = archives.to_vec();
    let import = thread::spawn(move || import::load(&spec, &imports));
    wait_for_api(cluster)?;
    progress.detail("the API server answers");
    for manifest in addons::MANIFESTS {
        apply(cluster, manifest)?;
    }
    import.join().unwrap_or_else(|_| Err(import::stopped()))?;
    wait_for_nodes_and_add_ons(cluster, progress)?;
    apply(cluster, addons::METRICS_API)?;
    wait_for_metrics_api(cluster)
}

/// Waits until every node and every add-on is ready.
pub(crate) fn wait_until_healthy(cluster: &mut Cluster, progress: &dyn Progress) -> Result<()> {
    wait_for_api(cluster)?;
    wait_for_nodes_and_add_ons(cluster, progress)?;
    wait_for_metrics_api(cluster)
}

fn wait_for_nodes_and_add_ons(cluster: &mut Cluster, progress: &dyn Progress) -> Result<()> {
    wait_for_nodes(cluster)?;
    progress.detail("every node is ready");
    for (namespace, name) in addons::DEPLOYMENTS {
        let get = ["get", "deployment", name, "--namespace", namespace];
        wait_for_available(cluster, name, &get)?;
        progress.detail(&format!("{name} is ready"));
    }
    Ok(())
}

fn wait_for_metrics_api(cluster: &mut Cluster) -> Result<()> {
    wait_for_available(
        cluster,
        "the metrics API",
        &["get", "apiservice", addons::METRICS_API_SERVICE],
    )
}

fn apply(cluster: &Cluster, manifest: &str) -> Result<()> {
    let mut command = cluster.kubectl();
    command.args(["apply", "--filename=-", "--server-side", "--request-timeout=30s"]);
    run_with_input(&mut command, manifest).map(drop)
}

fn wait_for_api(cluster: &mut Cluster) -> Result<()> {
    let log = cluster.spec.log("kube-apiserver");
    wait(cluster, "the API server", API_LIMIT, &log, |cluster| {
        Ok(
            match run(cluster
                .kubectl()
                .args(["get", "--raw=/readyz", "--request-timeout=5s"]))
            {
                Ok(_) => Poll::Done(()),
                Err(error) => Poll::NotYet(error.to_string()),
            },
        )
    })
}

fn wait_for_nodes(cluster: &mut Cluster) -> Result<()> {
    let log = cluster.spec.log("node-1-kubelet");
    let desired = usize::from(cluster.spec.nodes);
    wait(cluster, "every node to be ready", NODES_LIMIT, &log, |cluster| {
        Ok(poll(cluster, &["get", "nodes"], |list| {
            let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
            let ready = items.iter().filter(|node| has_condition(node, "Ready")).count();
            (ready == desired)
                .then_some(())
                .ok_or_else(|| format!("{ready} of {desired} nodes are ready"))
        }))
    })
}

fn wait_for_available(cluster: &mut Cluster, name: &str, get: &[&str]) -> Result<()> {
    let log = cluster.spec.log("node-1-kubelet");
    wait(
        cluster,
        &format!("{name} to be available"),
        ADD_ONS_LIMIT,
        &log,
        |cluster| {
            Ok(poll(cluster, get, |object| {
                has_condition(object, "Available")
                    .then_some(())
                    .ok_or_else(|| format!("its status is {}", object["status"]))
            }))
        },
    )
}

fn poll(
    cluster: &Cluster,
    arguments: &[&str],
    check: impl FnOnce(&Value) -> std::result::Result<(), String>,
) -> Poll<()> {
    let object = match run(cluster
        .kubectl()
        .args(arguments)
        .args(["--output=json", "--request-timeout=5s"]))
    {
        Ok(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match object.and_then(|object: Value| check(&object)) {
        Ok(()) => Poll::Done(()),
        Err(last) => Poll::NotYet(last),
    }
}

fn has_condition(object: &Value, kind: &str) -> bool {
    object["status"]["conditions"]
        .as_array()
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|one| one["type"] == kind && one["status"] == "True")
        })
}

/// Like [`until`], but fails at once when the cluster's processes have ended.
fn wait<T>(
    cluster: &mut Cluster,
    what: &str,
    limit: Duration,
    log: &Path,
    mut check: impl FnMut(&Cluster) -> Result<Poll<T>>,
) -> Result<T> {
    until(what, limit, log, || {
        if !cluster.is_alive() {
            let log = tail(&cluster.spec.log("keeper"), 15);
            return Err(Error::Stopped {
                during: format!("waiting for {what}"),
                log,
            });
        }
        check(cluster)
    })
}
