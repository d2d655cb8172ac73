//! Tests the health check for Argo CD in its Lua interpreter, with platforms whose statuses the operator reports.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformStatus};
use fdp_operator::{
    controller::report::next_status,
    model::{
        apis::MetricsApi,
        assessment::{Assessment, Unwritten},
        object::ObjectKey,
        observed::Observed,
    },
    plan::{conditions::assess, plan, setup},
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::jiff::Timestamp;
use kube::core::DynamicObject;
use serde_json::{Value, json};

use crate::world::World;

/// The generation of the platforms in these tests.
const GENERATION: i64 = 4;

struct Case {
    name: &'static str,
    platform: Value,
    status: &'static str,
    /// The beginning of the message.
    message: &'static str,
}

pub(crate) fn argo_cd_tells_the_state_of_a_platform(_: &World) -> Result<()> {
    for case in cases()? {
        let answer = health(&case.platform).with_context(|| case.name.to_owned())?;
        let message = answer["message"].as_str().unwrap_or_default();
        ensure!(
            answer["status"] == case.status && message.starts_with(case.message),
            "{}: its health is {answer} instead of {}: {}",
            case.name,
            case.status,
            case.message
        );
    }
    Ok(())
}

pub(crate) fn the_health_check_reads_no_older_generation(_: &World) -> Result<()> {
    // After a change that the operator has not observed, the earlier status no longer matters.
    for case in cases()? {
        let mut platform = case.platform;
        platform["metadata"]["generation"] = json!(GENERATION + 1);
        let answer = health(&platform)?;
        ensure!(
            answer["status"] == "Progressing",
            "{} of an older generation: {answer}",
            case.name
        );
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>> {
    let mut cases = under_way()?;
    cases.extend(at_rest()?);
    cases.extend(hardly_known()?);
    Ok(cases)
}

/// Platforms that the operator is reconciling.
fn under_way() -> Result<Vec<Case>> {
    let shop = validated(&json!({}))?;
    let up = assess(&shop, &all_up(&shop));
    let refused = Unwritten {
        refused: vec!["Service shop-pay: quota".to_owned()],
        ..Unwritten::default()
    };
    let nothing = json!({});
    let waiting = assess(&shop, &Observed::default());
    Ok(vec![
        Case {
            name: "new",
            platform: reported(&nothing, &waiting)?,
            status: "Progressing",
            message: "StatefulSet shop-kafka: not created yet; ",
        },
        Case {
            name: "rolling out",
            platform: reported(&nothing, &up.clone().with_unwritten(&rolling()))?,
            status: "Progressing",
            message: "Deployment shop-pay",
        },
        Case {
            name: "an object was refused",
            platform: reported(&nothing, &up.with_unwritten(&refused))?,
            status: "Progressing",
            message: "Service shop-pay: quota",
        },
    ])
}

/// Platforms that will not change by themselves.
fn at_rest() -> Result<Vec<Case>> {
    let shop = validated(&json!({}))?;
    let up = assess(&shop, &all_up(&shop));
    let failed = failed(&shop)?;
    let pending = Unwritten {
        suspended: vec!["Deployment shop-order".to_owned()],
        ..Unwritten::default()
    };
    let invalid = Assessment::of_invalid_spec("services.order.resources.cpu: `1 cup` is no quantity");
    let nothing = json!({});
    let suspended = json!({"suspend": true});
    let degraded = |name, platform, message| Case {
        name,
        platform,
        status: "Degraded",
        message,
    };
    let paused = |name, platform, message| Case {
        name,
        platform,
        status: "Suspended",
        message,
    };
    let setup = "Job shop-setup-";
    Ok(vec![
        Case {
            name: "ready",
            platform: reported(&nothing, &up)?,
            status: "Healthy",
            message: "everything is up",
        },
        degraded("a part has failed", reported(&nothing, &failed)?, setup),
        degraded(
            "stalled while it rolls out",
            reported(&nothing, &failed.clone().with_unwritten(&rolling()))?,
            setup,
        ),
        degraded(
            "a specification that makes no sense",
            reported(&nothing, &invalid)?,
            "services.order.resources.cpu: `1 cup`",
        ),
        degraded(
            "suspended, and a part has failed",
            reported(&suspended, &failed)?,
            setup,
        ),
        paused(
            "suspended with changes pending",
            reported(&suspended, &up.clone().with_unwritten(&pending))?,
            "suspended; when resumed, these change: Deployment shop-order",
        ),
        paused(
            "suspended with nothing pending",
            reported(&suspended, &up)?,
            "suspended; nothing would change",
        ),
    ])
}

/// Platforms without a status, or that are being deleted.
fn hardly_known() -> Result<Vec<Case>> {
    let shop = validated(&json!({}))?;
    let ready = reported(&json!({}), &assess(&shop, &all_up(&shop)))?;
    let changed = |pointer: &str, value: Value| {
        let mut platform = ready.clone();
        platform[pointer] = value;
        platform
    };
    let mut deleted = ready.clone();
    deleted["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let unreported = "the operator has not reported on this platform yet";
    Ok(vec![
        Case {
            name: "ready, without a specification",
            platform: changed("spec", Value::Null),
            status: "Healthy",
            message: "everything is up",
        },
        Case {
            name: "being deleted",
            platform: deleted,
            status: "Progressing",
            message: "the platform is being deleted",
        },
        Case {
            name: "not reported",
            platform: changed("status", Value::Null),
            status: "Progressing",
            message: unreported,
        },
        Case {
            name: "an empty status",
            platform: changed("status", json!({})),
            status: "Progressing",
            message: unreported,
        },
    ])
}

fn rolling() -> Unwritten {
    Unwritten {
        waiting: vec!["Deployment shop-pay".to_owned()],
        ..Unwritten::default()
    }
}

fn resource(spec: &Value) -> Value {
    json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": {"name": "shop", "namespace": "food", "generation": GENERATION},
        "spec": spec,
    })
}

fn validated(spec: &Value) -> Result<Validated> {
    let platform: FoodDeliveryPlatform = serde_json::from_value(resource(spec))?;
    Ok(Validated::new(&platform, &Settings::default())?)
}

/// A platform with the status that the operator reports for it.
fn reported(spec: &Value, assessment: &Assessment) -> Result<Value> {
    let status = next_status(
        &FoodDeliveryPlatformStatus::default(),
        assessment,
        Some(GENERATION),
        Timestamp::UNIX_EPOCH,
    );
    let mut platform = resource(spec);
    platform["status"] = serde_json::to_value(status)?;
    Ok(platform)
}

/// A cluster in which all of the platform is ready.
fn all_up(platform: &Validated) -> Observed {
    let mut observed = Observed {
        metrics: MetricsApi::Available,
        ..Observed::default()
    };
    for planned in plan(platform, &observed).objects {
        let mut object = DynamicObject::clone(&planned.object);
        let replicas = object.data.pointer("/spec/replicas").cloned().unwrap_or(json!(1));
        object.data["status"] = match planned.resource.kind.as_str() {
            "Deployment" | "StatefulSet" => json!({
                "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
                "readyReplicas": replicas, "currentRevision": "a", "updateRevision": "a",
            }),
            "Job" => json!({"conditions": [{"type": "Complete", "status": "True"}]}),
            _ => continue,
        };
        observed.children.insert(&planned.resource, Arc::new(object));
    }
    observed
}

/// All is ready except the setup, which has failed.
fn failed(platform: &Validated) -> Result<Assessment> {
    let mut observed = all_up(platform);
    let name = setup::job_name(platform, &observed);
    let key = ObjectKey::new("Job", name.as_str());
    let (resource, mut job) = observed
        .children
        .iter()
        .find(|(found, _, _)| **found == key)
        .map(|(_, resource, job)| (resource.clone(), DynamicObject::clone(job)))
        .context("no setup Job is planned")?;
    let failed = json!({"type": "Failed", "status": "True", "message": "too many failures"});
    job.data["status"] = json!({"conditions": [failed]});
    observed.children.insert(&resource, Arc::new(job));
    Ok(assess(platform, &observed))
}

/// The result of the script for an object in Argo CD's interpreter.
fn health(object: &Value) -> Result<Value> {
    let path = fdp_checkout::root().join("manifests/argocd/health/food-delivery-platform.lua");
    let script = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let mut child = Command::new(fdp_programs::program("lua")?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("start lua")?;
    let input = json!({"script": script, "object": object}).to_string();
    child
        .stdin
        .take()
        .context("lua has no standard input")?
        .write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "the script failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
