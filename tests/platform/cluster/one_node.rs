//! Tests what a cluster with one node provides to its pods and to clients outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use fdp_cluster::{BUSYBOX, Cluster, Forward, Silent, up};
use support::{apply, eventually, kubectl, options};

const NODE_PORT: u16 = 30080;
const TIMEOUT: Duration = Duration::from_secs(90);

/// One cluster for all tests of this file; it ends with the test program.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let mut options = options("test-one");
        options.forwards = vec![Forward {
            loopback_port: 0,
            node_port: NODE_PORT,
        }];
        up(&options, &Silent).unwrap()
    })
}

fn pod(name: &str, script: &str) -> String {
    format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: {BUSYBOX}
    imagePullPolicy: Never
    command: [sh, -c, '{script}']
"
    )
}

fn wait_until_ready(name: &str) {
    kubectl(
        cluster(),
        &[
            "wait",
            "--for=condition=Ready",
            "--timeout=90s",
            &format!("pod/{name}"),
        ],
    );
}

/// The response body of a plain HTTP request to a loopback port.
fn get(port: u16) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    connection.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.trim().to_owned())
        .filter(|body| !body.is_empty())
}

#[test]
fn a_claim_is_bound_and_what_one_pod_writes_the_next_one_reads() {
    apply(
        cluster(),
        "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pantry}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
",
    );
    // An unprivileged user, like in every pod of the platform.
    let with_volume = |name: &str, script: &str| {
        pod(name, script).replace("  containers:", "  securityContext: {runAsUser: 1000, runAsNonRoot: true}\n  volumes: [{name: pantry, persistentVolumeClaim: {claimName: pantry}}]\n  containers:")
            + "    volumeMounts: [{name: pantry, mountPath: /pantry}]\n"
    };
    apply(
        cluster(),
        &with_volume("pantry-writer", "echo kimchi > /pantry/shelf; sleep infinity"),
    );
    wait_until_ready("pantry-writer");
    let phase = kubectl(
        cluster(),
        &["get", "pvc", "pantry", "-o=jsonpath={.status.phase}"],
    );
    assert_eq!(phase, "Bound");
    kubectl(cluster(), &["delete", "pod", "pantry-writer", "--wait"]);
    apply(
        cluster(),
        &with_volume("pantry-reader", "cat /pantry/shelf; sleep infinity"),
    );
    wait_until_ready("pantry-reader");
    let read = eventually("the reader's log", TIMEOUT, || {
        Some(kubectl(cluster(), &["logs", "pantry-reader"])).filter(|log| !log.is_empty())
    });
    assert_eq!(read.trim(), "kimchi");
}

#[test]
fn a_pod_resolves_service_names_and_unknown_names_do_not_exist() {
    apply(cluster(), &pod("resolver", "sleep infinity"));
    wait_until_ready("resolver");
    let exec = |command: &str| {
        let output = cluster()
            .kubectl()
            .args(["exec", "resolver", "--", "sh", "-c", command])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let answer = exec("nslookup kubernetes.default.svc.cluster.local 2>&1");
    assert!(answer.contains("10.96.0.1"), "{answer}");
    let answer = exec("ping -c 1 -W 1 kubernetes.default 2>&1; true");
    assert!(
        answer.contains("(10.96.0.1)"),
        "the search path leads to the service: {answer}"
    );
    let answer = exec("nslookup no-such-shop.example.com 2>&1");
    assert!(answer.contains("NXDOMAIN"), "{answer}");
}

#[test]
fn top_knows_what_the_node_uses() {
    let table = kubectl(cluster(), &["top", "nodes", "--no-headers"]);
    let cpu = table.split_whitespace().nth(1).unwrap();
    assert!(
        cpu.strip_suffix('m').unwrap().parse::<u32>().unwrap() > 0,
        "{table}"
    );
}

#[test]
fn logs_exec_and_port_forward_reach_a_pod() {
    let script = "echo open for business; mkdir -p /tmp/www; echo bulgogi > /tmp/www/index.html; httpd -f -p 8080 -h /tmp/www";
    apply(cluster(), &pod("kitchen", script));
    wait_until_ready("kitchen");
    eventually("the log", TIMEOUT, || {
        kubectl(cluster(), &["logs", "kitchen"])
            .contains("open for business")
            .then_some(())
    });
    assert_eq!(
        kubectl(
            cluster(),
            &["exec", "kitchen", "--", "cat", "/tmp/www/index.html"]
        )
        .trim(),
        "bulgogi"
    );

    let mut forwarding = cluster()
        .kubectl()
        .args(["port-forward", "--address=127.0.0.1", "pod/kitchen", ":8080"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // Kept open: kubectl continues to write, and a closed pipe would end it.
    let mut output = BufReader::new(forwarding.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let port = line
        .split(" -> ")
        .next()
        .and_then(|text| text.rsplit(':').next())
        .unwrap()
        .parse()
        .unwrap();
    let body = eventually("an answer through kubectl port-forward", TIMEOUT, || get(port));
    forwarding.kill().unwrap();
    forwarding.wait().unwrap();
    assert_eq!(body, "bulgogi");
}

#[test]
fn a_loopback_port_leads_to_a_node_port() {
    apply(
        cluster(),
        &pod(
            "counter",
            "mkdir -p /tmp/www; echo bibimbap > /tmp/www/index.html; httpd -f -p 8080 -h /tmp/www",
        ),
    );
    apply(
        cluster(),
        &format!(
            "apiVersion: v1
kind: Service
metadata: {{name: counter}}
spec: {{type: NodePort, selector: {{app: counter}}, ports: [{{port: 80, targetPort: 8080, nodePort: {NODE_PORT}}}]}}
"
        ),
    );
    wait_until_ready("counter");
    let port = cluster().forwards()[0].loopback_port;
    assert_eq!(
        eventually("an answer through the forward", TIMEOUT, || get(port)),
        "bibimbap"
    );
}

#[test]
fn a_policy_that_denies_is_enforced_and_one_that_allows_lets_through() {
    let server = "mkdir -p /tmp/www; echo japchae > /tmp/www/index.html; httpd -f -p 8080 -h /tmp/www";
    for (name, script) in [
        ("guarded", server),
        ("friend", "sleep infinity"),
        ("stranger", "sleep infinity"),
    ] {
        apply(cluster(), &pod(name, script));
    }
    for name in ["guarded", "friend", "stranger"] {
        wait_until_ready(name);
    }
    let address = kubectl(
        cluster(),
        &["get", "pod", "guarded", "-o=jsonpath={.status.podIP}"],
    );
    let reaches = |from: &str| {
        let script = format!("nc -w 2 {address} 8080 </dev/null >/dev/null 2>&1 && echo reached; true");
        kubectl(cluster(), &["exec", from, "--", "sh", "-c", &script]).contains("reached")
    };
    let both = |friend: bool, stranger: bool, why: &str| {
        eventually(why, TIMEOUT, || {
            (reaches("friend") == friend && reaches("stranger") == stranger).then_some(())
        });
    };
    both(true, true, "both to reach a pod that no policy selects");
    let policy = |ingress: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: guarded}}
spec: {{podSelector: {{matchLabels: {{app: guarded}}}}, policyTypes: [Ingress], ingress: {ingress}}}
"
        )
    };
    apply(cluster(), &policy("[]"));
    both(false, false, "both to be refused");
    // The port is the pod's own, because the port of a Service is translated before the policy applies.
    apply(
        cluster(),
        &policy("[{from: [{podSelector: {matchLabels: {app: friend}}}], ports: [{port: 8080}]}]"),
    );
    both(true, false, "only the friend to be let in");
    kubectl(cluster(), &["delete", "networkpolicy", "guarded"]);
    both(true, true, "both to be let in again");
}

#[test]
fn a_pod_reaches_nothing_outside_the_cluster() {
    apply(cluster(), &pod("prisoner", "sleep infinity"));
    wait_until_ready("prisoner");
    // A port on which this test listens, at every address of the host.
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let reaches = |address: &str, port: u16| {
        let script = format!("nc -w 2 {address} {port} </dev/null >/dev/null && echo reached; true");
        kubectl(cluster(), &["exec", "prisoner", "--", "sh", "-c", &script]).contains("reached")
    };
    assert!(reaches("10.96.0.1", 443), "what is inside is reached");
    for address in ["10.89.0.1", "169.254.169.254", "1.1.1.1"] {
        assert!(!reaches(address, port), "{address} was reached");
    }
    assert!(
        listener.accept().is_err(),
        "a connection came through to the host"
    );
}
