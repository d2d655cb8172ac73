//! The same load on the platform that `make up` has started and on the same programs as bare processes: the same users,
//! owners, riders and load program, one after the other in one run.

use crate::programs::Programs;
use crate::report::{self, Target::AtLeast};
use crate::throttling::Throttling;
use anyhow::{Context, Result, bail, ensure};
use fdp_drill::{
    ASSIGNMENT, Arrivals, Assignment, DelayRange, Measured, Mix, PayFault, Phase, Report, Stage,
};
use fdp_local::install::{NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::target;
use fdp_test_services::Platform;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

const USERS: u32 = 100;
const DELAY: DelayRange = DelayRange {
    min_ms: 400,
    max_ms: 620,
};
/// For the first orders, until pools and caches are filled.
const STEADY_SECONDS: u32 = 10;
const RECOVERY_SECONDS: u32 = 5;
const SETTLE_SECONDS: u32 = 600;
const DRILL: &str = "bench-beside";
/// For a Job of the load to be there and to have run its first orders.
const START: Duration = Duration::from_mins(3);
/// Until every order has come to its end.
const MORE: Duration = Duration::from_mins(12);

/// Measures and prints. `bare` starts the same programs as bare processes.
///
/// # Errors
/// When no platform runs, or it allows no drills, or a load ends without a report.
pub(crate) fn measure(duration: Duration, bare: impl Fn() -> Result<Platform>) -> Result<()> {
    let cluster =
        fdp_cluster::find(target::NAME).context("no local cluster is running: start it with `make up`")?;
    let kubectl = target::Target::Own(cluster).kubectl();
    let seconds = u32::try_from(duration.as_secs()).context("too long")?;
    let cases = [
        ("no delay", None, 0.85),
        ("pay takes 400 to 620 ms", Some(DELAY), 0.95),
    ];
    for (name, delay, least) in cases {
        report::heading(&format!("{USERS} users, {seconds} s, {name}"));
        let in_cluster = in_cluster(&kubectl, seconds, delay)?;
        in_cluster.tell("the real cluster");
        let platform = bare()?;
        let as_processes = as_processes(&platform, seconds, delay)?;
        as_processes.tell("bare processes");
        let ratio = in_cluster.measured.per_second() / as_processes.measured.per_second();
        report::against(
            "orders per second, cluster to bare processes",
            ratio,
            "",
            AtLeast(least),
        );
    }
    Ok(())
}

/// What a load has measured, and what the programs used at its beginning and its end.
struct Loaded {
    measured: Measured,
    before: Programs,
    after: Programs,
    /// The same of what pods were held back; bare processes have no limit.
    throttling: Option<[Throttling; 2]>,
}

impl Loaded {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn tell(&self, place: &str) {
        let Self {
            measured,
            before,
            after,
            throttling,
        } = self;
        report::figure(
            &format!("{place}: orders placed and paid"),
            measured.per_second(),
            "/s",
        );
        report::figure("  availability", measured.availability().unwrap_or_default(), "%");
        report::figure("  latency p50", measured.p50_ms as f64, "ms");
        report::figure("  latency p99", measured.p99_ms as f64, "ms");
        if let Some([before, after]) = throttling {
            after.print_since(before);
        }
        after.print_since(before, measured.per_second());
    }
}

/// A drill on the platform in the cluster.
fn in_cluster(kubectl: &Kubectl, seconds: u32, delay: Option<DelayRange>) -> Result<Loaded> {
    let mut fault = json!({ "seconds": seconds });
    if let Some(delay) = delay {
        fault["pay"] = json!({ "delay": { "minMs": delay.min_ms, "maxMs": delay.max_ms } });
    }
    let drill = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
        "metadata": { "name": DRILL, "namespace": NAMESPACE },
        "spec": {
            "platform": PLATFORM, "load": { "users": USERS }, "fault": fault,
            "steadySeconds": STEADY_SECONDS, "recoverySeconds": RECOVERY_SECONDS,
            "settleSeconds": SETTLE_SECONDS, "timeoutSeconds": 1800,
            "expect": { "everyOrderEnds": true },
        },
    });
    let delete = [
        "delete",
        "drill",
        DRILL,
        "--namespace",
        NAMESPACE,
        "--ignore-not-found",
    ];
    kubectl.run(&delete)?;
    kubectl.run_with_input(&["create", "--filename", "-"], &drill.to_string())?;
    // One program that watches: to ask again and again would take a part of the processors from what is measured.
    let wait_for = |condition: &str, limit: Duration| {
        let condition = format!("--for=jsonpath={condition}");
        let limit = format!("--timeout={}s", limit.as_secs());
        kubectl.run(&[
            "wait",
            "drill",
            DRILL,
            "--namespace",
            NAMESPACE,
            &condition,
            &limit,
        ])
    };
    let fault = Duration::from_secs(seconds.into());
    wait_for("{.status.phase}=Fault", START)?;
    let (before, throttled_before) = (Programs::now()?, Throttling::now(kubectl)?);
    wait_for("{.status.phase}=Recovery", fault + START)?;
    let (after, throttled_after) = (Programs::now()?, Throttling::now(kubectl)?);
    wait_for("{.status.verdict}", MORE)?;
    let drill = kubectl.json(&["get", "drill", DRILL, "--namespace", NAMESPACE])?;
    let status = &drill["status"];
    kubectl.run(&delete)?;
    let measured: Vec<Measured> =
        serde_json::from_value(status["measured"].clone()).context("reading what the drill measured")?;
    ensure!(
        status["verdict"] == "Passed",
        "the drill says {}: {}",
        status["verdict"],
        words(&status["message"])
    );
    Ok(Loaded {
        measured: under_load(measured)?,
        before,
        after,
        throttling: Some([throttled_before, throttled_after]),
    })
}

/// The load program against bare processes.
fn as_processes(platform: &Platform, seconds: u32, delay: Option<DelayRange>) -> Result<Loaded> {
    let gateway = platform.port("gateway").context("there is no gateway")?;
    let stage = |phase, seconds| Stage { phase, seconds };
    let assignment = Assignment {
        gateway: format!("http://127.0.0.1:{gateway}"),
        customers: DRILL.to_owned(),
        arrivals: Arrivals::Users(USERS),
        ignore_retry_after: false,
        new_connection_percent: 0,
        mix: Mix {
            order: 1,
            browse: 0,
            cancel: 0,
        },
        stages: vec![
            stage(Phase::Steady, STEADY_SECONDS),
            stage(Phase::Fault, seconds),
            stage(Phase::Recovery, RECOVERY_SECONDS),
        ],
        pay: delay.map(|delay| PayFault {
            address: format!("127.0.0.1:{}", platform.drills_port()),
            delay: Some(delay),
            failure_percent: 0,
        }),
        sidecars: None,
        alerts: None,
        guard: None,
        settle_seconds: SETTLE_SECONDS,
    };
    let load = Command::new(fdp_checkout::programs().join("drill"))
        .args(["--report", "/dev/null"])
        .env(ASSIGNMENT, serde_json::to_string(&assignment)?)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("starting the load program")?;
    // It tells nothing while it runs; its stages follow its clock.
    std::thread::sleep(Duration::from_secs(STEADY_SECONDS.into()));
    let before = Programs::now()?;
    std::thread::sleep(Duration::from_secs(seconds.into()));
    let after = Programs::now()?;
    let output = load.wait_with_output().context("running the load program")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let report: Report = serde_json::from_str(said.trim())
        .with_context(|| format!("the load ended with {} and said: {said}", output.status))?;
    if let Some(problem) = report.problem {
        bail!("the load says: {problem}");
    }
    Ok(Loaded {
        measured: under_load(report.measured)?,
        before,
        after,
        throttling: None,
    })
}

fn under_load(measured: Vec<Measured>) -> Result<Measured> {
    let mut measured = measured.into_iter();
    measured
        .find(|measured| measured.phase == Phase::Fault)
        .context("nothing was measured")
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
