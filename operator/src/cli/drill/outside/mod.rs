//! Faults that reach beyond the namespace of a platform. They are done here, with the rights of who runs the drill, and never
//! by the operator for whoever may create a resource.

mod node;
mod operator;

use std::{io::Write, pin::pin, time::Duration};

use fdp_crds::{
    ResilienceDrill,
    drill::{ByRunner, DrillPhase},
};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::drill::{
        CliDrillError,
        run::{Started, read},
        say::Say,
    },
    connect::ClusterError,
    kubernetes::names::DRILL_PROOF,
    plan::drills::{PodSeen, RunnerProof},
};

const MANAGER: &str = "fdp-drill-proof";
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Where faults beyond the namespace are done.
#[derive(Clone, Debug, clap::Args)]
pub struct OutsideArguments {
    /// The namespace of the operator, for drills that kill it.
    #[arg(long, value_name = "NAME", default_value = "food-delivery-system")]
    pub operator_namespace: String,

    /// The node to drain, for drills that drain one [default: one on which a pod of order runs].
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
}

/// A run whose fault is done here.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    pub client: &'a Client,
    pub arguments: &'a OutsideArguments,
    pub started: &'a Started,
    pub platform: &'a str,
    pub fault: ByRunner,
}

/// Checks that the fault can be done, before anything is started.
///
/// # Errors
/// When it cannot be done, or nobody can tell.
pub async fn check(
    client: &Client,
    drill: &ResilienceDrill,
    arguments: &OutsideArguments,
) -> Result<(), CliDrillError> {
    match drill.spec.fault.by_runner {
        None => Ok(()),
        Some(ByRunner::OperatorKilled) => operator::check(client, arguments).await,
        Some(ByRunner::NodeDrained) => node::check(client, arguments).await,
    }
}

/// Does the fault while `verdict` waits, which is what this gives. Whatever becomes of both, also when the program is told to
/// stop, the fault is undone before this ends.
///
/// # Errors
/// When the fault cannot be done or undone, when there is no verdict, and when the program is told to stop.
pub async fn beside(
    outside: &Outside<'_>,
    verdict: impl Future<Output = Result<u8, CliDrillError>>,
    say: &Say<'_, impl Write>,
) -> Result<u8, CliDrillError> {
    let over = CancellationToken::new();
    let mut fault = pin!(during(outside, &over, say));
    let mut verdict = pin!(verdict);
    let mut stopped = pin!(told_to_stop());
    tokio::select! {
        code = &mut verdict => {
            over.cancel();
            fault.await?;
            return code;
        }
        error = &mut stopped => {
            over.cancel();
            fault.await?;
            return Err(error);
        }
        done = &mut fault => done?,
    }
    tokio::select! {
        code = verdict => code,
        error = stopped => Err(error),
    }
}

/// Does the fault when it is due, and undoes it when its time, or everything, is `over`.
///
/// # Errors
/// When it cannot be done or undone.
pub async fn during(
    outside: &Outside<'_>,
    over: &CancellationToken,
    say: &Say<'_, impl Write>,
) -> Result<(), CliDrillError> {
    let is_due = over.run_until_cancelled(outside.until_due()).await;
    if !is_due.unwrap_or(Ok(false))? {
        return Ok(());
    }
    match outside.fault {
        ByRunner::OperatorKilled => operator::kill(outside, over, say).await,
        ByRunner::NodeDrained => node::drain(outside, over, say).await,
    }
}

/// Completes when the program is told to stop.
async fn told_to_stop() -> CliDrillError {
    let signals = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let mut streams = Vec::new();
    for kind in signals {
        match signal(kind) {
            Ok(stream) => streams.push(stream),
            Err(error) => return CliDrillError::Signals(error),
        }
    }
    let told = streams.iter_mut().map(|stream| Box::pin(stream.recv()));
    futures::future::select_all(told).await;
    CliDrillError::Stopped
}

impl Outside<'_> {
    fn name(&self) -> &str {
        &self.started.name
    }

    /// Whether the fault is to be there now; nothing once the run has its verdict.
    async fn is_due(&self) -> Result<Option<bool>, CliDrillError> {
        let Started {
            namespace,
            name,
            token,
        } = self.started;
        let api = Api::<ResilienceDrill>::namespaced(self.client.clone(), namespace);
        let status = read(&api, namespace, name).await?.status.unwrap_or_default();
        if status.run.as_ref() != Some(token) {
            return Ok(Some(false));
        }
        Ok(status
            .verdict
            .is_none()
            .then_some(status.phase == Some(DrillPhase::Fault)))
    }

    /// Waits until the fault has to be there; gives whether it ever had to.
    async fn until_due(&self) -> Result<bool, CliDrillError> {
        loop {
            match self.is_due().await? {
                Some(false) => tokio::time::sleep(POLL_INTERVAL).await,
                due => return Ok(due.is_some()),
            }
        }
    }

    /// Waits until the fault must not be there any more.
    async fn until_over(&self) -> Result<(), CliDrillError> {
        while self.is_due().await? == Some(true) {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Tells the operator what was done.
    async fn prove(
        &self,
        node: Option<String>,
        before: Vec<PodSeen>,
        after: Vec<PodSeen>,
    ) -> Result<(), CliDrillError> {
        let Started {
            namespace,
            name,
            token,
        } = self.started;
        let proof = RunnerProof {
            run: Some(token.clone()),
            fault: self.fault,
            node,
            before,
            after,
        };
        let annotations = json!({ DRILL_PROOF: json!(proof).to_string() });
        let patch = json!({ "metadata": { "annotations": annotations } });
        let parameters = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let api = Api::<ResilienceDrill>::namespaced(self.client.clone(), namespace);
        match api.patch(name, &parameters, &Patch::Merge(&patch)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(
                format!("annotate ResilienceDrill {namespace}/{name}"),
                &error,
            )),
        }
    }
}

fn seen(pod: &Pod) -> PodSeen {
    PodSeen {
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
    }
}

fn failed(doing: String, error: &kube::Error) -> CliDrillError {
    ClusterError::new(doing, error).into()
}
