//! Tests that Elasticsearch and Kibana count as alive while they refuse whoever asks, until they hang. A server of ours, which
//! answers with one status only, stands in for them.

use crate::{emitted, pod::Pod, probe, running::Running};

const REFUSES: &str = "/usr/local/bin/refuses";

fn is_alive_with(kind: &str, container: &str, port: &str, status: &str) {
    let pod = Pod::of(
        &emitted::objects("managed.yaml"),
        kind,
        &format!("shop-{container}"),
    );
    pod.adds(REFUSES, include_str!("stand_ins/refuses"), 0o755);
    let server = [REFUSES, port, status].map(str::to_owned);
    let running = Running::start(pod.executes(container, &server, &[]));
    probe::tells_what_hangs(&pod, &running, container, &[]);
}

#[test]
#[ignore = "needs root and Python"]
fn elasticsearch_that_wants_a_password_is_alive() {
    is_alive_with("StatefulSet", "elasticsearch", "9200", "401");
}

#[test]
#[ignore = "needs root and Python"]
fn kibana_without_elasticsearch_is_alive() {
    is_alive_with("Deployment", "kibana", "5601", "503");
}
