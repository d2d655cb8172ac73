//! Measures the operator on a real API server without nodes: compared with kubectl, with many platforms, and with
//! nothing to do.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{cli::render::render, kubernetes::names, plan::owned_kinds, settings::Settings};
use fdp_test_control_plane::ControlPlane;
use fdp_test_operator::process as operator;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, PostParams},
    core::DynamicObject,
};
use serde_json::{Value, json};

use crate::report::{self, Target};

const NAMESPACE: &str = "food";
const ROUNDS: usize = 5;
const PLATFORMS: usize = 200;
/// How often a Deployment is deleted and recreated.
const DELETIONS: usize = 100;
/// How long an operator with nothing to do is observed.
const QUIET: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_mins(10);

pub(crate) fn measure() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure_all())
}

async fn measure_all() -> Result<()> {
    let world = World::start().await?;
    let objects = against_kubectl(&world).await?;
    report::figure("memory with one platform", world.memory("VmRSS")?, "MB");
    report::figure(
        "  of it its own, without pages of its program",
        world.memory("RssAnon")?,
        "MB",
    );
    report::against(
        "  at its peak",
        world.memory("VmHWM")?,
        "MB",
        Target::AtMost(25.0),
    );
    many(&world, objects).await?;
    report::against(
        "memory with 200 platforms, at its peak",
        world.memory("VmHWM")?,
        "MB",
        Target::AtMost(64.0),
    );
    report::figure("  afterwards", world.memory("VmRSS")?, "MB");
    report::figure(
        "  of it its own, without pages of its program",
        world.memory("RssAnon")?,
        "MB",
    );
    nothing_to_do(&world).await?;
    put_back(&world).await
}

/// The time from the resource to its objects, and that of `kubectl apply` of the same objects, alternately. Returns
/// the number of objects.
async fn against_kubectl(world: &World) -> Result<usize> {
    let rendered = render(&manifest("shop").to_string(), &Settings::default())?;
    let objects = rendered.matches("\nkind: ").count();
    let (mut ours, mut kubectls) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = format!("ours-{round}");
        let started = Instant::now();
        world.create(&name).await?;
        world.has_made(&name, objects).await?;
        ours.push(started.elapsed());

        let name = format!("theirs-{round}");
        let file = world.directory.path().join("rendered.yaml");
        fs::write(&file, render(&manifest(&name).to_string(), &Settings::default())?)?;
        let started = Instant::now();
        let output = world
            .plane
            .kubectl()
            .args(["apply", "--server-side", "--filename"])
            .arg(&file)
            .output()?;
        kubectls.push(started.elapsed());
        ensure!(
            output.status.success(),
            "kubectl apply: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let (ours, kubectls) = (median(ours), median(kubectls));
    report::figure("objects of a platform", count(objects), "");
    report::figure("from the resource to all of them", ours * 1000.0, "ms");
    report::figure("kubectl apply of the same", kubectls * 1000.0, "ms");
    report::against("operator : kubectl", ours / kubectls, "x", Target::AtMost(1.0));
    for round in 1..ROUNDS {
        world.delete(&format!("ours-{round}")).await?;
    }
    Ok(objects)
}

/// Many platforms at once.
async fn many(world: &World, objects: usize) -> Result<()> {
    let looks = world.metric("fdp_reconciles_total", "").await?;
    let started = Instant::now();
    for number in 0..PLATFORMS - 1 {
        world.create(&format!("p{number}")).await?;
    }
    let created = started.elapsed();
    let last = format!("p{}", PLATFORMS - 2);
    world.has_made(&last, objects).await?;
    for number in 0..PLATFORMS - 1 {
        world.has_made(&format!("p{number}"), objects).await?;
    }
    let took = started.elapsed().as_secs_f64();
    let looks = world.metric("fdp_reconciles_total", "").await? - looks;
    report::figure(
        "200 platforms at once: created within",
        created.as_secs_f64(),
        "s",
    );
    report::figure("  until all their objects are there", took, "s");
    report::figure("  looks at platforms", looks / took, "/s");
    Ok(())
}

/// The requests of an operator that has nothing to do.
async fn nothing_to_do(world: &World) -> Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let before = world.requests().await?;
        tokio::time::sleep(QUIET).await;
        let asked = world.requests().await? - before;
        if asked == 0.0 {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "the operator does not stop sending requests"
        );
    }
    // A change of a label on every platform causes one more reconcile of each.
    let looks = world.metric("fdp_reconciles_total", "").await?;
    let before = world.requests().await?;
    for number in 0..PLATFORMS - 1 {
        world.label(&format!("p{number}")).await?;
    }
    while world.metric("fdp_reconciles_total", "").await? < looks + count(PLATFORMS - 1) {
        ensure!(Instant::now() < deadline, "the operator did not reconcile");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let calls = (world.requests().await? - before) / count(PLATFORMS - 1);
    report::against(
        "calls for a look that finds nothing to do",
        calls,
        "",
        Target::AtMost(0.0),
    );
    Ok(())
}

/// How soon a deleted Deployment is recreated.
async fn put_back(world: &World) -> Result<()> {
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
    let mut times = Vec::new();
    for number in 0..DELETIONS {
        let name = format!("p{number}-pay");
        let uid = deployments.get(&name).await?.uid();
        let started = Instant::now();
        deployments.delete(&name, &DeleteParams::background()).await?;
        while deployments
            .get_opt(&name)
            .await?
            .and_then(|there| there.uid())
            .is_none_or(|now| Some(now) == uid)
        {
            ensure!(started.elapsed() < TIMEOUT, "{name} did not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(started.elapsed());
    }
    times.sort();
    let at =
        |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
    report::figure("a deleted Deployment is back, p50", at(50), "ms");
    report::against("  p99", at(99), "ms", Target::AtMost(1000.0));
    Ok(())
}

/// A control plane with an operator.
struct World {
    plane: ControlPlane,
    client: Client,
    operator: Child,
    address: String,
    directory: tempfile::TempDir,
}

impl World {
    async fn start() -> Result<Self> {
        let plane = ControlPlane::start().await?;
        plane.install(&fdp_crds::definitions()).await?;
        let client = plane.client()?;
        plane.make_namespace(NAMESPACE).await?;
        let address = operator::free_address()?;
        let operator = Command::new(operator::program()?)
            .arg("run")
            .env("KUBECONFIG", plane.kubeconfig())
            .env("DASHBOARD_ADDR", &address)
            .stdout(Stdio::null())
            .spawn()
            .context("start the operator")?;
        Ok(Self {
            plane,
            client,
            operator,
            address,
            directory: tempfile::tempdir()?,
        })
    }

    fn platforms(&self) -> Api<FoodDeliveryPlatform> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    async fn create(&self, name: &str) -> Result<()> {
        let platform = serde_json::from_value(manifest(name))?;
        self.platforms().create(&PostParams::default(), &platform).await?;
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<()> {
        self.platforms().delete(name, &DeleteParams::default()).await?;
        Ok(())
    }

    async fn label(&self, name: &str) -> Result<()> {
        let label = json!({ "metadata": { "labels": { "looked": "at" } } });
        let patch = kube::api::Patch::Merge(&label);
        self.platforms()
            .patch_metadata(name, &kube::api::PatchParams::default(), &patch)
            .await?;
        Ok(())
    }

    /// Waits until a platform has all its objects.
    async fn has_made(&self, platform: &str, objects: usize) -> Result<()> {
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

    /// A memory figure of the operator's process, in MB of 10^6 bytes.
    fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.operator.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{field}:")));
        let kibibytes: f64 = line
            .and_then(|line| line.split_whitespace().next())
            .context("the operator has ended")?
            .parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    /// The sum of a metric's samples.
    async fn metric(&self, name: &str, labels: &str) -> Result<f64> {
        Ok(operator::metric(&self.address, name, labels).await?)
    }

    /// The number of all its requests, except for watches.
    async fn requests(&self) -> Result<f64> {
        let all = self.metric("fdp_api_requests_total", "").await?;
        Ok(all - self.metric("fdp_api_requests_total", "verb=\"watch\"").await?)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It is also killed when this process ends.
        let _ = self.operator.kill();
        let _ = self.operator.wait();
    }
}

fn manifest(name: &str) -> Value {
    operator::platform(NAMESPACE, name, &json!({}))
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn count(number: usize) -> f64 {
    number as f64
}
