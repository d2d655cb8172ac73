//! A real API server without nodes, and an operator's program that runs on it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{kubernetes::names, plan::owned_kinds};
use fdp_test_control_plane::ControlPlane;
use fdp_test_operator::process as operator;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    core::DynamicObject,
};
use serde_json::{Value, json};

use crate::machine::{self, Memory};

pub(super) const NAMESPACE: &str = "food";
pub(super) const TIMEOUT: Duration = Duration::from_mins(10);

/// A control plane with an operator.
pub(super) struct World {
    pub(super) client: Client,
    plane: ControlPlane,
    program: PathBuf,
    operator: Child,
    address: String,
    directory: tempfile::TempDir,
}

impl World {
    /// Starts a control plane with the definitions of that program, and the program on it.
    pub(super) async fn start(program: &Path) -> Result<Self> {
        let plane = ControlPlane::start().await?;
        let definitions = output(Command::new(program).arg("crds"), "")?;
        plane.install(&serde_saphyr::from_multiple(&definitions)?).await?;
        let client = plane.client()?;
        plane.make_namespace(NAMESPACE).await?;
        let address = operator::free_address()?;
        let operator = Command::new(program)
            .arg("run")
            .env("KUBECONFIG", plane.kubeconfig())
            .env("DASHBOARD_ADDR", &address)
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        Ok(Self {
            plane,
            client,
            program: program.to_owned(),
            operator,
            address,
            directory: tempfile::tempdir()?,
        })
    }

    fn platforms(&self) -> Api<FoodDeliveryPlatform> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    pub(super) async fn create(&self, name: &str) -> Result<()> {
        let platform = serde_json::from_value(manifest(name))?;
        self.platforms().create(&PostParams::default(), &platform).await?;
        Ok(())
    }

    pub(super) async fn delete(&self, name: &str) -> Result<()> {
        self.platforms().delete(name, &DeleteParams::default()).await?;
        Ok(())
    }

    pub(super) async fn label(&self, name: &str) -> Result<()> {
        let label = json!({ "metadata": { "labels": { "looked": "at" } } });
        self.platforms()
            .patch_metadata(name, &PatchParams::default(), &Patch::Merge(&label))
            .await?;
        Ok(())
    }

    /// The objects of a platform, as the operator's program prints them.
    pub(super) fn render(&self, name: &str) -> Result<String> {
        let file = self.directory.path().join("platform.json");
        fs::write(&file, manifest(name).to_string())?;
        output(
            Command::new(&self.program).args(["render", "--file"]).arg(&file),
            "",
        )
    }

    /// Applies manifests with kubectl.
    pub(super) fn kubectl_apply(&self, manifests: &str) -> Result<()> {
        apply(&self.plane, manifests)
    }

    /// Waits until a platform has all its objects.
    pub(super) async fn has_made(&self, platform: &str, objects: usize) -> Result<()> {
        let ours = ListParams::default().labels(&format!("{}={platform}", names::PLATFORM_LABEL));
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let mut made = 0;
            for kind in owned_kinds() {
                let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), NAMESPACE, &kind);
                made += api.list_metadata(&ours).await?.items.len();
            }
            if made >= objects {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{platform} has {made} of {objects} objects"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The memory of the operator's process.
    pub(super) fn memory(&self) -> Result<Memory> {
        machine::memory(self.operator.id())
    }

    /// How often the operator has looked at a platform so far.
    pub(super) async fn looks(&self) -> Result<f64> {
        self.metric("fdp_reconciles_total", "").await
    }

    /// The number of all its requests so far, except for watches.
    pub(super) async fn requests(&self) -> Result<f64> {
        let all = self.metric("fdp_api_requests_total", "").await?;
        Ok(all - self.metric("fdp_api_requests_total", "verb=\"watch\"").await?)
    }

    /// The sum of a metric's samples.
    async fn metric(&self, name: &str, labels: &str) -> Result<f64> {
        Ok(operator::metric(&self.address, name, labels).await?)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It is also killed when this process ends.
        let _ = self.operator.kill();
        let _ = self.operator.wait();
    }
}

fn apply(plane: &ControlPlane, manifests: &str) -> Result<()> {
    let arguments = ["apply", "--server-side", "--filename", "-"];
    output(plane.kubectl().args(arguments), manifests).map(drop)
}

/// What a command prints when it is given that input.
fn output(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {command:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input.as_bytes())
            .with_context(|| format!("write to {command:?}"))?;
    }
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn manifest(name: &str) -> Value {
    operator::platform(NAMESPACE, name, &json!({}))
}
