//! How Fluentd processes log lines, and how Elasticsearch stores them.

use serde_json::{Value, json};

use crate::{
    components::logging::access::{CERTIFICATES, elasticsearch_server},
    spec::{Logging, Validated},
};

const TEMPLATE: &str = include_str!("fluentd.conf");

/// A line as container runtimes write it (<https://github.com/kubernetes/cri-api>): the time, the stream, whether the
/// line is partial or full, and the program's message.
const LINE: &str = r"/^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[FP](?::[^ ]*)?) (?<log>.*)$/";
/// The name of a log file as the kubelet gives it.
const PATH: &str = r"/(?<pod_name>[^_\/]+)_(?<namespace_name>[^_]+)_(?<container_name>.+)-(?<container_id>[0-9a-f]{64})\.log$/";

/// The prefix of the platform's indices, and the name of its index template, policy and role.
pub(super) fn index(platform: &Validated) -> String {
    format!("fluent-{}", platform.name)
}

/// The configuration of Fluentd.
pub(super) fn configuration(platform: &Validated, settings: &Logging) -> String {
    let server = elasticsearch_server(platform, settings);
    let trust = server.certificates.as_ref().map_or_else(String::new, |_| {
        format!("    ca_file {CERTIFICATES}/elasticsearch/ca.crt\n")
    });
    let major = settings.version.split('.').next().unwrap_or_default();
    [
        ("$namespace", platform.namespace.as_str()),
        ("$platform", &platform.name),
        ("$line", LINE),
        ("$path", PATH),
        ("$host", &server.host),
        ("$scheme", server.scheme),
        ("$trust", &trust),
        ("$version", major),
    ]
    .into_iter()
    .fold(TEMPLATE.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    })
}

/// The index template of the platform.
///
/// The fields that a program logs in addition to its message are one field of the type `flattened`. As separate fields,
/// a number from one program would prevent storing text from another program in a field of the same name.
pub(super) fn template(platform: &Validated, settings: &Logging) -> Value {
    let index = index(platform);
    let word = || json!({ "type": "keyword", "ignore_above": 8191 });
    json!({
        "index_patterns": [format!("{index}-*")],
        "priority": 200,
        "template": {
            "settings": {
                "index.lifecycle.name": index,
                "index.number_of_shards": 1,
                "index.number_of_replicas": i32::from(settings.nodes > 1),
            },
            "mappings": {
                "dynamic": false,
                "properties": {
                    "@timestamp": { "type": "date" },
                    "message": { "type": "text" },
                    "level": word(),
                    "order_id": word(),
                    "trace_id": word(),
                    "stream": word(),
                    "fields": { "type": "flattened", "ignore_above": 8191 },
                    "kubernetes": { "properties": {
                        "namespace_name": word(),
                        "pod_name": word(),
                        "container_name": word(),
                        "container_id": word(),
                    } },
                },
            },
        },
    })
}

/// The lifecycle policy that deletes old indices.
pub(super) fn policy(settings: &Logging) -> Value {
    // An index is created with the first line of its day. One more day keeps the last line as long as the first.
    let age = format!("{}d", settings.retention_days + 1);
    json!({
        "policy": { "phases": {
            "hot": { "min_age": "0ms", "actions": {} },
            "delete": { "min_age": age, "actions": { "delete": {} } },
        } },
    })
}

/// The role of Fluentd: it may add lines to the platform's indices, and nothing else.
pub(super) fn role(platform: &Validated) -> Value {
    json!({
        "cluster": ["monitor"],
        "indices": [{
            "names": [format!("{}-*", index(platform))],
            "privileges": ["auto_configure", "create_doc"],
        }],
    })
}

/// The data view of the logs in Kibana.
pub(super) fn data_view(platform: &Validated) -> Value {
    let index = index(platform);
    json!({
        "override": true,
        "data_view": {
            "id": index,
            "title": format!("{index}-*"),
            "name": format!("Logs of {}", platform.name),
            "timeFieldName": "@timestamp",
        },
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, process::Command};

    use super::*;

    /// The values that the groups of a regular expression in Fluentd's notation match. The test uses Perl, which reads
    /// the same notation as Fluentd's Ruby.
    fn caught(expression: &str, text: &str) -> Option<BTreeMap<String, String>> {
        let body = expression.trim_start_matches('/').trim_end_matches('/');
        let program = r#"exit 1 unless $ARGV[1] =~ /$ARGV[0]/; print "$_\n$+{$_}\n" for keys %+"#;
        let output = Command::new("perl")
            .args(["-e", program, body, text])
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let pairs = lines
            .chunks(2)
            .map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
        output.status.success().then(|| pairs.collect())
    }

    const SAID: &str = r#"{"timestamp":"2026-11-25T03:28:45.123456Z","level":"INFO","message":"통닭 placed","target":"order::app","order_id":"ord_0193","trace_id":"0af7651916cd43dd8448eb211c80319c"}"#;

    #[test]
    fn a_line_of_a_service_is_told_from_what_the_runtime_wrote_before_it() {
        let line = format!("2026-11-25T03:28:45.123456789Z stdout F {SAID}");
        let caught = caught(LINE, &line).unwrap();
        assert_eq!(caught["time"], "2026-11-25T03:28:45.123456789Z");
        assert_eq!(caught["stream"], "stdout");
        assert_eq!(caught["logtag"], "F");
        assert_eq!(caught["log"], SAID);
    }

    #[test]
    fn parts_of_lines_and_empty_lines_and_other_time_zones_are_lines_too() {
        let part = caught(LINE, "2026-11-25T12:28:45.1+09:00 stderr P half of it").unwrap();
        assert_eq!(
            (part["logtag"].as_str(), part["log"].as_str()),
            ("P", "half of it")
        );
        assert_eq!(part["time"], "2026-11-25T12:28:45.1+09:00");
        assert_eq!(
            caught(LINE, "2026-11-25T03:28:45Z stdout F ").unwrap()["time"],
            "2026-11-25T03:28:45Z"
        );
        assert_eq!(caught(LINE, SAID), None);
    }

    #[test]
    fn the_name_of_the_file_tells_pod_namespace_and_container() {
        let id = "0123456789abcdef".repeat(4);
        for (pod, container) in [
            ("shop-order-7c9d8b6f5-x2x4z", "order"),
            ("shop-kafka-0", "in-sync"),
            ("a.pod.with.dots", "istio-proxy"),
        ] {
            let path = format!("/var/log/containers/{pod}_food_{container}-{id}.log");
            let caught = caught(PATH, &path).unwrap();
            assert_eq!(caught["pod_name"], pod);
            assert_eq!(caught["namespace_name"], "food");
            assert_eq!(caught["container_name"], container);
            assert_eq!(caught["container_id"], id);
        }
    }
}
