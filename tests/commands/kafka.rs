//! Tests that Kafka's own tool formats the storage of managed brokers with our files, and that a broker that hangs is told from one
//! that listens.

use std::fs;

use crate::{
    emitted,
    pod::{Pod, succeeds},
    probe,
    running::Running,
};

fn pod(example: &str) -> Pod {
    let mut pod = Pod::of(&emitted::objects(example), "StatefulSet", "shop-kafka");
    let libraries = fdp_images::kafka_libs(&fdp_checkout::cache()).unwrap();
    pod.shows(libraries, "/opt/kafka/libs", "ro");
    pod
}

fn identity(pod: &Pod) -> String {
    fs::read_to_string(pod.volume("data").join("data/meta.properties")).unwrap()
}

#[test]
#[ignore = "needs root, Java and Maven"]
fn a_brokers_storage_is_formatted_once_and_again_after_an_interruption() {
    let pod = pod("minimal.yaml");
    succeeds(pod.starts("format", &[]));
    let first = identity(&pod);
    assert!(first.contains("node.id=0"), "{first}");
    succeeds(pod.starts("format", &[]));
    assert_eq!(identity(&pod), first);
    fs::remove_file(pod.volume("data").join("data/meta.properties")).unwrap();
    succeeds(pod.starts("format", &[]));
    let cluster = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("cluster.id="));
        line.unwrap().to_owned()
    };
    assert_eq!(cluster(&identity(&pod)), cluster(&first));
}

#[test]
#[ignore = "needs root, Java and Maven"]
fn each_of_three_brokers_takes_its_number_from_its_environment() {
    for number in ["0", "2"] {
        let pod = pod("managed.yaml");
        let name = format!("shop-kafka-{number}");
        succeeds(pod.starts("format", &[("KAFKA_NODE_ID", number), ("POD_NAME", &name)]));
        assert!(
            identity(&pod).contains(&format!("node.id={number}\n")),
            "{}",
            identity(&pod)
        );
    }
}

#[test]
#[ignore = "needs root, Java and Maven"]
fn a_broker_that_hangs_answers_nobody_until_it_goes_on() {
    let pod = pod("minimal.yaml");
    succeeds(pod.starts("format", &[]));
    let running = Running::start(pod.starts("kafka", &[]));
    probe::tells_what_hangs(&pod, &running, "kafka", &[]);
}
