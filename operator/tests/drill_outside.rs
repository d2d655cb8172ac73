//! Tests the faults that `fdp drill run` does itself, against a scripted API server.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod scripted;

use std::sync::{Arc, Mutex};

use fdp_crds::drill::ByRunner;
use fdp_operator::cli::drill::{
    CliDrillError,
    outside::{Outside, OutsideArguments, beside, during},
    run::Started,
    say::Say,
};
use kube::Client;
use scripted::{Call, Calls, Reply, client, document, failure, list};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const DRILL: &str = "/apis/fooddelivery.dev/v1alpha1/namespaces/food/resiliencedrills/drained";
const NODE: &str = "/api/v1/nodes/n1";
const PODS: &str = "/api/v1/namespaces/food/pods";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/system/leases/fdp-operator";

/// A cluster whose drill is in the phase that it says.
#[derive(Clone)]
struct Cluster(Arc<Mutex<World>>);

struct World {
    phase: &'static str,
    verdict: Option<&'static str>,
    pods: Vec<Value>,
    /// How often a disruption budget keeps each pod.
    kept: u32,
    /// How many evictions of order get no answer.
    unanswered: u32,
    evictions_are_forbidden: bool,
    leader: &'static str,
}

impl Cluster {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(World {
            phase: "Fault",
            verdict: None,
            pods: vec![pod("order-1", "n1"), pod("pay-1", "n1"), pod("store-1", "n2")],
            kept: 0,
            unanswered: 0,
            evictions_are_forbidden: false,
            leader: "op-1",
        })))
    }

    fn with(self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.0.lock().unwrap());
        self
    }

    fn client(&self) -> (Client, Calls) {
        let world = Arc::clone(&self.0);
        client(move |call| world.lock().unwrap().answer(call))
    }
}

impl World {
    fn answer(&mut self, call: &Call) -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "PATCH", DRILL) => {
                // The proof is the last that is told; the phase of the fault is over then.
                if call.method == "PATCH" {
                    self.phase = "Recovery";
                }
                document(200, &self.drill())
            }
            ("PATCH", NODE) => document(200, &json!({ "metadata": { "name": "n1" } })),
            ("GET", PODS) => list(&self.pods),
            ("POST", path) if path.ends_with("/eviction") => self.evict(path),
            ("GET", LEASE) => document(
                200,
                &json!({ "metadata": {}, "spec": { "holderIdentity": self.leader } }),
            ),
            ("GET", path) if path.ends_with(self.leader) => document(
                200,
                &json!({ "metadata": { "name": self.leader, "uid": format!("uid-{}", self.leader) } }),
            ),
            ("DELETE", _) => {
                self.leader = "op-2";
                document(200, &json!({ "metadata": { "name": "op-1" } }))
            }
            _ => failure(404, "NotFound", "no such object"),
        }
    }

    fn drill(&self) -> Value {
        json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill", "metadata": { "name": "drained" },
            "spec": { "platform": "shop", "fault": { "seconds": 60 }, "expect": {} },
            "status": { "run": "now", "phase": self.phase, "verdict": self.verdict },
        })
    }

    fn evict(&mut self, path: &str) -> Reply {
        if self.evictions_are_forbidden {
            return failure(403, "Forbidden", "you may not");
        }
        if self.kept > 0 {
            self.kept -= 1;
            return failure(429, "TooManyRequests", "it would violate the budget");
        }
        let name = path.trim_end_matches("/eviction").rsplit('/').next().unwrap();
        if name == "order-1" && self.unanswered > 0 {
            self.unanswered -= 1;
            return Reply::Never;
        }
        self.pods.retain(|pod| pod["metadata"]["name"] != name);
        self.pods.push(pod(&format!("{name}-new"), "n2"));
        document(201, &json!({ "kind": "Status", "status": "Success" }))
    }
}

fn pod(name: &str, node: &str) -> Value {
    let part = name.split('-').next().unwrap();
    json!({
        "metadata": { "name": name, "uid": format!("uid-{name}"), "labels": { "app.kubernetes.io/name": part } },
        "spec": { "nodeName": node, "containers": [] }, "status": { "phase": "Running" },
    })
}

/// Runs something with a run of the drill; gives what came of it, and what was called and said.
async fn run<T>(
    cluster: &Cluster,
    fault: ByRunner,
    what: impl AsyncFnOnce(&Outside<'_>, &Say<'_, Vec<u8>>) -> T,
) -> (T, Vec<Call>, String) {
    let (client, calls) = cluster.client();
    let mut output = Vec::new();
    let outside = Outside {
        client: &client,
        arguments: &OutsideArguments {
            operator_namespace: "system".to_owned(),
            node: None,
        },
        started: &Started {
            namespace: "food".to_owned(),
            name: "drained".to_owned(),
            token: "now".to_owned(),
        },
        platform: "shop",
        fault,
    };
    let done = what(&outside, &Say::to(&mut output)).await;
    (done, calls.all(), String::from_utf8(output).unwrap())
}

/// Whether the node takes pods, as it was told one after the other.
fn told(calls: &[Call]) -> Vec<bool> {
    let of_node = calls.iter().filter(|call| call.path == NODE);
    of_node
        .map(|call| call.body["spec"]["unschedulable"] == false)
        .collect()
}

fn proof(calls: &[Call]) -> Option<Value> {
    let patch = calls
        .iter()
        .find(|call| call.method == "PATCH" && call.path == DRILL)?;
    let proof = patch.body["metadata"]["annotations"]["fooddelivery.dev/drill-proof"].as_str()?;
    serde_json::from_str(proof).ok()
}

#[tokio::test(start_paused = true)]
async fn a_drained_node_is_given_back_when_the_phase_of_the_fault_is_over() {
    let cluster = Cluster::new().with(|world| world.kept = 3);
    let over = CancellationToken::new();
    let (done, calls, said) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    done.unwrap();
    assert_eq!(told(&calls), [false, true], "{said}");
    assert!(
        said.contains("a PodDisruptionBudget keeps order-1, pay-1"),
        "{said}"
    );
    assert!(said.ends_with("drained: node n1 takes pods again\n"), "{said}");
    let proof = proof(&calls).unwrap();
    assert_eq!(
        (proof["run"].clone(), proof["node"].clone()),
        (json!("now"), json!("n1"))
    );
    let before =
        json!([{ "name": "order-1", "uid": "uid-order-1" }, { "name": "pay-1", "uid": "uid-pay-1" }]);
    assert_eq!(proof["before"], before, "store runs on another node");
    assert_eq!(proof["after"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_eviction_gets_no_answer_keeps_no_other_one() {
    let cluster = Cluster::new().with(|world| world.unanswered = 1);
    let over = CancellationToken::new();
    let (done, calls, said) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    done.unwrap();
    assert!(
        said.contains("a PodDisruptionBudget keeps order-1\n"),
        "pay has gone: {said}"
    );
    assert!(proof(&calls).is_some(), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_fails_gives_the_node_back() {
    let cluster = Cluster::new().with(|world| world.evictions_are_forbidden = true);
    let over = CancellationToken::new();
    let (done, calls, _) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    let error = done.unwrap_err().to_string();
    assert!(
        error.starts_with("evict Pod food/order-1: not allowed"),
        "{error}"
    );
    assert_eq!(told(&calls), [false, true]);
    assert_eq!(proof(&calls), None);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_is_interrupted_gives_the_node_back() {
    let cluster = Cluster::new().with(|world| world.kept = u32::MAX);
    let over = CancellationToken::new();
    let (done, calls, _) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        let interrupt = async {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            over.cancel();
        };
        tokio::join!(during(outside, &over, say), interrupt).0
    })
    .await;
    done.unwrap();
    assert_eq!(told(&calls), [false, true]);
    assert_eq!(proof(&calls), None, "not all of them have gone");
}

#[tokio::test(start_paused = true)]
async fn a_drill_that_has_its_verdict_early_gives_the_node_back_first() {
    let cluster = Cluster::new().with(|world| world.kept = u32::MAX);
    let (code, calls, _) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        let verdict = async {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            Ok(4)
        };
        beside(outside, verdict, say).await
    })
    .await;
    assert_eq!(code.unwrap(), 4);
    assert_eq!(told(&calls), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_in_a_drill_that_never_comes_to_its_fault() {
    let cluster = Cluster::new().with(|world| {
        world.phase = "Finished";
        world.verdict = Some("Inconclusive");
    });
    let over = CancellationToken::new();
    let (done, calls, said) = run(&cluster, ByRunner::NodeDrained, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    done.unwrap();
    assert_eq!((told(&calls), said.as_str()), (Vec::new(), ""));
}

#[tokio::test(start_paused = true)]
async fn the_pod_of_the_operator_that_leads_is_killed_and_the_next_one_named() {
    let over = CancellationToken::new();
    let (done, calls, said) = run(&Cluster::new(), ByRunner::OperatorKilled, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    done.unwrap();
    let killed = calls.iter().find(|call| call.method == "DELETE").unwrap();
    assert_eq!(killed.path, "/api/v1/namespaces/system/pods/op-1");
    assert_eq!(killed.body["gracePeriodSeconds"], 0);
    assert_eq!(
        killed.body["preconditions"]["uid"], "uid-op-1",
        "not one that has come since"
    );
    let proof = proof(&calls).unwrap();
    assert_eq!(proof["fault"], "OperatorKilled");
    assert_eq!(proof["before"][0]["uid"], "uid-op-1");
    assert_eq!(proof["after"][0]["uid"], "uid-op-2");
    assert!(
        said.ends_with("drained: pod op-2 of the operator leads\n"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_nobody_finds_is_looked_for_elsewhere() {
    let cluster = Cluster::new().with(|world| world.leader = "");
    let over = CancellationToken::new();
    let (done, ..) = run(&cluster, ByRunner::OperatorKilled, async |outside, say| {
        during(outside, &over, say).await
    })
    .await;
    let Err(error @ CliDrillError::NoLeader { .. }) = done else {
        panic!("{done:?}");
    };
    assert!(error.to_string().contains("--operator-namespace"));
}
