//! A control plane that runs until its value is dropped.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use tokio::sync::oneshot;

use crate::access::{Access, client};
use crate::error::{Error, Result};
use crate::processes::{self, Processes};

/// The field manager of applied objects.
const MANAGER: &str = "fdp-tests";
/// The timeout for a definition to be served.
const ESTABLISHED: Duration = Duration::from_secs(30);
/// The number of concurrent requests: the API server processes definitions one by one, but each waits for several
/// steps.
const AT_ONCE: usize = 8;

/// A running etcd, API server and controller manager on loopback ports.
///
/// They end, and their directory is deleted, when it is dropped; when this process is killed, the kernel kills them.
#[derive(Debug)]
pub struct ControlPlane {
    access: Access,
    /// Dropped to tell the keeper thread to stop.
    release: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl ControlPlane {
    /// Starts a control plane and returns when its API responds. Kubernetes is built first if necessary.
    pub async fn start() -> Result<Self> {
        Self::launch(None).await
    }

    /// The same with a token reviewer: the API server sends a `TokenReview` to `address` for every token that it does
    /// not know.
    pub async fn asking(address: &str) -> Result<Self> {
        Self::launch(Some(address.to_owned())).await
    }

    async fn launch(reviewer: Option<String>) -> Result<Self> {
        let (tell, told) = oneshot::channel();
        let (release, released) = mpsc::channel();
        // The kernel kills the processes when the thread that started them ends, so they need a thread that stays.
        let keeper = thread::Builder::new()
            .name("control-plane".to_owned())
            .spawn(move || keep(tell, &released, reviewer.as_deref()))
            .map_err(Error::file("start a thread for", "the control plane"))?;
        let access = told.await.map_err(|_| Error::Ended {
            component: "the thread that starts the control plane",
            status: "panicked".to_owned(),
            log: String::new(),
        })??;
        Ok(Self {
            access,
            release: Some(release),
            keeper: Some(keeper),
        })
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.access.kubeconfig
    }

    /// An administrator's client, which belongs to the calling Tokio runtime.
    pub fn client(&self) -> Result<Client> {
        client(&self.access.config)
    }

    /// A kubectl for this control plane.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.access.kubectl);
        command.env("KUBECONFIG", &self.access.kubeconfig);
        command
    }

    /// Applies `definitions`, and returns when their kinds are served.
    pub async fn install(&self, definitions: &[CustomResourceDefinition]) -> Result<()> {
        let api: Api<CustomResourceDefinition> = Api::all(self.client()?);
        stream::iter(definitions)
            .map(|definition| install_one(&api, definition))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Creates a namespace, unless it exists.
    pub async fn make_namespace(&self, name: &str) -> Result<()> {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let parameters = PatchParams::apply(MANAGER).force();
        Api::<Namespace>::all(self.client()?)
            .patch(name, &parameters, &Patch::Apply(namespace))
            .await
            .map_err(Error::api(format!("make Namespace {name}")))?;
        Ok(())
    }
}

async fn install_one(
    api: &Api<CustomResourceDefinition>,
    definition: &CustomResourceDefinition,
) -> Result<()> {
    let name = definition.name_any();
    let parameters = PatchParams::apply(MANAGER).force();
    api.patch(&name, &parameters, &Patch::Apply(definition))
        .await
        .map_err(Error::api(format!("apply CustomResourceDefinition {name}")))?;
    let established = await_condition(api.clone(), &name, conditions::is_crd_established());
    let last = match tokio::time::timeout(ESTABLISHED, established).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "not established".to_owned(),
    };
    Err(Error::Late {
        what: format!("CustomResourceDefinition {name}"),
        seconds: ESTABLISHED.as_secs(),
        last,
        log: String::new(),
    })
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.release.take());
        if let Some(keeper) = self.keeper.take() {
            // If the thread panicked, that was already printed, and the processes ended with it.
            let _ = keeper.join();
        }
    }
}

/// Starts the processes, sends how to reach them, and ends them when it is told to.
fn keep(tell: oneshot::Sender<Result<Access>>, released: &Receiver<()>, reviewer: Option<&str>) {
    match start(reviewer) {
        Ok((processes, access)) => {
            if tell.send(Ok(access)).is_ok() {
                // Nothing is ever sent: this returns when the sender is dropped with the control plane.
                let _ = released.recv();
            }
            drop(processes);
        }
        Err(error) => {
            // The receiver may be gone already.
            let _ = tell.send(Err(error));
        }
    }
}

fn start(reviewer: Option<&str>) -> Result<(Processes, Access)> {
    let binaries = fdp_cluster::build(&fdp_cluster::Terminal::new())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::file("make a runtime for", "the control plane"))?;
    runtime.block_on(processes::start(&binaries, reviewer))
}
