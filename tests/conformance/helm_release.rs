//! Tests the charts on a separate API server: installed, upgraded, rolled back and uninstalled with Helm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use fdp_programs::helm::{Helm, chart};
use fdp_test_control_plane::{ControlPlane, pods};
use serde_json::Value;

use crate::packaging::{NAMESPACE, printed};
use crate::world::World;

const DEFINITION: &str = "customresourcedefinition/fooddeliveryplatforms.fooddelivery.dev";
const DEPLOYMENT: &str = "deployment/fdp-operator";
/// All kinds in the operator's chart.
const KINDS: &str = "deployments,services,serviceaccounts,poddisruptionbudgets,networkpolicies,roles,rolebindings,\
                     clusterroles,clusterrolebindings";
/// The timeout for Helm, whose waits take seconds here.
const TIMEOUT: &str = "60s";
const GONE: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The version of the copied charts that simulate an earlier installation.
const OLD_VERSION: &str = "0.0.9";

/// Helm and a cluster.
struct Cluster {
    plane: ControlPlane,
    helm: Helm,
}

impl Cluster {
    fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        printed(self.plane.kubectl().args(arguments))
    }

    fn object(&self, name: &str) -> Result<Value> {
        let text = self.kubectl(&["get", name, "--namespace", NAMESPACE, "--output", "json"])?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The operator's image, and the number of ready replicas.
    fn operator(&self) -> Result<(String, u64)> {
        let deployment = self.object(DEPLOYMENT)?;
        let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .context("an operator without an image")?;
        let ready = deployment["status"]["readyReplicas"].as_u64().unwrap_or(0);
        Ok((image.to_owned(), ready))
    }

    fn helm(&self, arguments: &[&str], chart: Option<&Path>, more: &[&str]) -> Result<()> {
        let mut command = self.helm.command()?;
        command
            .args(arguments)
            .args(chart)
            .args(["--namespace", NAMESPACE, "--timeout", TIMEOUT])
            .args(more);
        printed(&mut command).map(drop)
    }

    /// The address that the cluster has assigned to the platform: a recreated platform has another one.
    fn platform(&self) -> Result<String> {
        self.kubectl(&[
            "get",
            "fdp",
            "shop",
            "--namespace",
            "food",
            "--output",
            "jsonpath={.metadata.uid}",
        ])
    }
}

pub(crate) fn platforms_outlive_the_charts_through_install_upgrade_rollback_and_uninstall(
    world: &World,
) -> Result<()> {
    let plane = world.runtime.block_on(ControlPlane::start())?;
    // There are no nodes, and Helm waits for pods, so their status is simulated.
    let client = world.runtime.block_on(async { plane.client() })?;
    let nodes = world.runtime.spawn(pods::pretend_to_run(client, |_| true));
    let cluster = Cluster {
        helm: Helm::new(plane.kubeconfig())?,
        plane,
    };
    let result = story(&cluster);
    nodes.abort();
    result
}

fn story(cluster: &Cluster) -> Result<()> {
    let old = tempfile::tempdir()?;
    let old_definition = old_chart(old.path(), "fdp-crds")?;
    let old_operator = old_chart(old.path(), "fdp-operator")?;
    let file = old_definition.join("files/fooddeliveryplatforms.yaml");
    let without_short_name = fs::read_to_string(&file)?.replace("    shortNames:\n    - fdp\n", "");
    fs::write(&file, without_short_name)?;

    let namespace = fdp_checkout::root().join("manifests/kustomize/base/namespace.yaml");
    cluster.kubectl(&["create", "--filename", &namespace.display().to_string()])?;
    cluster.kubectl(&["create", "namespace", "food"])?;

    cluster.helm(&["install", "fdp-crds"], Some(&old_definition), &["--wait"])?;
    cluster.helm(&["upgrade", "fdp-crds"], Some(&chart("fdp-crds")), &["--wait"])?;
    let names = &cluster.object(DEFINITION)?["spec"]["names"];
    ensure!(
        names["shortNames"][0] == "fdp",
        "the definition was not upgraded: {names}"
    );

    cluster.helm(&["install", "fdp-operator"], Some(&old_operator), &["--wait"])?;
    let old_image = format!("localhost/food-delivery/operator:{OLD_VERSION}");
    ensure!(
        cluster.operator()? == (old_image.clone(), 2),
        "installed: {:?}",
        cluster.operator()?
    );
    let minimal = fdp_checkout::root()
        .join("examples/minimal.yaml")
        .display()
        .to_string();
    cluster.kubectl(&[
        "apply",
        "--server-side",
        "--namespace",
        "food",
        "--filename",
        &minimal,
    ])?;
    let platform = cluster.platform()?;

    let values = [
        "--wait",
        "--set",
        "image.tag=2.0.0,replicas=3,networkPolicy.enabled=false",
    ];
    cluster.helm(
        &["upgrade", "fdp-operator"],
        Some(&chart("fdp-operator")),
        &values,
    )?;
    ensure!(
        cluster.operator()? == ("localhost/food-delivery/operator:2.0.0".to_owned(), 3),
        "upgraded: {:?}",
        cluster.operator()?
    );
    ensure!(
        !everything(cluster)?.contains("networkpolicy"),
        "the policy stayed"
    );

    cluster.helm(&["rollback", "fdp-operator", "1"], None, &["--wait"])?;
    ensure!(
        cluster.operator()? == (old_image, 2),
        "rolled back: {:?}",
        cluster.operator()?
    );
    ensure!(
        everything(cluster)?.contains("networkpolicy"),
        "the policy was not recreated"
    );

    cluster.helm(&["uninstall", "fdp-operator"], None, &["--wait"])?;
    nothing_is_left(cluster)?;
    cluster.helm(&["uninstall", "fdp-crds"], None, &["--wait"])?;
    cluster.object(DEFINITION)?;
    ensure!(cluster.platform()? == platform, "the platform was recreated");

    // The remaining definitions are adopted.
    cluster.helm(&["install", "fdp-crds"], Some(&chart("fdp-crds")), &["--wait"])?;
    ensure!(cluster.platform()? == platform, "the platform was recreated");
    Ok(())
}

/// A copy of a chart with an older version.
fn old_chart(directory: &Path, name: &str) -> Result<PathBuf> {
    let copy = directory.join(name);
    copy_folder(&chart(name), &copy)?;
    let description = copy.join("Chart.yaml");
    let text = fs::read_to_string(&description)?;
    let version = env!("CARGO_PKG_VERSION");
    let old = text
        .replace(&format!("version: {version}"), &format!("version: {OLD_VERSION}"))
        .replace(
            &format!("appVersion: \"{version}\""),
            &format!("appVersion: \"{OLD_VERSION}\""),
        );
    ensure!(
        old.matches(OLD_VERSION).count() == 2,
        "{name} is not of version {version}:\n{text}"
    );
    fs::write(&description, old)?;
    Ok(copy)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            // Links are replaced by the files that they point to.
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// The names of all objects that the operator's chart has created.
fn everything(cluster: &Cluster) -> Result<String> {
    let ours = "app.kubernetes.io/instance=fdp-operator";
    cluster.kubectl(&[
        "get",
        KINDS,
        "--all-namespaces",
        "--selector",
        ours,
        "--output",
        "name",
    ])
}

fn nothing_is_left(cluster: &Cluster) -> Result<()> {
    let begun = Instant::now();
    loop {
        let left = everything(cluster)?;
        if left.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > GONE {
            bail!("after {} s there still are:\n{left}", GONE.as_secs());
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}
