//! Tests what needs several nodes: the network between them, and the loss of a node.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use fdp_cluster::{BUSYBOX, Cluster, ClusterOptions, Silent, up};
use support::{apply, eventually, kubectl, options};

const TIMEOUT: Duration = Duration::from_mins(2);

#[test]
fn pods_spread_reach_each_other_and_move_when_a_node_dies() {
    let cluster = up(
        &ClusterOptions {
            nodes: 3,
            ..options("test-three")
        },
        &Silent,
    )
    .unwrap();
    deploy_riders(&cluster);
    let riders = || riders(&cluster);
    let placed = riders();
    let mut nodes: Vec<&str> = placed.iter().map(|rider| rider[1].as_str()).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["node-1", "node-2", "node-3"]);
    for rider in &placed {
        let first = &placed[0][0];
        // Debian's busybox has a wget, but it sometimes crashes.
        let ask = format!(
            r"printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 {} 8080 | tail -n 1",
            rider[2]
        );
        let name = kubectl(&cluster, &["exec", first, "--", "sh", "-c", &ask]);
        assert_eq!(name.trim(), rider[0], "{first} asks across nodes");
    }

    guard_the_riders(&cluster);
    let guarded = |riders: &[Vec<String>]| {
        let is_guarded = |rider: &Vec<String>| {
            is_let_in(&cluster, "dispatcher", &rider[2]) && !is_let_in(&cluster, "passer-by", &rider[2])
        };
        riders.iter().all(is_guarded).then_some(())
    };
    eventually("every node to enforce the policy", TIMEOUT, || guarded(&placed));

    cluster.unplug("node-3").unwrap();
    eventually("the dead node's pod to move", TIMEOUT, || {
        let alive = kubectl(
            &cluster,
            &[
                "get",
                "deployment",
                "riders",
                "-o=jsonpath={.status.readyReplicas}",
            ],
        );
        let moved = riders().iter().filter(|rider| rider[1] != "node-3").count() == 3;
        (moved && alive == "3").then_some(())
    });
    let mut alive = riders();
    alive.retain(|rider| rider[1] != "node-3");
    assert_eq!(alive.len(), 3);
    eventually("the policy to hold for the moved pod", TIMEOUT, || {
        guarded(&alive)
    });
    cluster.plug_in("node-3").unwrap();
    kubectl(
        &cluster,
        &["wait", "--for=condition=Ready", "node/node-3", "--timeout=90s"],
    );
    place(
        &cluster,
        "latecomer",
        "node-3",
        "mkdir -p /tmp/www; httpd -f -p 8080 -h /tmp/www",
    );
    let latecomer = kubectl(
        &cluster,
        &["get", "pod", "latecomer", "-o=jsonpath={.status.podIP}"],
    );
    let latecomer = ["latecomer", "node-3", &latecomer].map(str::to_owned);
    // Its watches detect their broken connections only after some minutes.
    let back = Duration::from_mins(8);
    eventually("the node that is back to enforce the policy", back, || {
        guarded(&[latecomer.to_vec()])
    });
    cluster.down().unwrap();
}

/// Three pods that return their name, one on each node.
fn deploy_riders(cluster: &Cluster) {
    apply(
        cluster,
        &format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: riders}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: riders}}}}
  template:
    metadata: {{labels: {{app: riders}}}}
    spec:
      terminationGracePeriodSeconds: 0
      topologySpreadConstraints:
      - {{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {{matchLabels: {{app: riders}}}}}}
      containers:
      - name: main
        image: {BUSYBOX}
        imagePullPolicy: Never
        command: [sh, -c, 'mkdir -p /tmp/www; hostname > /tmp/www/index.html; httpd -f -p 8080 -h /tmp/www']
        readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: riders}}
spec: {{selector: {{app: riders}}, ports: [{{port: 80, targetPort: 8080}}]}}
"
        ),
    );
    kubectl(
        cluster,
        &["rollout", "status", "deployment/riders", "--timeout=90s"],
    );
}

/// The running riders, one line each: pod, its node, its address.
fn riders(cluster: &Cluster) -> Vec<Vec<String>> {
    let columns = "-o=custom-columns=:metadata.name,:spec.nodeName,:status.podIP";
    kubectl(
        cluster,
        &[
            "get",
            "pods",
            "-l=app=riders",
            "--field-selector=status.phase=Running",
            "--no-headers",
            columns,
        ],
    )
    .lines()
    .map(|line| line.split_whitespace().map(str::to_owned).collect())
    .collect()
}

/// Allows only the dispatcher to connect to the riders, and starts it and another pod on the first node.
fn guard_the_riders(cluster: &Cluster) {
    apply(
        cluster,
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: riders}
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [riders, latecomer]}]}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: dispatcher}}}], ports: [{port: 8080}]}]
",
    );
    for name in ["dispatcher", "passer-by"] {
        place(cluster, name, "node-1", "sleep infinity");
    }
}

/// Starts a pod on a node, and waits until it is ready.
fn place(cluster: &Cluster, name: &str, node: &str, script: &str) {
    apply(
        cluster,
        &format!(
            "apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  nodeName: {node}
  terminationGracePeriodSeconds: 0
  containers: [{{name: main, image: {BUSYBOX}, imagePullPolicy: Never, command: [sh, -c, '{script}']}}]
"
        ),
    );
    let pod = format!("pod/{name}");
    kubectl(cluster, &["wait", "--for=condition=Ready", "--timeout=90s", &pod]);
}

fn is_let_in(cluster: &Cluster, from: &str, address: &str) -> bool {
    let script = format!("nc -w 2 {address} 8080 </dev/null >/dev/null 2>&1 && echo reached; true");
    kubectl(cluster, &["exec", from, "--", "sh", "-c", &script]).contains("reached")
}
