//! Kills the pod of the operator that leads, and waits until another one does.

use std::io::Write;

use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, Preconditions},
};
use tokio_util::sync::CancellationToken;

use super::{Outside, OutsideArguments, POLL_INTERVAL, failed, seen};
use crate::{
    cli::drill::{CliDrillError, say::Say},
    controller::lease,
};

/// Checks that a pod leads, and that one may look.
pub(super) async fn check(client: &Client, arguments: &OutsideArguments) -> Result<(), CliDrillError> {
    leader(client, arguments).await.map(drop)
}

/// Kills it at once, as a node that dies does.
pub(super) async fn kill(
    outside: &Outside<'_>,
    over: &CancellationToken,
    say: &Say<'_, impl Write>,
) -> Result<(), CliDrillError> {
    let (client, arguments) = (outside.client, outside.arguments);
    let killed = leader(client, arguments).await?;
    let name = killed.name_any();
    delete(client, &arguments.operator_namespace, &killed).await?;
    say.line(
        outside.name(),
        &format!("pod {name} of the operator is killed, and another one waited for"),
    )?;
    let Some(next) = over.run_until_cancelled(next(client, arguments, &killed)).await else {
        return Ok(());
    };
    let next = next?;
    say.line(
        outside.name(),
        &format!("pod {} of the operator leads", next.name_any()),
    )?;
    outside.prove(None, vec![seen(&killed)], vec![seen(&next)]).await
}

/// The pod that leads once that one does not any more.
async fn next(client: &Client, arguments: &OutsideArguments, killed: &Pod) -> Result<Pod, CliDrillError> {
    loop {
        match leader(client, arguments).await {
            Ok(leader) if leader.uid() != killed.uid() => return Ok(leader),
            // The Lease still has the name of the pod that is gone, or nobody's.
            Ok(_) | Err(CliDrillError::NoLeader { .. }) => tokio::time::sleep(POLL_INTERVAL).await,
            Err(error) => return Err(error),
        }
    }
}

/// The pod that holds the operator's Lease.
async fn leader(client: &Client, arguments: &OutsideArguments) -> Result<Pod, CliDrillError> {
    let namespace = &arguments.operator_namespace;
    let none = || CliDrillError::NoLeader {
        namespace: namespace.clone(),
    };
    let leases = Api::<Lease>::namespaced(client.clone(), namespace);
    let lease = leases.get_opt(lease::NAME).await;
    let lease = lease.map_err(|error| failed(format!("read Lease {namespace}/{}", lease::NAME), &error))?;
    let holder = lease
        .and_then(|lease| lease.spec?.holder_identity)
        .filter(|holder| !holder.is_empty());
    let holder = holder.ok_or_else(none)?;
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    let pod = pods.get_opt(&holder).await;
    let pod = pod.map_err(|error| failed(format!("read Pod {namespace}/{holder}"), &error))?;
    pod.ok_or_else(none)
}

/// Deletes a pod at once; not one of the same name that has come since.
async fn delete(client: &Client, namespace: &str, pod: &Pod) -> Result<(), CliDrillError> {
    let name = pod.name_any();
    let parameters = DeleteParams {
        grace_period_seconds: Some(0),
        preconditions: Some(Preconditions {
            uid: pod.uid(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    match pods.delete(&name, &parameters).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(format!("delete Pod {namespace}/{name}"), &error)),
    }
}
