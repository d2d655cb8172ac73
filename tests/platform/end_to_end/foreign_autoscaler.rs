//! An autoscaler that somebody else made for a service sets the service's replicas.

use crate::World;
use crate::specification::change;
use fdp_local::install::{self, NAMESPACE};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::{Duration, Instant};

const SCALED: Duration = Duration::from_mins(2);
const DEPLOYMENT: &str = "shop-pay";
const MINIMUM: i64 = 2;

/// The operator leaves the replicas to it at a reconciliation, and takes them back when it is deleted.
pub(crate) fn an_autoscaler_of_somebody_else_sets_the_replicas(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "of-somebody-else", "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": DEPLOYMENT},
            "minReplicas": MINIMUM,
            "maxReplicas": 3,
            "metrics": [{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
        },
    });
    kubectl.run_with_input(&["create", "--filename", "-"], &autoscaler.to_string())?;
    let begun = Instant::now();
    wait::until("the replicas that the autoscaler asks for", SCALED, || {
        let replicas = replicas(kubectl)?;
        if replicas >= MINIMUM {
            Ok(())
        } else {
            Err(replicas.to_string())
        }
    })?;
    let scaled = begun.elapsed();
    // The operator reconciles at each change, and is through with this one when its status has the new generation.
    let variable = json!({"env": [{"name": "FOREIGN", "value": "1"}]});
    change(kubectl, &json!({ "services": { "pay": variable } }))?;
    install::wait_until_ready(kubectl, SCALED, &mut |_| {})?;
    let kept = replicas(kubectl)?;
    if kept < MINIMUM {
        return Err(format!("the operator took the replicas of {DEPLOYMENT} down to {kept}").into());
    }
    change(kubectl, &json!({ "services": { "pay": null } }))?;
    let delete = [
        "delete",
        "horizontalpodautoscaler",
        "of-somebody-else",
        "--namespace",
        NAMESPACE,
    ];
    kubectl.run(&delete)?;
    let deleted = Instant::now();
    wait::until("the replicas of the platform", SCALED, || {
        let replicas = replicas(kubectl)?;
        if replicas == 1 {
            Ok(())
        } else {
            Err(replicas.to_string())
        }
    })?;
    println!(
        "{MINIMUM} replicas {:.1} s after the autoscaler came, 1 again {:.1} s after it went",
        scaled.as_secs_f64(),
        deleted.elapsed().as_secs_f64()
    );
    install::wait_until_ready(kubectl, SCALED, &mut |_| {})?;
    Ok(())
}

fn replicas(kubectl: &Kubectl) -> Result<i64, String> {
    let deployment = kubectl
        .json(&["get", "deployment", DEPLOYMENT, "--namespace", NAMESPACE])
        .map_err(|failure| failure.to_string())?;
    deployment["spec"]["replicas"]
        .as_i64()
        .ok_or_else(|| format!("no replicas: {}", deployment["spec"]))
}
