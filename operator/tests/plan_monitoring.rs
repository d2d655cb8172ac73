//! Tests who reads the metrics, and how dashboards and alerts use them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

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

fn plan_with(spec: &Value, observed: &Observed) -> Plan {
    plan_named("shop", spec, observed)
}

fn plan_named(name: &str, spec: &Value, observed: &Observed) -> Plan {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": name, "namespace": "food" },
        "spec": spec,
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    plan::plan(
        &Validated::new(&platform, &Settings::default()).unwrap(),
        observed,
    )
}

fn plan_of(monitoring: &Value) -> Plan {
    plan_with(&json!({ "monitoring": monitoring }), &nothing_there())
}

fn nothing_there() -> Observed {
    Observed {
        apis: Apis::all(),
        credentials: Credentials {
            grafana: "hunter1".to_owned(),
            ..Credentials::default()
        },
        ..Observed::default()
    }
}

/// The object of that kind and name as JSON; `Null` if it is not planned.
fn object(plan: &Plan, kind: &str, name: &str) -> Value {
    let key = ObjectKey::new(kind, name);
    let planned = plan.objects.iter().find(|planned| planned.key() == key);
    planned.map_or(Value::Null, |planned| {
        serde_json::to_value(&*planned.object).unwrap()
    })
}

/// Kind and name of all objects that the monitoring adds.
fn added(monitoring: &Value) -> Vec<String> {
    let keys = |plan: &Plan| -> BTreeSet<String> {
        plan.objects
            .iter()
            .map(|planned| planned.key().to_string())
            .collect()
    };
    let without = keys(&plan_of(&json!({})));
    keys(&plan_of(monitoring)).difference(&without).cloned().collect()
}

fn managed() -> Value {
    json!({ "provider": "Managed" })
}

fn by_operator() -> Value {
    json!({ "provider": "PrometheusOperator", "labels": { "release": "prometheus" } })
}

fn prometheus_yml(plan: &Plan) -> Value {
    let config = object(plan, "ConfigMap", "shop-prometheus");
    serde_saphyr::from_str(config["data"]["prometheus.yml"].as_str().unwrap()).unwrap()
}

#[test]
fn a_platform_without_monitoring_has_none_of_its_objects() {
    assert_eq!(added(&json!({})), Vec::<String>::new());
    let assessment = plan_of(&json!({})).assessment;
    assert_eq!(assessment.condition(condition::MONITORING_READY), None);
}

#[test]
fn prometheus_operator_gets_monitors_rules_and_dashboards() {
    assert_eq!(
        added(&by_operator()),
        [
            "ConfigMap shop-dashboard-cluster",
            "ConfigMap shop-dashboard-messaging",
            "ConfigMap shop-dashboard-orders",
            "ConfigMap shop-dashboard-services",
            "PodMonitor shop-gateway",
            "PrometheusRule shop-alerts",
            "ServiceMonitor shop-services",
        ]
    );
    let plan = plan_of(&by_operator());
    insta::assert_yaml_snapshot!(sorted(&object(&plan, "ServiceMonitor", "shop-services")["spec"]));
    insta::assert_yaml_snapshot!(sorted(&object(&plan, "PodMonitor", "shop-gateway")["spec"]));
}

#[test]
fn managed_monitoring_is_a_prometheus_and_a_grafana() {
    assert_eq!(
        added(&managed()),
        [
            "ConfigMap shop-dashboard-messaging",
            "ConfigMap shop-dashboard-orders",
            "ConfigMap shop-dashboard-services",
            "ConfigMap shop-grafana",
            "ConfigMap shop-prometheus",
            "Deployment shop-grafana",
            "NetworkPolicy shop-grafana",
            "NetworkPolicy shop-prometheus",
            "Role shop-prometheus",
            "RoleBinding shop-prometheus",
            "Secret shop-grafana",
            "Service shop-grafana",
            "Service shop-prometheus",
            "Service shop-prometheus-headless",
            "ServiceAccount shop-grafana",
            "ServiceAccount shop-prometheus",
            "StatefulSet shop-prometheus",
        ]
    );
}

#[test]
fn what_is_switched_off_is_not_made() {
    let nothing = json!({ "provider": "PrometheusOperator", "dashboards": false, "alerts": false });
    assert_eq!(
        added(&nothing),
        ["PodMonitor shop-gateway", "ServiceMonitor shop-services"]
    );
    let no_page = added(&json!({ "provider": "Managed", "grafana": { "enabled": false } }));
    let left: Vec<&String> = no_page
        .iter()
        .filter(|name| name.contains("grafana") || name.contains("dashboard"))
        .collect();
    assert_eq!(left, Vec::<&String>::new());
    let quiet = plan_of(&json!({ "provider": "Managed", "alerts": false }));
    let config = object(&quiet, "ConfigMap", "shop-prometheus");
    assert_eq!(config["data"]["rules.yml"], "groups: []\n");
}

#[test]
fn monitors_and_rules_have_the_labels_that_prometheus_selects() {
    let plan = plan_of(&by_operator());
    for (kind, name) in [
        ("ServiceMonitor", "shop-services"),
        ("PodMonitor", "shop-gateway"),
        ("PrometheusRule", "shop-alerts"),
    ] {
        let labels = object(&plan, kind, name)["metadata"]["labels"].clone();
        assert_eq!(labels["release"], "prometheus", "{kind}");
        assert_eq!(labels["fooddelivery.dev/platform"], "shop", "{kind}");
    }
    let greedy =
        json!({ "provider": "PrometheusOperator", "labels": { "fooddelivery.dev/platform": "mine" } });
    let labels = object(&plan_of(&greedy), "ServiceMonitor", "shop-services")["metadata"]["labels"].clone();
    assert_eq!(
        labels["fooddelivery.dev/platform"], "shop",
        "ours are not to be had"
    );
}

#[test]
fn without_prometheus_operator_there_are_dashboards_and_a_condition() {
    let mut observed = nothing_there();
    observed.apis = Apis::default();
    let plan = plan_with(&json!({ "monitoring": by_operator() }), &observed);
    assert_eq!(object(&plan, "ServiceMonitor", "shop-services"), Value::Null);
    assert_ne!(object(&plan, "ConfigMap", "shop-dashboard-orders"), Value::Null);
    let condition = plan.assessment.condition(condition::MONITORING_READY).unwrap();
    assert_eq!(condition.reason, Reason::ApiMissing);
    assert!(
        condition
            .message
            .contains("install prometheus-operator, or change monitoring.provider"),
        "{}",
        condition.message
    );
}

#[test]
fn prometheus_reads_the_services_of_this_platform_and_nobody_else() {
    let configuration = prometheus_yml(&plan_of(&managed()));
    let job = &configuration["scrape_configs"][0];
    let discovery = &job["kubernetes_sd_configs"][0];
    assert_eq!(discovery["namespaces"]["names"], json!(["food"]));
    assert_eq!(
        discovery["selectors"][0]["label"],
        "fooddelivery.dev/platform=shop,app.kubernetes.io/component=service"
    );
    let targets: Vec<&str> = job["relabel_configs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|relabeling| relabeling["target_label"].as_str())
        .collect();
    assert_eq!(targets, ["namespace", "pod", "platform", "service", "track"]);
}

#[test]
fn in_a_mesh_prometheus_scrapes_sidecars_as_it_has_no_certificate() {
    let spec = |monitoring: Value| json!({ "monitoring": monitoring, "mesh": { "provider": "Istio" } });
    let plan = plan_with(&spec(managed()), &nothing_there());
    let configuration = prometheus_yml(&plan);
    let relabelings = configuration["scrape_configs"][0]["relabel_configs"]
        .as_array()
        .unwrap()
        .clone();
    let made = |label: &str| {
        relabelings
            .iter()
            .find(|relabeling| relabeling["target_label"] == label)
            .unwrap()["replacement"]
            .clone()
    };
    assert_eq!(made("__address__"), "${1}:15020");
    assert_eq!(made("__metrics_path__"), "/stats/prometheus");

    let plan = plan_with(&spec(by_operator()), &nothing_there());
    let endpoint = object(&plan, "ServiceMonitor", "shop-services")["spec"]["endpoints"][0].clone();
    assert_eq!(endpoint["path"], "/stats/prometheus");
    let last = endpoint["relabelings"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["replacement"], "${1}:15020");
    let gateway = object(&plan, "PodMonitor", "shop-gateway")["spec"]["podMetricsEndpoints"][0].clone();
    assert_eq!(
        gateway["path"], "/metrics",
        "its management port is no part of the mesh"
    );
}

#[test]
fn only_the_managed_prometheus_reaches_the_metrics_of_every_service() {
    let readers = |monitoring: &Value, service: &str| {
        let policy = object(&plan_of(monitoring), "NetworkPolicy", &format!("shop-{service}"));
        let rules = policy["spec"]["ingress"].as_array().unwrap().clone();
        rules.last().unwrap()["from"].as_array().unwrap().clone()
    };
    for service in ["gateway", "order", "marketing"] {
        let with = readers(&managed(), service);
        let without = readers(&json!({}), service);
        assert_eq!(with.len(), without.len() + 1, "{service}");
        assert_eq!(
            with.last().unwrap()["podSelector"]["matchLabels"]["app.kubernetes.io/name"],
            "prometheus"
        );
    }
}

#[test]
fn prometheus_may_see_pods_and_nothing_else() {
    let role = object(&plan_of(&managed()), "Role", "shop-prometheus");
    assert_eq!(
        role["rules"],
        json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"] }])
    );
}

#[test]
fn prometheus_stops_before_its_volume_is_full() {
    let plan = plan_of(&json!({
        "provider": "Managed",
        "prometheus": { "retentionDays": 30, "storage": { "size": "20Gi" } },
    }));
    let set = object(&plan, "StatefulSet", "shop-prometheus");
    let arguments = set["spec"]["template"]["spec"]["containers"][0]["args"].clone();
    let arguments = arguments.as_array().unwrap();
    assert!(
        arguments.contains(&json!("--storage.tsdb.retention.time=30d")),
        "{arguments:?}"
    );
    assert!(
        arguments.contains(&json!("--storage.tsdb.retention.size=16384MB")),
        "{arguments:?}"
    );
}

#[test]
fn grafanas_password_stands_in_its_secret_and_nowhere_else() {
    let plan = plan_of(&managed());
    for planned in &plan.objects {
        let text = serde_json::to_string(&*planned.object).unwrap();
        assert!(!text.contains("hunter"), "{}", planned.key());
    }
    assert_eq!(
        object(&plan, "Secret", "shop-grafana")["data"]["password"],
        "aHVudGVyMQ=="
    );
}

#[test]
fn grafana_shows_every_dashboard_that_there_is() {
    let plan = plan_of(&managed());
    let deployment = object(&plan, "Deployment", "shop-grafana");
    let volumes = deployment["spec"]["template"]["spec"]["volumes"]
        .as_array()
        .unwrap();
    let dashboards = volumes
        .iter()
        .find(|volume| volume["name"] == "dashboards")
        .unwrap();
    let sources = dashboards["projected"]["sources"].as_array().unwrap();
    for source in sources {
        let name = source["configMap"]["name"].as_str().unwrap();
        assert_ne!(object(&plan, "ConfigMap", name), Value::Null, "{name}");
    }
    assert_eq!(sources.len(), 3);
}

#[test]
fn alerts_are_those_of_this_platform() {
    let plan = plan_of(&by_operator());
    let rule = object(&plan, "PrometheusRule", "shop-alerts");
    let text = rule.to_string();
    assert!(
        !text.contains("$namespace") && !text.contains("$platform"),
        "{text}"
    );
    for expression in expressions_of(&rule["spec"]) {
        assert!(expression.contains(r#"namespace="food""#), "{expression}");
    }
}

/// The alerts of a file with rules, by name.
fn alerts_in(rules: &Value) -> BTreeMap<String, Value> {
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    rules
        .map(|rule| (rule["alert"].as_str().unwrap().to_owned(), rule.clone()))
        .collect()
}

/// The rules of the managed Prometheus.
fn managed_rules() -> Value {
    let file = object(&plan_of(&managed()), "ConfigMap", "shop-prometheus");
    serde_saphyr::from_str(file["data"]["rules.yml"].as_str().unwrap()).unwrap()
}

#[test]
fn the_managed_prometheus_has_the_alerts_that_it_can_raise_and_no_others() {
    let rule = object(&plan_of(&by_operator()), "PrometheusRule", "shop-alerts");
    let (managed, all) = (alerts_in(&managed_rules()), alerts_in(&rule["spec"]));
    let left_out: Vec<&str> = all
        .keys()
        .filter(|alert| !managed.contains_key(*alert))
        .map(String::as_str)
        .collect();
    assert_eq!(
        left_out,
        [
            "PlatformNotReady",
            "PlatformStalled",
            "ReplicasMissing",
            "StoreRestarted"
        ]
    );
    for (name, rule) in managed {
        assert_eq!(
            all.get(&name),
            Some(&rule),
            "{name} is the same for both programs"
        );
    }
}

#[test]
fn each_alert_of_the_managed_prometheus_reads_what_the_services_tell() {
    let manual = include_str!("../../docs/metrics.md");
    let scraped = |metric: &str| {
        let name = metric.strip_suffix("_bucket").unwrap_or(metric);
        // What Prometheus says itself of whatever it scrapes.
        metric == "up" || manual.contains(&format!("| `{name}` | "))
    };
    let expressions = expressions_of(&managed_rules());
    assert!(expressions.len() > 8, "{expressions:?}");
    for expression in expressions {
        for metric in metrics_in(&expression) {
            assert!(
                scraped(&metric),
                "the managed Prometheus does not read {metric}: {expression}"
            );
        }
    }
}

fn expressions_of(rules: &Value) -> Vec<String> {
    let groups = rules["groups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["rules"].as_array().unwrap())
        .map(|rule| rule["expr"].as_str().unwrap().to_owned())
        .collect()
}

/// The dashboards from their files.
fn dashboards() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests/dashboards");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(),
            )
        })
        .collect()
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter()
}

#[test]
fn dashboards_are_complete_and_each_has_a_config_map() {
    let plan = plan_of(&by_operator());
    let mut ids = BTreeSet::new();
    for (name, dashboard) in dashboards() {
        let uid = dashboard["uid"].as_str().unwrap();
        assert!(ids.insert(uid.to_owned()), "{name}: {uid}");
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        assert_eq!(variables[0]["type"], "datasource", "{name}");
        let mut places = BTreeSet::new();
        for panel in panels(&dashboard) {
            let title = &panel["title"];
            let place = (panel["gridPos"]["x"].as_i64(), panel["gridPos"]["y"].as_i64());
            assert!(places.insert(place), "{name}: {title} lies on another panel");
            if panel["type"] == "row" {
                continue;
            }
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}: {title}");
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{name}: {title}");
            assert!(
                targets.iter().all(|target| target["expr"].is_string()),
                "{name}: {title}"
            );
        }
        let config_map = object(&plan, "ConfigMap", &format!("shop-dashboard-{name}"));
        assert_eq!(
            config_map["metadata"]["labels"]["grafana_dashboard"], "1",
            "{name}"
        );
        let data = config_map["data"].as_object().unwrap();
        let text = data.values().next().unwrap().as_str().unwrap();
        assert!(text.len() < 256 * 1024, "{name} leaves no room in a ConfigMap");
        let shown: Value = serde_json::from_str(text).unwrap();
        assert_eq!(shown["panels"], dashboard["panels"], "{name}");
        assert!(
            shown["uid"].as_str().unwrap().len() <= 40,
            "{name}: Grafana refuses longer ones"
        );
    }
}

#[test]
fn two_platforms_have_separate_dashboards_that_preselect_their_platform() {
    let dashboard = |name: &str| {
        let plan = plan_named(name, &json!({ "monitoring": by_operator() }), &nothing_there());
        let config_map = object(&plan, "ConfigMap", &format!("{name}-dashboard-orders"));
        let (file, text) = config_map["data"].as_object().unwrap().iter().next().unwrap();
        let dashboard: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
        (file.clone(), dashboard)
    };
    let ((file, shop), (other_file, other)) = (dashboard("shop"), dashboard("test"));
    assert_ne!(file, other_file);
    assert_ne!(shop["uid"], other["uid"]);
    assert_eq!(shop["title"], "Food delivery / Orders: shop");
    let chosen: Vec<(&str, &str)> = shop["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|variable| Some((variable["name"].as_str()?, variable["current"]["value"].as_str()?)))
        .collect();
    assert_eq!(chosen, [("namespace", "food"), ("platform", "shop")]);
}

/// Metrics of Kubernetes itself, by the programs that export them.
const KUBERNETES: [&str; 21] = [
    // kube-state-metrics
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_node_status_allocatable",
    "kube_node_status_condition",
    "kube_pod_container_resource_limits",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_restarts_total",
    "kube_pod_info",
    "kube_pod_status_phase",
    "kube_pod_status_ready",
    // cAdvisor
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_network_receive_bytes_total",
    "container_network_transmit_bytes_total",
    // the kubelet
    "kubelet_volume_stats_capacity_bytes",
    "kubelet_volume_stats_used_bytes",
    // Prometheus itself
    "up",
];

/// Names in an expression that are not functions, keywords or labels, so they are metrics.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || "{[\"'$".contains(c)) {
        let (skipped, from) = rest.split_at(start);
        let end = match &from[..1] {
            // Skips labels, durations and strings with their contents.
            "{" => from.find('}').unwrap() + 1,
            "[" => from.find(']').unwrap() + 1,
            "\"" | "'" => from[1..].find(&from[..1]).unwrap() + 2,
            _ => from[1..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
                .map_or(from.len(), |length| length + 1),
        };
        let (word, after) = from.split_at(end);
        rest = after;
        let is_number = skipped.ends_with(|c: char| c.is_ascii_digit());
        if !word.starts_with(|c: char| c.is_ascii_alphabetic()) || is_number {
            continue;
        }
        let next = after.trim_start();
        if ["by", "without", "on", "ignoring", "group_left", "group_right"].contains(&word) {
            // The parentheses after these keywords contain labels.
            if next.starts_with('(') {
                rest = &next[next.find(')').unwrap() + 1..];
            }
        } else if !next.starts_with('(') && !["and", "or", "unless", "bool"].contains(&word) {
            let aggregates = ["by (", "by(", "without ("]
                .iter()
                .any(|how| next.starts_with(how));
            if !aggregates {
                found.insert(word.to_owned());
            }
        }
    }
    found
}

#[test]
fn metrics_are_told_from_functions_labels_and_texts() {
    let expression = r#"sum by (service, le) (rate(a_bucket{x="y_total",z=~"{"}[5m])) / clamp_min(max(b), 0.5) > 1e3
        and on (pod) group_left () label_replace(c:d, "e", "$1", "f", "(.*)") or g offset 5m"#;
    let found = metrics_in(expression);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ["a_bucket", "b", "c:d", "g", "offset"]);
}

#[test]
fn dashboards_and_alerts_use_only_metrics_that_somebody_tells() {
    let manual = include_str!("../../docs/metrics.md");
    let told = |metric: &str| {
        let shown = |name: &str, kind: &str| manual.contains(&format!("| `{name}` | {kind} |"));
        let of_histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| metric.strip_suffix(suffix))
            .any(|name| shown(name, "histogram"));
        // The operator writes its own metric from the resources, without a recorder.
        metric == "fdp_platform_condition"
            || KUBERNETES.contains(&metric)
            || shown(metric, "counter")
            || shown(metric, "gauge")
            || of_histogram
    };
    let alerts = object(&plan_of(&by_operator()), "PrometheusRule", "shop-alerts");
    let mut expressions: Vec<(String, String)> = expressions_of(&alerts["spec"])
        .into_iter()
        .map(|expression| ("alerts".to_owned(), expression))
        .collect();
    for (name, dashboard) in dashboards() {
        for target in panels(&dashboard)
            .filter_map(|panel| panel["targets"].as_array())
            .flatten()
        {
            expressions.push((name.clone(), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    assert!(expressions.len() > 60, "only {} were found", expressions.len());
    for (place, expression) in expressions {
        let used = metrics_in(&expression);
        assert!(!used.is_empty(), "{place}: {expression}");
        for metric in used {
            assert!(told(&metric), "{place}: nobody tells {metric}: {expression}");
        }
    }
}

/// The condition `MonitoringReady` when these objects exist.
fn condition(monitoring: &Value, children: &[Value]) -> String {
    let mut observed = nothing_there();
    for child in children {
        let object: DynamicObject = serde_json::from_value(child.clone()).unwrap();
        let kind = child["kind"].as_str().unwrap();
        let known = plan::owned_kinds()
            .into_iter()
            .chain(Family::PrometheusOperator.kinds());
        let resource: ApiResource = known.into_iter().find(|resource| resource.kind == kind).unwrap();
        observed.children.insert(&resource, Arc::new(object));
    }
    let plan = plan_with(&json!({ "monitoring": monitoring }), &observed);
    let condition = plan.assessment.condition(condition::MONITORING_READY).unwrap();
    format!("{}: {}", condition.reason.as_str(), condition.message)
}

#[test]
fn monitors_are_well_unless_a_prometheus_refuses_them_as_they_are() {
    let plan = plan_of(&by_operator());
    let planned = |kind: &str, name: &str| {
        let mut object = object(&plan, kind, name);
        object["metadata"]["generation"] = json!(2);
        object
    };
    let mut all = [
        planned("ServiceMonitor", "shop-services"),
        planned("PodMonitor", "shop-gateway"),
        planned("PrometheusRule", "shop-alerts"),
    ];
    assert!(condition(&by_operator(), &all[..2]).contains("PrometheusRule shop-alerts: not created yet"));
    assert!(condition(&by_operator(), &all).starts_with("Ready: "));
    let refused = |generation: i64| {
        json!({ "bindings": [{
            "group": "monitoring.coreos.com", "resource": "prometheuses", "namespace": "monitoring", "name": "main",
            "conditions": [{
                "type": "Accepted", "status": "False", "reason": "InvalidConfiguration", "message": "bad label",
                "observedGeneration": generation,
            }],
        }] })
    };
    all[0]["status"] = refused(2);
    assert_eq!(
        condition(&by_operator(), &all),
        "Failed: ServiceMonitor shop-services: Prometheus monitoring/main does not take it: bad label"
    );
    all[0]["status"] = refused(1);
    assert!(
        condition(&by_operator(), &all).starts_with("Ready: "),
        "it was mended since"
    );
}

#[test]
fn the_managed_programs_are_named_until_they_are_up() {
    let said = condition(&managed(), &[]);
    assert!(
        said.contains("StatefulSet shop-prometheus: not created yet"),
        "{said}"
    );
    assert!(
        said.contains("Deployment shop-grafana: not created yet"),
        "{said}"
    );
}
