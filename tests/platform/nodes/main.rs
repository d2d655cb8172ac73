//! The platform on two nodes: one of them is drained while customers order.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/drill_runs.rs"]
mod drill_runs;
#[path = "../support/specification.rs"]
mod specification;

use drill_runs::{run, short};
use fdp_cluster::{Lifetime, Silent};
use fdp_local::install::{self, NAMESPACE};
use fdp_local::options::Where;
use fdp_local::up;
use serde_json::json;
use std::time::Duration;

const NAME: &str = "test-nodes";
const READY: Duration = Duration::from_mins(2);
const NODES: [&str; 2] = ["node-1", "node-2"];

/// PostgreSQL cannot leave the node of its volume. All others can go.
#[test]
fn no_order_is_refused_while_a_node_without_the_database_is_drained() {
    let place = Where::Own {
        api_port: 0,
        nodes: 2,
        istio: false,
    };
    let platform = up::bring_up(&place, NAME, Lifetime::WithParent, &Silent).unwrap();
    let kubectl = &platform.kubectl;
    let two = json!({ "replicas": 2 });
    let order = json!({ "autoscaling": { "min": 2, "max": 2 } });
    let services = json!({ "gateway": two, "order": order, "pay": two });
    specification::change(kubectl, &json!({ "services": services })).unwrap();
    install::wait_until_ready(kubectl, READY, &mut |_| {}).unwrap();

    let database = "--selector=app.kubernetes.io/name=postgres";
    let pods = kubectl.json(&["get", "pods", "--namespace", NAMESPACE, database]);
    let of_database = pods.unwrap()["items"][0]["spec"]["nodeName"].take();
    let drained = NODES.iter().find(|node| of_database != **node).unwrap();
    let drill = short(kubectl, "node-drained", |spec| {
        // A broker needs its time to end, and all pods of the node have to be gone. What is ordered without it waits.
        spec["fault"]["seconds"] = json!(60);
        spec["load"] = json!({ "ordersPerSecond": 20 });
        spec["expect"] = json!({ "availabilityPercent": "100", "everyOrderEnds": true });
    });
    let (code, said) = run(kubectl, &drill.unwrap(), &["--node", drained]).unwrap();
    println!("{said}");
    assert_eq!(code, 0, "{said}");
    fdp_cluster::down(NAME).unwrap();
}
