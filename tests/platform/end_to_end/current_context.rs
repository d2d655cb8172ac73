//! `CLUSTER=current`: the same road into a cluster that somebody else has started.

use crate::World;
use fdp_local::install::{NAMESPACE, OPERATOR_NAMESPACE};
use fdp_local::reach::Reach;
use fdp_local::wait;
use libtest_mimic::Failed;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// kind itself needs Docker. What `make up` asks of it is to bring an archive to the nodes.
const KIND: &str = r#"#!/bin/sh
case "$1" in
    version) echo "stands in for kind" ;;
    load) exec "$FDP_CLUSTER_PROGRAM" --name test load "$3" ;;
    *) echo "unexpected: kind $*" >&2; exit 1 ;;
esac
"#;

/// Without a way from this machine to the node port there is still one, through the API server.
pub(crate) fn the_gateway_can_be_reached_through_a_port_forward(world: &World) -> Result<(), Failed> {
    let reach = Reach::find(&world.platform.kubectl, "pending")?;
    if !reach.is_forwarded() {
        return Err("an address that is none was used".into());
    }
    reach.shop.get("/healthz")?.expect(200)?;
    Ok(())
}

/// Installs into the running cluster through the current kubectl context, and takes everything out again.
pub(crate) fn the_current_context_serves_as_well(world: &World) -> Result<(), Failed> {
    let tools = tempfile::tempdir().map_err(|error| error.to_string())?;
    let stand_ins = stand_in(tools.path(), world.platform.kubectl.program());
    stand_ins.map_err(|error| format!("writing the stand-ins for kind and kubectl: {error}"))?;
    let printed = local(world, tools.path(), "up")?;
    for words in ["Everything is up", "the shop"] {
        if !printed.contains(words) {
            return Err(format!("`CLUSTER=current make up` does not say '{words}':\n{printed}").into());
        }
    }
    local(world, tools.path(), "down")?;
    wait::until("both namespaces to be gone", Duration::from_mins(1), || {
        let left = world
            .platform
            .kubectl
            .run(&[
                "get",
                "namespaces",
                NAMESPACE,
                OPERATOR_NAMESPACE,
                "--ignore-not-found",
                "--output=name",
            ])
            .map_err(|failure| failure.to_string())?;
        if left.trim().is_empty() { Ok(()) } else { Err(left) }
    })?;
    Ok(())
}

fn stand_in(folder: &Path, kubectl: &Path) -> std::io::Result<()> {
    let kind = folder.join("kind");
    fs::write(&kind, KIND)?;
    fs::set_permissions(&kind, fs::Permissions::from_mode(0o755))?;
    symlink(kubectl, folder.join("kubectl"))
}

fn local(world: &World, tools: &Path, command: &str) -> Result<String, Failed> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut program = Command::new(fdp_checkout::programs().join("fdp-local"));
    program
        .arg(command)
        .env("CLUSTER", "current")
        .env("PATH", format!("{}:{path}", tools.display()))
        .env(
            "FDP_CLUSTER_PROGRAM",
            fdp_checkout::programs().join("fdp-cluster"),
        );
    if let Some(kubeconfig) = world.platform.target.kubeconfig() {
        program.env("KUBECONFIG", kubeconfig);
    }
    let output = program
        .output()
        .map_err(|error| format!("starting fdp-local: {error}"))?;
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if output.status.success() {
        Ok(printed)
    } else {
        Err(printed.into())
    }
}
