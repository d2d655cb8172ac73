//! Tests that the commands which conditions and the manual tell people to copy are understood by the real kubectl, API server
//! and program.
//!
//! `commands.txt` lists them with the reason of the condition that offers them; a test of the operator writes it.

mod copied;

use fdp_crds::condition;
use fdp_test_operator::{NAMESPACE, Operator, World};
use serde_json::{Value, json};

use copied::Shell;

/// What a condition offers, by its reason.
const OF_CONDITIONS: &str = include_str!("commands.txt");

/// What `docs/troubleshooting.md` and error messages tell.
const OF_THE_MANUAL: [&str; 8] = [
    "kubectl get fdp -A",
    "kubectl -n food describe fdp shop",
    "fdp status shop -n food",
    "kubectl create namespace another",
    "kubectl uncordon node-1",
    "kubectl get pods -A -l app.kubernetes.io/name=fdp-operator",
    "kubectl scale deployment shop-pay -n food --replicas 0",
    "kubectl -n food rollout restart deployment shop-pay",
];

/// What is told where the definitions are missing.
const INSTALL: &str = "fdp crds | kubectl apply --server-side -f -";

/// Programs inside pods, which need a node, and programs that are not here. `docs/compatibility.md` says how these were tried.
const ELSEWHERE: [&str; 3] = ["kubectl exec ", "mongodump ", "istioctl "];

/// What commands are about, beside the platform and its objects.
fn around() -> [Value; 9] {
    let secret = |name: &str| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "namespace": NAMESPACE } });
    let set = |name: &str| {
        let labels = json!({ "app": name });
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": name, "namespace": NAMESPACE },
            "spec": { "serviceName": name, "replicas": 0, "selector": { "matchLabels": labels },
                      "template": { "metadata": { "labels": labels },
                                    "spec": { "containers": [{ "name": name, "image": name }] } } },
        })
    };
    [
        secret("kakao-app"),
        secret("atlas"),
        secret("rds"),
        secret("msk"),
        set("shop-elasticsearch"),
        set("shop-prometheus"),
        json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": { "name": "v1beta1.metrics.k8s.io" },
            "spec": { "group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                      "insecureSkipTLSVerify": true,
                      "service": { "name": "metrics-server", "namespace": "kube-system" } },
        }),
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1" }, "spec": { "unschedulable": true } }),
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "shop-pay-waits", "namespace": NAMESPACE },
            "spec": { "containers": [{ "name": "pay", "image": "pay:1" }] },
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_people_are_told_to_copy_is_understood() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    // From here on commands may change what they like.
    operator.stop().await;
    let shell = Shell::new(&world);
    for object in around() {
        shell.makes(&object).await;
    }
    let of_conditions = OF_CONDITIONS.lines().map(|line| line.split_once('\t').unwrap());
    let all = of_conditions.chain(OF_THE_MANUAL.map(|command| ("the manual", command)));
    let (mut run, mut refused) = (0, Vec::new());
    for (by, command) in all {
        if ELSEWHERE.iter().any(|start| command.starts_with(start)) {
            continue;
        }
        run += 1;
        if let Err(words) = shell.runs(command).await {
            refused.push(format!("{by}: {command}: {words}"));
        }
    }
    shell
        .runs("kubectl delete crd fooddeliveryplatforms.fooddelivery.dev resiliencedrills.fooddelivery.dev")
        .await
        .unwrap();
    if let Err(words) = shell.runs(INSTALL).await {
        refused.push(format!("the manual: {INSTALL}: {words}"));
    }
    println!("{} commands ran", run + 1);
    assert!(run > 25, "only {run}");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_with_a_mistake_is_noticed() {
    let world = World::start().await;
    let shell = Shell::new(&world);
    for command in [
        "kubectl -n food patch fdp shop --type merge -p '{\"spec\":{}}'",
        "kubectl -n food describe deployments shop-pay",
        "kubectl label --override secret kakao-app -n food a=b",
        "fdp leaves -n food",
    ] {
        assert!(shell.runs(command).await.is_err(), "{command}");
    }
}
