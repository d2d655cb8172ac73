//! Tests the platform with kubectl.

use crate::{World, drills};
use fdp_local::install::{self, NAMESPACE, OPERATOR_NAMESPACE};
use fdp_local::wait;
use libtest_mimic::Failed;
use std::time::Duration;

pub(crate) fn a_platform_is_ready_with_version_address_and_age(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    kubectl.run(&[
        "wait",
        "--for=condition=Ready",
        "fdp/shop",
        "--namespace",
        NAMESPACE,
        "--timeout=30s",
    ])?;
    let table = kubectl.run(&["get", "fdp", "--all-namespaces"])?;
    println!("{table}");
    for word in [
        "NAME",
        "READY",
        "VERSION",
        "ADDRESS",
        "AGE",
        "shop",
        "True",
        "http://127.0.0.1:30080",
    ] {
        if !table.contains(word) {
            return Err(format!("`kubectl get fdp -A` does not show {word}:\n{table}").into());
        }
    }
    Ok(())
}

pub(crate) fn a_nonsensical_resource_is_refused_in_words(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let nonsense = [
        ("autoscaling: {min: 5, max: 2}", "min"),
        ("replicas: -1", "greater than or equal to 0"),
        ("resources: 7", "resources"),
    ];
    for (setting, word) in nonsense {
        let resource = format!(
            "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\n\
             metadata: {{name: nonsense, namespace: {NAMESPACE}}}\nspec: {{services: {{order: {{{setting}}}}}}}\n"
        );
        let refusal = match kubectl.run_with_input(&["apply", "--server-side", "--filename", "-"], &resource)
        {
            Ok(_) => return Err(format!("`{setting}` was accepted").into()),
            Err(failure) => failure.to_string(),
        };
        println!("{refusal}");
        if !refusal.contains(word) {
            return Err(format!("the refusal of `{setting}` does not mention '{word}': {refusal}").into());
        }
    }
    Ok(())
}

pub(crate) fn everything_runs_restricted(world: &World) -> Result<(), Failed> {
    for namespace in [NAMESPACE, OPERATOR_NAMESPACE] {
        let pods = world
            .platform
            .kubectl
            .json(&["get", "pods", "--namespace", namespace])?;
        for pod in pods["items"].as_array().ok_or("no list of pods")? {
            let name = &pod["metadata"]["name"];
            for container in pod["spec"]["containers"].as_array().ok_or("no containers")? {
                let context = &container["securityContext"];
                if context["readOnlyRootFilesystem"] != true || context["allowPrivilegeEscalation"] != false {
                    return Err(format!("{name} runs with {context}").into());
                }
            }
        }
        // The API server itself checks that nothing in the namespace violates the restricted profile.
        let judged = world
            .platform
            .kubectl
            .command()
            .args(["label", "--dry-run=server", "--overwrite", "namespace", namespace])
            .arg("pod-security.kubernetes.io/enforce=restricted")
            .output()
            .map_err(|error| error.to_string())?;
        let warnings = String::from_utf8_lossy(&judged.stderr).into_owned();
        if !judged.status.success() || warnings.contains("violate") {
            return Err(format!("{namespace}: {warnings}").into());
        }
    }
    Ok(())
}

pub(crate) fn a_deleted_platform_leaves_nothing(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    drills::under_fault(kubectl, 60)?;
    kubectl.run(&[
        "delete",
        "fdp/shop",
        "--namespace",
        NAMESPACE,
        "--wait",
        "--timeout=60s",
    ])?;
    let kinds = "deployments,statefulsets,jobs,services,configmaps,secrets,horizontalpodautoscalers,poddisruptionbudgets,pods";
    wait::until(
        "everything of the platform to be deleted",
        Duration::from_secs(90),
        || {
            let left = kubectl
                .run(&[
                    "get",
                    kinds,
                    "--namespace",
                    NAMESPACE,
                    "--selector",
                    "fooddelivery.dev/platform=shop",
                    "--output",
                    "name",
                ])
                .map_err(|failure| failure.to_string())?;
            if left.trim().is_empty() { Ok(()) } else { Err(left) }
        },
    )?;
    drills::aborts_without_its_platform(kubectl)
}

/// Prints what a person would check first after a failure.
pub(crate) fn tell_what_is_there(world: &World) {
    let kubectl = &world.platform.kubectl;
    for arguments in [
        &["get", "pods", "--all-namespaces", "--output", "wide"][..],
        &[
            "get",
            "events",
            "--namespace",
            NAMESPACE,
            "--sort-by=.lastTimestamp",
        ],
        &[
            "logs",
            "--namespace",
            OPERATOR_NAMESPACE,
            "deployment/fdp-operator",
            "--tail=50",
        ],
    ] {
        println!(
            "$ kubectl {}\n{}",
            arguments.join(" "),
            kubectl
                .run(arguments)
                .unwrap_or_else(|failure| failure.to_string())
        );
    }
    if let Ok(platform) = install::platform(kubectl) {
        println!("{:#}", platform["status"]);
    }
}
