//! Tests `CLUSTER=current`: the same steps with an existing cluster.

use crate::World;
use crate::current_cluster::CurrentCluster;
use fdp_local::install::{NAMESPACE, OPERATOR_NAMESPACE};
use fdp_local::reach::Reach;
use fdp_local::wait;
use libtest_mimic::Failed;
use std::time::Duration;

/// If the node port cannot be reached from this machine, a port-forward through the API server is used.
pub(crate) fn the_gateway_can_be_reached_through_a_port_forward(world: &World) -> Result<(), Failed> {
    let reach = Reach::find(&world.platform.kubectl, "pending")?;
    if !reach.is_forwarded() {
        return Err("an address that is none was used".into());
    }
    reach.shop.get("/healthz")?.expect(200)?;
    Ok(())
}

/// Installs into the running cluster through the current kubectl context, and uninstalls everything.
pub(crate) fn the_current_context_serves_as_well(world: &World) -> Result<(), Failed> {
    let platform = &world.platform;
    let cluster = CurrentCluster::new("test", &platform.kubectl, platform.target.kubeconfig())?;
    let program = fdp_checkout::programs().join("fdp-local");
    let printed = cluster.run(&program, None, "up")?;
    for words in ["Everything is up", "the shop"] {
        if !printed.contains(words) {
            return Err(format!("`CLUSTER=current make up` does not say '{words}':\n{printed}").into());
        }
    }
    cluster.run(&program, None, "down")?;
    wait::until("both namespaces to be deleted", Duration::from_mins(1), || {
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
