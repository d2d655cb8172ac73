//! Tests the script that sets up Elasticsearch and Kibana, with the real bash and curl, and a mock server for both.

use std::{fs, process::Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    emitted,
    pod::{PASSWORD, Pod, said, strings},
};

const SERVER: &str = include_str!("stand_ins/elastic.py");

/// The requests of the setup, and its output; requests whose path contains `refuses` are rejected, and those of the user
/// `denies`.
fn setup(refuses: &str, denies: &str) -> (Vec<Value>, Output) {
    let mut pod = Pod::of(&emitted::objects("managed.yaml"), "Job", "shop-logging-setup");
    let answers = TempDir::new().unwrap();
    fs::write(answers.path().join("requests"), "").unwrap();
    pod.shows(answers.path().to_owned(), "/answers", "rw");
    pod.adds("/usr/local/bin/elastic", SERVER, 0o755);
    pod.adds(
        "/etc/hosts",
        "127.0.0.1 localhost shop-elasticsearch shop-kibana\n",
        0o644,
    );
    for path in [answers.path().to_owned(), answers.path().join("requests")] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(path, mode).unwrap();
    }
    // The script is the container's own; the servers start after the script has begun to wait for them.
    let mut command = ["bash", "-c", "elastic & exec \"$@\"", "bash"]
        .map(str::to_owned)
        .to_vec();
    command.extend(strings(&pod.container("logging-setup")["command"]));
    let output = pod
        .executes(
            "logging-setup",
            &command,
            &[("REFUSES", refuses), ("DENIES", denies)],
        )
        .output()
        .unwrap();
    let requests = fs::read_to_string(answers.path().join("requests")).unwrap();
    let requests = requests.lines().map(|line| serde_json::from_str(line).unwrap());
    (requests.collect(), output)
}

fn paths(requests: &[Value]) -> Vec<&str> {
    requests
        .iter()
        .filter_map(|request| request["path"].as_str())
        .collect()
}

#[test]
#[ignore = "needs root"]
fn elasticsearch_gets_template_and_retention_before_fluentd_may_write() {
    let (requests, output) = setup("nothing", "nobody");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        paths(&requests),
        [
            "/_cluster/health?wait_for_status=yellow&timeout=50s",
            "/_security/user/kibana_system/_password",
            "/_security/_authenticate",
            "/_ilm/policy/fluent-shop",
            "/_index_template/fluent-shop",
            "/_security/role/fluent-shop",
            "/_security/user/fluentd",
            "/_security/_authenticate",
            "/api/status",
            "/api/data_views/data_view",
        ]
    );
    let (signs_in, others): (Vec<&Value>, Vec<&Value>) = requests
        .iter()
        .partition(|request| request["path"] == "/_security/_authenticate");
    for request in others {
        assert_eq!(request["user"], format!("elastic:{PASSWORD}"), "{request}");
    }
    for (request, user) in signs_in.iter().zip(["kibana_system", "fluentd"]) {
        assert_eq!(request["user"], format!("{user}:{PASSWORD}"), "{request}");
    }
    let asked = |path: &str| requests.iter().find(|request| request["path"] == path).unwrap();
    assert_eq!(asked("/_security/user/fluentd")["body"]["password"], PASSWORD);
    assert_eq!(
        asked("/_security/user/fluentd")["body"]["roles"][0],
        "fluent-shop"
    );
    assert_eq!(
        asked("/_index_template/fluent-shop")["body"]["index_patterns"][0],
        "fluent-shop-*"
    );
    assert_eq!(
        asked("/api/data_views/data_view")["body"]["data_view"]["id"],
        "fluent-shop"
    );
}

#[test]
#[ignore = "needs root"]
fn a_refused_template_ends_the_setup_in_the_servers_words_before_the_user() {
    let (requests, output) = setup("_index_template", "nobody");
    assert!(!output.status.success());
    let said = said(&output);
    assert!(
        said.contains("500") && said.contains("as the test wants"),
        "{said}"
    );
    assert!(
        !paths(&requests).contains(&"/_security/user/fluentd"),
        "{requests:?}"
    );
}

#[test]
#[ignore = "needs root"]
fn whoever_elasticsearch_refuses_is_named_in_the_last_words() {
    for user in ["elastic", "kibana_system", "fluentd"] {
        let (_, output) = setup("nothing", user);
        assert!(!output.status.success());
        let said = said(&output);
        let last = said.trim_end().lines().last().unwrap();
        let expected = format!("SignInRefused elasticsearch: the user {user} is refused: ");
        assert!(
            last.starts_with(&expected) && last.contains("unable to authenticate"),
            "{said}"
        );
    }
}
