//! Prints what each part reports about an order that was not delivered, while the parts still exist.

use crate::World;
use fdp_catalogue::Service;
use fdp_local::install::NAMESPACE;
use fdp_local::port_forward::PortForward;
use fdp_local::shop::Shop;
use std::fmt::Display;

/// The parts that handle an order; each has its lag in its metrics.
const WAY: [Service; 5] = [
    Service::Order,
    Service::Pay,
    Service::Store,
    Service::Delivery,
    Service::Frontend,
];
/// The metrics of a part that show waiting events.
const WAITING: [&str; 3] = [
    "consumer_lag_events",
    "outbox_oldest_unpublished_seconds",
    "events_dead_lettered_total",
];

/// Prints the log lines about the order of the parts that handle it, their own health, and the events that wait for
/// them.
pub(crate) fn tell_about(world: &World, order_id: &str) {
    for path in ["orders", "deliveries", "tickets"] {
        let path = format!("/{path}/{order_id}");
        println!(
            "{path}: {}",
            told(world.shop.get(&path).and_then(|answer| answer.expect(200)))
        );
    }
    for part in WAY {
        let port = part.port();
        for pod in pods_of(world, part.name()) {
            println!("{pod}:");
            let log = run(world, &["logs", "--namespace", NAMESPACE, &pod, "--tail=-1"]);
            print_lines(&log, |line| {
                line.contains(order_id) || line.contains("\"level\":\"WARN\"")
            });
            println!("{}", asked(world, &pod, port, "/readyz"));
            print_lines(&asked(world, &pod, port, "/metrics"), |line| {
                WAITING.iter().any(|name| line.starts_with(name)) && !line.ends_with(" 0")
            });
        }
    }
}

fn pods_of(world: &World, part: &str) -> Vec<String> {
    let selector = format!("app.kubernetes.io/name={part}");
    let listed =
        world
            .platform
            .kubectl
            .json(&["get", "pods", "--namespace", NAMESPACE, "--selector", &selector]);
    let pods = listed.unwrap_or_default()["items"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    pods.iter()
        .filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned))
        .collect()
}

fn run(world: &World, arguments: &[&str]) -> String {
    told(world.platform.kubectl.run(arguments))
}

/// The response of a pod. Because of network policies, it can only be reached through the node.
fn asked(world: &World, pod: &str, port: u16, path: &str) -> String {
    let target = format!("pod/{pod}");
    let forward = PortForward::open(&world.platform.kubectl, NAMESPACE, &target, port);
    let answer = forward.and_then(|forward| Shop::at(forward.address()).get(path));
    match answer {
        // A text that is not JSON is a JSON string.
        Ok(answer) => answer
            .body
            .as_str()
            .map_or_else(|| answer.body.to_string(), str::to_owned),
        Err(failure) => failure.to_string(),
    }
}

fn told<T: Display, E: Display>(result: Result<T, E>) -> String {
    result.map_or_else(|failure| failure.to_string(), |told| told.to_string())
}

fn print_lines(text: &str, wanted: impl Fn(&str) -> bool) {
    for line in text.lines().filter(|line| wanted(line)) {
        println!("  {line}");
    }
}
