//! The resource definitions of Strimzi, which its generator makes from its API classes.

use std::path::Path;
use std::process::Command;

use fdp_cluster::command::run;

use crate::cache;
use crate::error::Result;
use crate::java;

const POM: &str = include_str!("../strimzi/pom.xml");
/// The Java version that its classes are compiled for.
const JAVA: u32 = 21;
/// The kinds that are used here: the class of each, and the file for it.
const KINDS: [(&str, &str); 3] = [
    ("io.strimzi.api.kafka.model.kafka.Kafka", "kafkas.yaml"),
    (
        "io.strimzi.api.kafka.model.nodepool.KafkaNodePool",
        "kafkanodepools.yaml",
    ),
    ("io.strimzi.api.kafka.model.topic.KafkaTopic", "kafkatopics.yaml"),
];

/// A hash of what determines the definitions.
pub(crate) fn key() -> String {
    cache::key([POM.as_bytes(), format!("{KINDS:?}").as_bytes()])
}

pub(crate) fn generate(directory: &Path) -> Result<()> {
    let java = java::at_least(JAVA)?;
    let libraries = fdp_images::maven_libraries(&fdp_checkout::cache(), "strimzi", POM)?;
    let mut generator = Command::new(java);
    generator
        .arg("-cp")
        .arg(format!("{}/*", libraries.display()))
        .arg("io.strimzi.crdgenerator.CrdGenerator")
        .args([
            "--crd-api-version",
            "v1",
            "--api-versions",
            "v1",
            "--storage-version",
            "v1",
        ])
        .arg("--yaml")
        .args(KINDS.map(|(class, file)| format!("{class}={}", directory.join(file).display())));
    run(&mut generator)?;
    Ok(())
}
