//! What only a cluster of several nodes can show: a network between them, and the loss of one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use fdp_cluster::{BUSYBOX, ClusterOptions, Silent, up};
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
    apply(
        &cluster,
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
        &cluster,
        &["rollout", "status", "deployment/riders", "--timeout=90s"],
    );
    // One line each: pod, its node, its address.
    let riders = || -> Vec<Vec<String>> {
        let columns = "-o=custom-columns=:metadata.name,:spec.nodeName,:status.podIP";
        kubectl(
            &cluster,
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
    };
    let placed = riders();
    let mut nodes: Vec<&str> = placed.iter().map(|rider| rider[1].as_str()).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["node-1", "node-2", "node-3"]);
    for rider in &placed {
        let first = &placed[0][0];
        // Debian's busybox has a wget, but it crashes now and then.
        let ask = format!(
            r"printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 {} 8080 | tail -n 1",
            rider[2]
        );
        let name = kubectl(&cluster, &["exec", first, "--", "sh", "-c", &ask]);
        assert_eq!(name.trim(), rider[0], "{first} asks across nodes");
    }

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
    cluster.plug_in("node-3").unwrap();
    kubectl(
        &cluster,
        &["wait", "--for=condition=Ready", "node/node-3", "--timeout=90s"],
    );
    cluster.down().unwrap();
}
