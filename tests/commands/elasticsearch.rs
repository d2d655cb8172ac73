//! Tests the configuration directory of the managed Elasticsearch after its init container.

use crate::{
    emitted,
    pod::{Pod, names, succeeds},
};

/// The pod, with the files that Elastic's image has in `config`, and their modes.
fn pod() -> Pod {
    let pod = Pod::of(
        &emitted::objects("managed.yaml"),
        "StatefulSet",
        "shop-elasticsearch",
    );
    for (file, mode) in [
        ("elasticsearch.yml", 0o664),
        ("jvm.options", 0o664),
        ("jvm.options.d/heap.options", 0o444),
        ("log4j2.properties", 0o664),
    ] {
        pod.adds(
            &format!("/usr/share/elasticsearch/config/{file}"),
            &format!("{file} of the image"),
            mode,
        );
    }
    pod
}

fn reads(pod: &Pod, file: &str) -> String {
    let command = ["cat", &format!("/usr/share/elasticsearch/config/{file}")].map(str::to_owned);
    succeeds(pod.executes("elasticsearch", &command, &[]))
}

#[test]
#[ignore = "needs root"]
fn elasticsearch_finds_our_settings_beside_the_files_of_its_image() {
    let pod = pod();
    succeeds(pod.starts("configuration", &[]));
    let settings = reads(&pod, "elasticsearch.yml");
    assert!(
        settings.starts_with("cluster.name: shop\n") && settings.contains("discovery.type: single-node"),
        "{settings}"
    );
    assert_eq!(reads(&pod, "jvm.options"), "jvm.options of the image");
    let keystore = "echo secret > /usr/share/elasticsearch/config/elasticsearch.keystore";
    let written = ["bash", "-c", keystore].map(str::to_owned);
    succeeds(pod.executes("elasticsearch", &written, &[]));
}

#[test]
#[ignore = "needs root"]
fn a_half_done_copy_of_the_configuration_is_finished() {
    let pod = pod();
    succeeds(pod.starts("configuration", &[]));
    // A file that was copied only in part, and one that the next copy cannot open.
    let spoil = "cd /configuration && : > jvm.options && chmod 000 log4j2.properties && rm -r jvm.options.d";
    let command = ["bash", "-c", spoil].map(str::to_owned);
    succeeds(pod.executes("configuration", &command, &[]));
    succeeds(pod.starts("configuration", &[]));
    assert_eq!(reads(&pod, "jvm.options"), "jvm.options of the image");
    assert_eq!(reads(&pod, "log4j2.properties"), "log4j2.properties of the image");
    assert_eq!(
        names(&pod.volume("configuration")),
        [
            "elasticsearch.yml",
            "jvm.options",
            "jvm.options.d",
            "log4j2.properties"
        ]
    );
}
