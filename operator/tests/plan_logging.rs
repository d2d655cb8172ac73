//! Tests how logs are collected, stored and shown, for every provider of Elasticsearch.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_operator::{
    model::{
        apis::{Apis, Family},
        object::ObjectKey,
        observed::{Credentials, Observed},
        reason::Reason,
    },
    plan::{self, Plan},
    settings::Settings,
    spec::{Validated, canonical::sorted},
};
use kube::core::{ApiResource, DynamicObject};
use serde_json::{Value, json};

fn plan_named(name: &str, logging: &Value, observed: &Observed) -> Plan {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": name, "namespace": "food" },
        "spec": { "logging": logging },
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    plan::plan(
        &Validated::new(&platform, &Settings::default()).unwrap(),
        observed,
    )
}

fn plan_of(logging: &Value, observed: &Observed) -> Plan {
    plan_named("shop", logging, observed)
}

fn nothing_there() -> Observed {
    Observed {
        apis: Apis::all(),
        credentials: Credentials {
            elasticsearch: "hunter1".to_owned(),
            kibana: "hunter2".to_owned(),
            kibana_key: "hunter3".to_owned(),
            fluentd: "hunter4".to_owned(),
            ..Credentials::default()
        },
        ..Observed::default()
    }
}

/// The object of that kind whose name has that prefix, as JSON; `Null` if it is not planned.
fn object(plan: &Plan, kind: &str, name: &str) -> Value {
    let of_kind = plan
        .objects
        .iter()
        .find(|planned| planned.key().kind == kind && planned.key().name.starts_with(name));
    of_kind.map_or(Value::Null, |planned| {
        serde_json::to_value(&*planned.object).unwrap()
    })
}

/// Kind and name of all objects that the logging adds, Jobs without their hash.
fn added(logging: &Value) -> Vec<String> {
    let keys = |plan: &Plan| -> Vec<ObjectKey> {
        plan.objects
            .iter()
            .map(fdp_operator::model::object::Planned::key)
            .collect()
    };
    let without = keys(&plan_of(&json!({}), &nothing_there()));
    let mut added: Vec<String> = keys(&plan_of(logging, &nothing_there()))
        .into_iter()
        .filter(|key| !without.contains(key))
        .map(|key| match key.kind.as_str() {
            "Job" => format!("Job {}", &key.name[..key.name.len() - 9]),
            _ => key.to_string(),
        })
        .collect();
    added.sort();
    added
}

fn configuration(plan: &Plan) -> String {
    object(plan, "ConfigMap", "shop-fluentd")["data"]["fluent.conf"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn setup_file(plan: &Plan, file: &str) -> Value {
    let files = object(plan, "ConfigMap", "shop-logging-setup");
    serde_json::from_str(files["data"][file].as_str().unwrap()).unwrap()
}

fn managed() -> Value {
    json!({ "provider": "Managed" })
}

fn eck() -> Value {
    json!({ "provider": "ECK" })
}

#[test]
fn a_platform_without_logging_has_none_of_its_objects() {
    assert_eq!(added(&json!({})), Vec::<String>::new());
    let assessment = plan_of(&json!({}), &nothing_there()).assessment;
    assert_eq!(assessment.condition(condition::LOGGING_READY), None);
}

#[test]
fn managed_logging_is_elasticsearch_fluentd_and_kibana() {
    assert_eq!(
        added(&managed()),
        [
            "ConfigMap shop-elasticsearch",
            "ConfigMap shop-fluentd",
            "ConfigMap shop-logging-setup",
            "DaemonSet shop-fluentd",
            "Deployment shop-kibana",
            "Job shop-logging-setup",
            "NetworkPolicy shop-elasticsearch",
            "NetworkPolicy shop-fluentd",
            "NetworkPolicy shop-kibana",
            "NetworkPolicy shop-logging-setup",
            "Secret shop-elasticsearch",
            "Service shop-elasticsearch",
            "Service shop-elasticsearch-headless",
            "Service shop-kibana",
            "ServiceAccount shop-elasticsearch",
            "ServiceAccount shop-fluentd",
            "ServiceAccount shop-kibana",
            "ServiceAccount shop-logging-setup",
            "StatefulSet shop-elasticsearch",
        ]
    );
}

#[test]
fn with_eck_elasticsearch_and_kibana_are_resources_of_eck() {
    assert_eq!(
        added(&eck()),
        [
            "ConfigMap shop-fluentd",
            "ConfigMap shop-logging-setup",
            "DaemonSet shop-fluentd",
            "Elasticsearch shop-elasticsearch",
            "Job shop-logging-setup",
            "Kibana shop-kibana",
            "NetworkPolicy shop-fluentd",
            "NetworkPolicy shop-logging-setup",
            "Secret shop-elasticsearch",
            "ServiceAccount shop-fluentd",
            "ServiceAccount shop-logging-setup",
        ]
    );
    let plan = plan_of(&eck(), &nothing_there());
    insta::assert_yaml_snapshot!(sorted(&object(&plan, "Elasticsearch", "shop")["spec"]));
    insta::assert_yaml_snapshot!(sorted(&object(&plan, "Kibana", "shop")["spec"]));
}

#[test]
fn programs_that_are_switched_off_leave_no_object() {
    let without = added(&json!({
        "provider": "Managed", "fluentd": { "enabled": false }, "kibana": { "enabled": false },
    }));
    let left: Vec<&String> = without
        .iter()
        .filter(|name| name.contains("fluentd") || name.contains("kibana"))
        .collect();
    assert_eq!(left, Vec::<&String>::new());
}

#[test]
fn without_eck_there_are_no_objects_and_the_condition_says_what_to_do() {
    let mut observed = nothing_there();
    observed.apis = Apis::default();
    let plan = plan_of(&eck(), &observed);
    assert_eq!(object(&plan, "DaemonSet", "shop"), Value::Null);
    let condition = plan.assessment.condition(condition::LOGGING_READY).unwrap();
    assert_eq!(condition.reason, Reason::ApiMissing);
    assert!(
        condition
            .message
            .contains("install ECK, or change logging.provider"),
        "{}",
        condition.message
    );
}

#[test]
fn lines_of_the_namespace_go_to_indices_of_the_platform_by_day() {
    let text = configuration(&plan_of(&managed(), &nothing_there()));
    for expected in [
        "path /var/log/containers/*_food_*.log\n",
        "logstash_prefix fluent-shop\n",
        "logstash_dateformat %Y.%m.%d\n",
        "host shop-elasticsearch\n",
        "scheme http\n",
        "default_elasticsearch_version 8\n",
        "user fluentd\n",
    ] {
        assert!(text.contains(expected), "no {expected:?} in:\n{text}");
    }
    // Every placeholder is replaced: a remaining $ only begins a Ruby expression or ends a regular expression.
    for (position, _) in text.match_indices('$') {
        let after = &text[position + 1..=position + 1];
        assert!(after == "{" || after == "/", "{}", &text[position..]);
    }
}

#[test]
fn fluentd_does_not_read_what_it_says_itself() {
    let text = configuration(&plan_of(&managed(), &nothing_there()));
    assert!(
        text.contains("exclude_path [\"/var/log/containers/*_food_fluentd-*.log\"]"),
        "{text}"
    );
    let set = object(
        &plan_of(&managed(), &nothing_there()),
        "DaemonSet",
        "shop-fluentd",
    );
    assert_eq!(
        set["spec"]["template"]["spec"]["containers"][0]["name"],
        "fluentd"
    );
}

#[test]
fn every_section_of_the_configuration_is_closed_in_order() {
    let text = configuration(&plan_of(&eck(), &nothing_there()));
    let mut open: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("</") {
            assert_eq!(open.pop(), name.strip_suffix('>'), "{line}");
        } else if let Some(section) = line.strip_prefix('<') {
            open.push(section.trim_end_matches('>').split(' ').next().unwrap());
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn with_eck_fluentd_trusts_only_what_eck_vouches_for() {
    let plan = plan_of(&eck(), &nothing_there());
    let text = configuration(&plan);
    for expected in [
        "host shop-elasticsearch-es-http\n",
        "scheme https\n",
        "ca_file /etc/certificates/elasticsearch/ca.crt\n",
    ] {
        assert!(text.contains(expected), "no {expected:?} in:\n{text}");
    }
    let set = object(&plan, "DaemonSet", "shop-fluentd");
    let volumes = set["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    assert!(
        volumes
            .iter()
            .any(|volume| volume["secret"]["secretName"] == "shop-elasticsearch-es-http-certs-public"),
        "{volumes:?}"
    );
}

#[test]
fn lines_are_kept_for_as_many_days_as_the_platform_says() {
    let plan = plan_of(
        &json!({ "provider": "Managed", "retentionDays": 30 }),
        &nothing_there(),
    );
    let policy = setup_file(&plan, "policy.json");
    assert_eq!(
        policy["policy"]["phases"]["delete"]["min_age"], "31d",
        "an index is as old as its first line; the last one is a day younger"
    );
    let template = setup_file(&plan, "template.json");
    assert_eq!(template["index_patterns"], json!(["fluent-shop-*"]));
    assert_eq!(
        template["template"]["settings"]["index.lifecycle.name"],
        "fluent-shop"
    );
}

#[test]
fn namespace_pod_and_order_can_be_searched_for_exactly() {
    let template = setup_file(&plan_of(&managed(), &nothing_there()), "template.json");
    let fields = &template["template"]["mappings"]["properties"];
    for field in ["namespace_name", "pod_name", "container_name"] {
        assert_eq!(fields["kubernetes"]["properties"][field]["type"], "keyword");
    }
    assert_eq!(fields["order_id"]["type"], "keyword");
    assert_eq!(fields["message"]["type"], "text");
}

#[test]
fn more_servers_keep_every_line_twice() {
    let replicas = |logging: &Value| {
        let template = setup_file(&plan_of(logging, &nothing_there()), "template.json");
        template["template"]["settings"]["index.number_of_replicas"].clone()
    };
    assert_eq!(replicas(&managed()), 0);
    assert_eq!(
        replicas(&json!({ "provider": "ECK", "elasticsearch": { "nodes": 3 } })),
        1
    );
}

#[test]
fn fluentd_may_only_add_lines_to_the_platforms_indices() {
    let role = setup_file(&plan_of(&managed(), &nothing_there()), "role.json");
    assert_eq!(
        role,
        json!({
            "cluster": ["monitor"],
            "indices": [{ "names": ["fluent-shop-*"], "privileges": ["auto_configure", "create_doc"] }],
        })
    );
}

#[test]
fn passwords_stand_in_the_secret_and_nowhere_else() {
    let plan = plan_of(&managed(), &nothing_there());
    for planned in &plan.objects {
        let text = serde_json::to_string(&*planned.object).unwrap();
        assert!(!text.contains("hunter"), "{}", planned.key());
    }
    let secret = object(&plan, "Secret", "shop-elasticsearch");
    let keys: Vec<&String> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["fluentd-password", "kibana-key", "kibana-password", "password"]
    );
    let with_eck = object(&plan_of(&eck(), &nothing_there()), "Secret", "shop-elasticsearch");
    let keys: Vec<&String> = with_eck["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["fluentd-password"], "the others are ECK's");
}

#[test]
fn a_new_password_of_fluentd_replaces_its_pods_but_not_kibanas() {
    let before = plan_of(&managed(), &nothing_there());
    let mut observed = nothing_there();
    observed.credentials.fluentd = "another".to_owned();
    let after = plan_of(&managed(), &observed);
    let template = |plan: &Plan, kind: &str, name: &str| object(plan, kind, name)["spec"]["template"].clone();
    assert_ne!(
        template(&before, "DaemonSet", "shop-fluentd"),
        template(&after, "DaemonSet", "shop-fluentd")
    );
    assert_eq!(
        template(&before, "Deployment", "shop-kibana"),
        template(&after, "Deployment", "shop-kibana")
    );
    let job = |plan: &Plan| object(plan, "Job", "shop-logging-setup")["metadata"]["name"].clone();
    assert_ne!(job(&before), job(&after));
}

#[test]
fn a_new_password_of_the_superuser_replaces_the_server_that_takes_it() {
    let before = plan_of(&managed(), &nothing_there());
    let mut observed = nothing_there();
    observed.credentials.elasticsearch = "another".to_owned();
    let after = plan_of(&managed(), &observed);
    let set = |plan: &Plan| object(plan, "StatefulSet", "shop-elasticsearch")["spec"]["template"].clone();
    assert_ne!(set(&before), set(&after));
    assert_eq!(
        set(&before),
        set(&plan_of(&managed(), &nothing_there())),
        "only then"
    );
}

#[test]
fn elasticsearchs_settings_are_mounted_as_a_file_over_the_copied_ones() {
    let set = object(
        &plan_of(&managed(), &nothing_there()),
        "StatefulSet",
        "shop-elasticsearch",
    );
    let mounts = set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        .as_array()
        .unwrap();
    assert!(
        mounts.contains(&json!({
            "name": "settings", "mountPath": "/usr/share/elasticsearch/config/elasticsearch.yml",
            "subPath": "elasticsearch.yml", "readOnly": true,
        })),
        "{mounts:?}"
    );
}

#[test]
fn fluentd_is_root_without_a_privilege_because_log_files_are_roots() {
    let set = object(
        &plan_of(&managed(), &nothing_there()),
        "DaemonSet",
        "shop-fluentd",
    );
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsUser"], 0);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let security = &pod["containers"][0]["securityContext"];
    assert_eq!(security["capabilities"]["drop"], json!(["ALL"]));
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["allowPrivilegeEscalation"], false);
}

#[test]
fn nobody_but_kibana_fluentd_and_the_setup_reaches_elasticsearch() {
    let plan = plan_of(&managed(), &nothing_there());
    let policy = object(&plan, "NetworkPolicy", "shop-elasticsearch");
    let from = policy["spec"]["ingress"][0]["from"].as_array().unwrap();
    let names: Vec<&str> = from
        .iter()
        .map(|peer| {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(names, ["fluentd", "kibana", "logging-setup"]);
}

#[test]
fn a_long_name_is_shortened_for_eck_and_stays_its_own() {
    let long = "the-best-food-delivery-of-the-whole-town";
    let name = |platform: &str| {
        let plan = plan_named(platform, &eck(), &nothing_there());
        object(&plan, "Elasticsearch", "the")["metadata"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let one = name(long);
    assert!(one.len() <= 36, "{one}");
    let neighbour = name("the-best-food-delivery-of-the-whole-city");
    assert_ne!(one, neighbour);
    let text = object(
        &plan_named(long, &eck(), &nothing_there()),
        "ConfigMap",
        &format!("{long}-fluentd"),
    );
    let text = text["data"]["fluent.conf"].as_str().unwrap();
    assert!(text.contains(&format!("host {one}-es-http\n")), "{text}");
}

/// The condition `LoggingReady` when these objects exist.
fn condition(logging: &Value, children: &[Value]) -> String {
    let mut observed = nothing_there();
    for child in children {
        let object: DynamicObject = serde_json::from_value(child.clone()).unwrap();
        let kind = child["kind"].as_str().unwrap();
        let owned = plan::owned_kinds().into_iter().chain(Family::Eck.kinds());
        let resource: ApiResource = owned.into_iter().find(|resource| resource.kind == kind).unwrap();
        observed.children.insert(&resource, Arc::new(object));
    }
    let plan = plan_of(logging, &observed);
    let condition = plan.assessment.condition(condition::LOGGING_READY).unwrap();
    format!("{}: {}", condition.reason.as_str(), condition.message)
}

fn finished_setup(logging: &Value) -> Value {
    let mut job = object(&plan_of(logging, &nothing_there()), "Job", "shop-logging-setup");
    job["status"] = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
    job
}

fn fluentd_with(status: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": { "name": "shop-fluentd", "generation": 1 },
        "spec": { "selector": {}, "template": {} },
        "status": status,
    })
}

fn well() -> Value {
    json!({
        "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": 2, "numberMisscheduled": 0,
        "updatedNumberScheduled": 2, "observedGeneration": 1,
    })
}

fn of_eck(kind: &str, name: &str, status: &Value) -> Value {
    let group = kind.to_lowercase();
    json!({
        "apiVersion": format!("{group}.k8s.elastic.co/v1"), "kind": kind,
        "metadata": { "name": name, "generation": 2 },
        "status": status,
    })
}

#[test]
fn logging_is_ready_when_eck_and_fluentd_are() {
    let green = json!({ "phase": "Ready", "health": "green", "observedGeneration": 2 });
    let children = |elasticsearch: &Value, kibana: &Value| {
        [
            of_eck("Elasticsearch", "shop-elasticsearch", elasticsearch),
            of_eck("Kibana", "shop-kibana", kibana),
            finished_setup(&eck()),
            fluentd_with(&well()),
        ]
    };
    assert!(condition(&eck(), &children(&green, &green)).starts_with("Ready: "));
    let cases = [
        (
            json!({ "phase": "Ready", "health": "green", "observedGeneration": 1 }),
            "has not looked at the last change",
        ),
        (
            json!({ "phase": "ApplyingChanges", "health": "red", "observedGeneration": 2 }),
            "Elasticsearch shop-elasticsearch: phase ApplyingChanges, health red",
        ),
        (
            json!({ "phase": "Invalid", "observedGeneration": 2 }),
            "Failed: Elasticsearch shop-elasticsearch: ECK refuses it",
        ),
    ];
    for (status, expected) in cases {
        let said = condition(&eck(), &children(&status, &green));
        assert!(said.contains(expected), "{status}: {said}");
    }
    let pending =
        json!({ "health": "red", "elasticsearchAssociationStatus": "Pending", "observedGeneration": 2 });
    let said = condition(&eck(), &children(&green, &pending));
    assert!(said.contains("Kibana shop-kibana: its association"), "{said}");
}

#[test]
fn a_namespace_that_rejects_fluentd_is_reported_with_the_missing_label() {
    let refused = json!({
        "desiredNumberScheduled": 3, "currentNumberScheduled": 0, "numberReady": 0, "numberMisscheduled": 0,
        "observedGeneration": 1,
    });
    let only_fluentd = json!({ "provider": "Managed", "kibana": { "enabled": false } });
    let said = condition(
        &only_fluentd,
        &[fluentd_with(&refused), finished_setup(&only_fluentd)],
    );
    assert!(
        said.contains("none of 3 pods is let into namespace food")
            && said.contains("pod-security.kubernetes.io/enforce=privileged"),
        "{said}"
    );
}

#[test]
fn fluentd_counts_its_pods_on_the_way() {
    let half = json!({
        "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": 1, "numberMisscheduled": 0,
        "updatedNumberScheduled": 2, "observedGeneration": 1,
    });
    let said = condition(&managed(), &[fluentd_with(&half), finished_setup(&managed())]);
    assert!(said.contains("DaemonSet shop-fluentd: 1 of 2 ready"), "{said}");
}
