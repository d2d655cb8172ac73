//! Tests how services, canaries and extensions run: their probes, images, replicas, identities and allowed callers.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{collections::BTreeMap, sync::Arc};

use fdp_catalogue::Service;
use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    cli::render::render,
    components::services::canary,
    model::{apis::Apis, object::ObjectKey, observed::Observed},
    plan::{self, Plan},
    settings::Settings,
    spec::{InvalidSpec, Validated, canonical::sorted},
};
use kube::core::{ApiResource, DynamicObject};
use serde_json::{Value, json};

fn settings() -> Settings {
    Settings {
        image_tag: "1.0.0".to_owned(),
        ..Settings::default()
    }
}

fn validated(spec: &Value) -> Result<Validated, InvalidSpec> {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" },
        "spec": spec,
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    Validated::new(&platform, &settings())
}

/// A cluster with every third-party operator and without a platform.
fn nothing_there() -> Observed {
    Observed {
        apis: Apis::all(),
        ..Observed::default()
    }
}

fn plan_of(spec: &Value) -> Plan {
    plan::plan(&validated(spec).unwrap(), &nothing_there())
}

/// The object of that kind and name as JSON; `Null` if it is not planned.
fn object(plan: &Plan, kind: &str, name: &str) -> Value {
    let key = ObjectKey::new(kind, name);
    let planned = plan.objects.iter().find(|planned| planned.key() == key);
    planned.map_or(Value::Null, |planned| {
        serde_json::to_value(&*planned.object).unwrap()
    })
}

fn container(plan: &Plan, deployment: &str) -> Value {
    object(plan, "Deployment", deployment)["spec"]["template"]["spec"]["containers"][0].take()
}

fn variable(plan: &Plan, deployment: &str, name: &str) -> Value {
    let container = container(plan, deployment);
    let variables = container["env"].as_array().unwrap();
    let found = variables.iter().find(|variable| variable["name"] == name);
    found.map_or(Value::Null, |variable| variable["value"].clone())
}

/// The keys of all objects that differ between two plans, or that only one of them has.
fn changed(before: &Plan, after: &Plan) -> Vec<String> {
    let find = |plan: &Plan, key: &ObjectKey| object(plan, &key.kind, &key.name);
    let mut keys: Vec<ObjectKey> = before
        .objects
        .iter()
        .chain(&after.objects)
        .map(fdp_operator::model::object::Planned::key)
        .filter(|key| find(before, key) != find(after, key))
        .collect();
    keys.sort();
    keys.dedup();
    keys.iter().map(ToString::to_string).collect()
}

#[test]
fn probes_that_nobody_changes_are_as_they_always_were() {
    let plan = plan_of(&json!({}));
    let order = container(&plan, "shop-order");
    assert_eq!(
        order["readinessProbe"],
        json!({ "httpGet": { "path": "/readyz", "port": "http", "scheme": "HTTP" }, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 2 })
    );
    assert_eq!(
        order["livenessProbe"],
        json!({ "httpGet": { "path": "/healthz", "port": "http", "scheme": "HTTP" }, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 6, "terminationGracePeriodSeconds": 10 })
    );
}

#[test]
fn a_probe_keeps_what_the_platform_does_not_say() {
    let spec = json!({ "services": { "order": { "probes": {
        "readiness": { "path": "/actuator/health", "initialDelaySeconds": 10, "timeoutSeconds": 2, "periodSeconds": 5, "failureThreshold": 10 },
        "liveness": { "failureThreshold": 5, "initialDelaySeconds": 0 },
    } } } });
    let order = container(&plan_of(&spec), "shop-order");
    assert_eq!(
        order["readinessProbe"],
        json!({ "httpGet": { "path": "/actuator/health", "port": "http", "scheme": "HTTP" }, "initialDelaySeconds": 10, "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 10 })
    );
    assert_eq!(
        order["livenessProbe"],
        json!({ "httpGet": { "path": "/healthz", "port": "http", "scheme": "HTTP" }, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 5, "terminationGracePeriodSeconds": 10 }),
        "the API server drops a delay of zero, so it is not planned either"
    );
    assert_eq!(
        changed(&plan_of(&json!({})), &plan_of(&spec)),
        ["Deployment shop-order"]
    );
}

#[test]
fn a_service_runs_the_image_that_it_is_given() {
    let plan = plan_of(&json!({ "services": { "pay": { "image": "registry.example.com/our/pay:7" } } }));
    assert_eq!(
        container(&plan, "shop-pay")["image"],
        "registry.example.com/our/pay:7"
    );
    assert!(
        container(&plan, "shop-order")["image"]
            .as_str()
            .unwrap()
            .ends_with("/order:1.0.0")
    );
}

/// What the pods of a workload ask for, in thousandths of a core, by the workload's name.
fn cpu_requests(plan: &Plan) -> BTreeMap<String, u64> {
    let mut requests = BTreeMap::new();
    for planned in &plan.objects {
        let workload = serde_json::to_value(&*planned.object).unwrap();
        for container in workload["spec"]["template"]["spec"]["containers"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let cpu = container["resources"]["requests"]["cpu"].as_str().unwrap();
            let cpu: u64 = cpu.strip_suffix('m').unwrap().parse().unwrap();
            *requests.entry(planned.key().name).or_default() += cpu;
        }
    }
    requests
}

#[test]
fn a_small_platform_leaves_room_for_four_more_of_order_on_two_cores() {
    let requests = cpu_requests(&plan_of(&json!({})));
    let all: u64 = requests.values().sum();
    assert!(all <= 1200, "{all}: {requests:?}");
    let four_more = all + 4 * requests["shop-order"];
    // The rest is for what a cluster has itself.
    assert!(four_more <= 1800, "{four_more}: {requests:?}");
}

/// The autoscaler fills a node with replicas of order, and a rollout starts a pod before it ends one.
#[test]
fn two_cores_full_of_replicas_of_order_have_room_to_replace_any_service() {
    let requests = cpu_requests(&plan_of(&json!({})));
    let others = requests.values().sum::<u64>() - requests["shop-order"];
    // Two operators and what the local cluster has itself.
    let system = 50;
    // The Job of the setup has ended.
    let room = (2000 - system - (others - 10)) % requests["shop-order"];
    for service in ["shop-gateway", "shop-pay", "shop-frontend"] {
        let needed = requests[service];
        assert!(needed <= room, "{service} needs {needed}, of {room}");
    }
}

#[test]
fn no_part_of_an_order_is_starved_by_another_one() {
    let requests = cpu_requests(&plan_of(&json!({})));
    for part in [
        "shop-gateway",
        "shop-order",
        "shop-pay",
        "shop-postgres",
        "shop-kafka",
    ] {
        assert!(requests[part] >= 100, "{part}: {requests:?}");
    }
}

#[test]
fn an_autoscaler_scales_up_at_once_and_down_slowly_by_halves() {
    let autoscaler = object(&plan_of(&json!({})), "HorizontalPodAutoscaler", "shop-order");
    assert_eq!(
        autoscaler["spec"]["behavior"],
        json!({
            "scaleUp": {
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [
                    { "type": "Percent", "value": 100, "periodSeconds": 15 },
                    { "type": "Pods", "value": 4, "periodSeconds": 15 },
                ],
            },
            "scaleDown": {
                "stabilizationWindowSeconds": 120, "selectPolicy": "Max",
                "policies": [{ "type": "Percent", "value": 50, "periodSeconds": 60 }],
            },
        })
    );
}

#[test]
fn an_autoscaler_looks_at_the_program_and_not_at_its_sidecar() {
    let plan = plan_of(&json!({
        "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090, "autoscaling": { "max": 3 } }],
    }));
    for part in ["order", "coupons"] {
        let name = format!("shop-{part}");
        let metric = object(&plan, "HorizontalPodAutoscaler", &name)["spec"]["metrics"][0].clone();
        assert_eq!(metric["type"], "ContainerResource");
        let container = &metric["containerResource"]["container"];
        let pod = &object(&plan, "Deployment", &name)["spec"]["template"]["spec"];
        assert_eq!(*container, pod["containers"][0]["name"], "{name}");
    }
}

#[test]
fn every_service_and_extension_has_its_own_account_without_rights() {
    let plan = plan_of(&json!({ "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090 }] }));
    for part in Service::ALL.map(Service::name).into_iter().chain(["coupons"]) {
        let name = format!("shop-{part}");
        let pod = &object(&plan, "Deployment", &name)["spec"]["template"]["spec"];
        assert_eq!(pod["serviceAccountName"], name);
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        let account = object(&plan, "ServiceAccount", &name);
        assert_eq!(account["automountServiceAccountToken"], false, "{name}");
    }
    for role in ["Role", "RoleBinding"] {
        assert!(plan.objects.iter().all(|planned| planned.key().kind != role));
    }
}

fn with_canary(tag: &str) -> Value {
    json!({
        "services": { "order": { "canary": { "tag": tag, "weight": 10 } } },
        "mesh": { "provider": "Istio" },
    })
}

fn without_canary() -> Value {
    json!({ "mesh": { "provider": "Istio" } })
}

#[test]
fn a_canary_is_one_pod_that_differs_in_its_version_only() {
    let plan = plan_of(&with_canary("1.1.0"));
    let (mut stable, mut canary) = (
        container(&plan, "shop-order"),
        container(&plan, "shop-order-canary"),
    );
    assert!(stable["image"].take().as_str().unwrap().ends_with("/order:1.0.0"));
    assert!(canary["image"].take().as_str().unwrap().ends_with("/order:1.1.0"));
    assert_eq!(stable, canary);
    let deployment = object(&plan, "Deployment", "shop-order-canary");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(
        deployment["spec"]["template"]["spec"]["serviceAccountName"], "shop-order",
        "whoever lets order in lets its canary in"
    );
    assert_eq!(
        object(&plan, "HorizontalPodAutoscaler", "shop-order-canary"),
        Value::Null
    );
    assert_eq!(
        object(&plan, "PodDisruptionBudget", "shop-order-canary"),
        Value::Null
    );
}

/// Whether equality-based labels select a pod.
fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object().unwrap();
    !wanted.is_empty() && wanted.iter().all(|(key, value)| labels[key] == *value)
}

#[test]
fn stable_version_and_canary_share_the_service_and_count_own_pods() {
    let plan = plan_of(&with_canary("1.1.0"));
    let labels = |deployment: &Value| deployment["spec"]["template"]["metadata"]["labels"].clone();
    let stable = object(&plan, "Deployment", "shop-order");
    let canary = object(&plan, "Deployment", "shop-order-canary");
    let own = |deployment: &Value| deployment["spec"]["selector"]["matchLabels"].clone();
    assert!(selects(&own(&stable), &labels(&stable)) && !selects(&own(&stable), &labels(&canary)));
    assert!(selects(&own(&canary), &labels(&canary)) && !selects(&own(&canary), &labels(&stable)));
    let budget = &object(&plan, "PodDisruptionBudget", "shop-order")["spec"]["selector"]["matchLabels"];
    assert!(selects(budget, &labels(&stable)) && !selects(budget, &labels(&canary)));
    let autoscaler = object(&plan, "HorizontalPodAutoscaler", "shop-order");
    assert_eq!(autoscaler["spec"]["scaleTargetRef"]["name"], "shop-order");
    let service = &object(&plan, "Service", "shop-order")["spec"]["selector"];
    assert!(selects(service, &labels(&stable)) && selects(service, &labels(&canary)));
    let track = |deployment: &Value| labels(deployment)["fooddelivery.dev/track"].clone();
    assert_eq!(
        (track(&stable), track(&canary)),
        (json!("stable"), json!("canary"))
    );
    let other = labels(&object(&plan, "Deployment", "shop-pay"));
    assert!(!selects(service, &other), "nobody else's pods");
}

#[test]
fn a_canary_comes_and_goes_without_replacing_a_pod_of_anybody() {
    let (before, during) = (plan_of(&without_canary()), plan_of(&with_canary("1.1.0")));
    let changes = changed(&before, &during);
    let deployments: Vec<_> = changes
        .iter()
        .filter(|key| key.starts_with("Deployment "))
        .collect();
    assert_eq!(deployments, ["Deployment shop-order-canary"]);
    assert!(changes.contains(&"Service shop-order".to_owned()));
    assert!(
        changes
            .iter()
            .all(|key| !key.starts_with("HorizontalPodAutoscaler")),
        "{changes:?}"
    );
}

/// Whether a policy's selector, with labels and expressions, selects pods of that part.
fn selects_part(selector: &Value, part: &str) -> bool {
    let name = "app.kubernetes.io/name";
    let by_label = selector["matchLabels"][name] == part;
    let expressions = selector["matchExpressions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let by_expression = expressions.iter().any(|expression| {
        expression["key"] == name
            && expression["operator"] == "In"
            && expression["values"].as_array().unwrap().contains(&json!(part))
    });
    by_label || by_expression
}

#[test]
fn a_canary_may_reach_and_be_reached_like_its_service() {
    let plan = plan_of(&with_canary("1.1.0"));
    let policy = |part: &str| object(&plan, "NetworkPolicy", &format!("shop-{part}"))["spec"].clone();
    assert!(selects_part(&policy("order")["podSelector"], "order-canary"));
    for callee in ["pay", "kafka", "postgres"] {
        let policy = policy(callee);
        let peers = policy["ingress"][0]["from"].as_array().unwrap();
        for part in ["order", "order-canary"] {
            assert!(
                peers.iter().any(|peer| selects_part(&peer["podSelector"], part)),
                "{part} calling {callee}: {peers:?}"
            );
        }
    }
    assert!(
        !selects_part(&policy("pay")["podSelector"], "pay-canary"),
        "pay has none"
    );
}

#[test]
fn without_istio_or_beside_a_stopped_service_there_is_no_canary() {
    let bare = Observed::default();
    let plan = plan::plan(&validated(&with_canary("1.1.0")).unwrap(), &bare);
    assert_eq!(object(&plan, "Deployment", "shop-order-canary"), Value::Null);
    assert_eq!(
        object(&plan, "Service", "shop-order")["spec"]["selector"],
        object(&plan_of(&json!({})), "Service", "shop-order")["spec"]["selector"]
    );
    let stopped = json!({
        "services": { "order": { "replicas": 0, "canary": { "tag": "1.1.0", "weight": 10 } } },
        "mesh": { "provider": "Istio" },
    });
    assert_eq!(
        object(&plan_of(&stopped), "Deployment", "shop-order-canary"),
        Value::Null
    );
}

/// A cluster with these two Deployments and one pod of order, which has these labels.
fn running(available_canaries: i32, labels: &Value) -> Observed {
    let mut observed = nothing_there();
    let resource = ApiResource::erase::<k8s_openapi::api::apps::v1::Deployment>(&());
    for (name, available) in [("shop-order", 1), ("shop-order-canary", available_canaries)] {
        let deployment: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": name, "generation": 1 },
            "spec": { "replicas": 1, "selector": {}, "template": {} },
            "status": { "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available },
        }))
        .unwrap();
        observed.children.insert(&resource, Arc::new(deployment));
    }
    let pod = json!({ "metadata": { "name": "shop-order-1", "labels": labels } });
    observed.pods.push(Arc::new(serde_json::from_value(pod).unwrap()));
    observed
}

#[test]
fn pods_that_find_no_room_may_be_unavailable_so_that_nodes_can_be_drained() {
    let allowed = |pods: &[Value]| {
        let mut observed = nothing_there();
        for pod in pods {
            observed
                .pods
                .push(Arc::new(serde_json::from_value(pod.clone()).unwrap()));
        }
        let plan = plan::plan(&validated(&json!({})).unwrap(), &observed);
        let budget =
            |name: &str| object(&plan, "PodDisruptionBudget", name)["spec"]["maxUnavailable"].clone();
        [budget("shop-order"), budget("shop-pay")]
    };
    let pod = |name: &str, scheduled: &Value| {
        json!({
            "metadata": { "name": name, "labels": { "app.kubernetes.io/name": "order" } },
            "status": { "conditions": [scheduled] },
        })
    };
    let runs = json!({ "type": "PodScheduled", "status": "True" });
    let waits = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
    assert_eq!(allowed(&[pod("one", &runs)]), [1, 1]);
    assert_eq!(
        allowed(&[pod("one", &runs), pod("two", &waits), pod("three", &waits)]),
        [3, 1]
    );
}

#[test]
fn a_canary_gets_requests_only_while_it_answers_them() {
    let platform = validated(&with_canary("1.1.0")).unwrap();
    let order = platform
        .services
        .iter()
        .find(|settings| settings.canary.is_some())
        .unwrap();
    let labels = json!({ "app.kubernetes.io/name": "order", "fooddelivery.dev/service": "order" });
    assert_eq!(canary::weight(&platform, order, &nothing_there()), Some(10));
    assert_eq!(canary::weight(&platform, order, &running(0, &labels)), None);
    assert_eq!(canary::weight(&platform, order, &running(1, &labels)), Some(10));
}

#[test]
fn pods_of_an_older_platform_stay_in_their_service_until_replaced() {
    let platform = validated(&with_canary("1.1.0")).unwrap();
    let order = platform
        .services
        .iter()
        .find(|settings| settings.canary.is_some())
        .unwrap();
    let old = json!({ "app.kubernetes.io/name": "order", "app.kubernetes.io/instance": "shop" });
    let observed = running(1, &old);
    let plan = plan::plan(&platform, &observed);
    let selector = &object(&plan, "Service", "shop-order")["spec"]["selector"];
    assert!(selects(selector, &old), "{selector}");
    assert_eq!(canary::weight(&platform, order, &observed), None);
}

#[test]
fn a_canary_that_is_not_up_makes_the_services_unready() {
    let platform = validated(&with_canary("1.1.0")).unwrap();
    let plan = plan::plan(
        &platform,
        &running(0, &json!({ "app.kubernetes.io/name": "order" })),
    );
    let services = plan.assessment.condition("ServicesReady").unwrap();
    let waiting = canary::health(&platform, &running(0, &json!({})));
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        waiting[0].message().unwrap(),
        "Deployment shop-order-canary: 0 of 1 ready"
    );
    assert_eq!(services.status.as_str(), "False");
}

fn with_extension(extension: &Value) -> Value {
    json!({ "extensions": [extension] })
}

fn coupons() -> Value {
    json!({
        "name": "coupons", "image": "registry.example.com/coupons:3", "port": 8090,
        "route": "/coupons", "subscribes": ["store", "order"],
        "env": [{ "name": "GREETING", "value": "hello" }],
    })
}

#[test]
fn an_extension_is_a_deployment_with_all_that_belongs_to_it() {
    let plan = plan_of(&with_extension(&coupons()));
    insta::assert_snapshot!(
        "the_deployment_of_an_extension",
        serde_saphyr::to_string(&sorted(&object(&plan, "Deployment", "shop-coupons")["spec"])).unwrap()
    );
    assert_eq!(
        changed(&plan_of(&json!({})), &plan),
        [
            "Deployment shop-coupons",
            "Deployment shop-gateway",
            "NetworkPolicy shop-coupons",
            "NetworkPolicy shop-kafka",
            "PodDisruptionBudget shop-coupons",
            "Service shop-coupons",
            "ServiceAccount shop-coupons",
        ],
        "and nobody else's pods roll but the gateway's, which learns the route"
    );
}

#[test]
fn an_extension_without_route_and_events_changes_no_other_part() {
    let alone = json!({ "name": "reports", "image": "reports:1", "port": 8090, "autoscaling": { "max": 3 } });
    let changes = changed(&plan_of(&json!({})), &plan_of(&with_extension(&alone)));
    assert!(
        changes.iter().all(|key| key.ends_with(" shop-reports")),
        "{changes:?}"
    );
    assert!(changes.contains(&"HorizontalPodAutoscaler shop-reports".to_owned()));
}

#[test]
fn the_gateway_learns_where_the_paths_of_extensions_lead() {
    let plan = plan_of(&json!({ "extensions": [
        { "name": "loyalty", "image": "loyalty:1", "port": 8080, "route": "/loyalty/points" },
        coupons(),
        { "name": "reports", "image": "reports:1", "port": 8090 },
    ] }));
    assert_eq!(
        variable(&plan, "shop-gateway", "EXTENSION_ROUTES"),
        "/coupons=http://shop-coupons:8090,/loyalty/points=http://shop-loyalty:8080"
    );
    assert_eq!(
        variable(&plan_of(&json!({})), "shop-gateway", "EXTENSION_ROUTES"),
        Value::Null
    );
}

#[test]
fn who_subscribes_learns_the_topics_and_its_group_and_where_kafka_is() {
    let plan = plan_of(&with_extension(&coupons()));
    for (name, value) in [
        (
            "KAFKA_TOPICS",
            "fooddelivery.order,fooddelivery.store,fooddelivery.menu",
        ),
        ("KAFKA_GROUP", "coupons"),
        ("KAFKA_BROKERS", "shop-kafka:9092"),
        ("PORT", "8090"),
        ("GREETING", "hello"),
    ] {
        assert_eq!(variable(&plan, "shop-coupons", name), value, "{name}");
    }
    let mut deaf = coupons();
    deaf["subscribes"] = json!([]);
    let plan = plan_of(&with_extension(&deaf));
    assert_eq!(variable(&plan, "shop-coupons", "KAFKA_BROKERS"), Value::Null);
}

#[test]
fn only_the_gateway_reaches_extensions_and_only_subscribers_reach_kafka() {
    let plan = plan_of(
        &json!({ "extensions": [coupons(), { "name": "reports", "image": "reports:1", "port": 8070 }] }),
    );
    let ingress = |name: &str| object(&plan, "NetworkPolicy", name)["spec"]["ingress"].clone();
    let coupons = ingress("shop-coupons");
    assert!(selects_part(&coupons[0]["from"][0]["podSelector"], "gateway"));
    assert_eq!(coupons[0]["ports"], json!([{ "port": 8090, "protocol": "TCP" }]));
    let reports = ingress("shop-reports").to_string();
    assert!(!reports.contains("gateway"), "{reports}");
    assert!(reports.contains("metrics-reader"), "{reports}");
    let kafka = ingress("shop-kafka");
    let peers = kafka[0]["from"].as_array().unwrap();
    let admits = |part: &str| peers.iter().any(|peer| selects_part(&peer["podSelector"], part));
    assert!(admits("coupons") && !admits("reports"), "{peers:?}");
}

#[test]
fn what_makes_no_sense_about_extensions_is_named_with_what_to_do() {
    let problems = |extensions: Value| match validated(&json!({ "extensions": extensions })) {
        Ok(_) => Vec::new(),
        Err(InvalidSpec(problems)) => problems,
    };
    let mut greedy = coupons();
    greedy["env"] = json!([{ "name": "KAFKA_GROUP", "value": "order" }, { "name": "PORT", "value": "1" }]);
    let mut curious = coupons();
    curious["name"] = json!("curious");
    curious["subscribes"] = json!(["customer"]);
    assert_eq!(
        problems(json!([greedy, curious])),
        [
            "extensions[curious].route: /coupons already leads to coupons; choose another path",
            "extensions[coupons].env: KAFKA_GROUP is set by the operator and cannot be replaced",
            "extensions[coupons].env: PORT is set by the operator and cannot be replaced",
            "extensions[curious].subscribes: customer publishes no events; these do: order, pay, store, delivery, inventory",
        ]
    );
    let mut own_kafka = coupons();
    own_kafka["subscribes"] = json!([]);
    own_kafka["env"] = json!([{ "name": "KAFKA_BROKERS", "value": "elsewhere:9092" }]);
    assert_eq!(problems(json!([own_kafka])), Vec::<String>::new());
}

#[test]
fn no_extension_hides_a_path_of_the_platform_even_with_an_old_schema() {
    for path in fdp_crds::BUILT_IN_ROUTES {
        let mut extension = coupons();
        extension["route"] = json!(format!("/{path}/new"));
        let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop" }, "spec": { "extensions": [extension] },
        }))
        .unwrap();
        let problem = Validated::new(&platform, &settings()).unwrap_err().to_string();
        assert!(
            problem.contains(&format!("/{path}/new would hide /{path} of the platform itself")),
            "{problem}"
        );
    }
}

#[test]
fn an_extension_that_does_not_come_up_is_named() {
    let platform = validated(&with_extension(&coupons())).unwrap();
    let plan = plan::plan(&platform, &nothing_there());
    let waiting = fdp_operator::components::extensions::health(&platform, &nothing_there());
    assert_eq!(
        waiting[0].message(),
        Some("Deployment shop-coupons: not created yet")
    );
    assert_eq!(
        plan.assessment
            .condition("ServicesReady")
            .unwrap()
            .status
            .as_str(),
        "False"
    );
}

#[test]
fn the_production_example_uses_everything_and_makes_sense() {
    let text = render(include_str!("../../examples/production.yaml"), &settings()).unwrap();
    let spec: Value = serde_saphyr::from_multiple::<Value>(include_str!("../../examples/production.yaml"))
        .unwrap()
        .into_iter()
        .find(|document| document["kind"] == "FoodDeliveryPlatform")
        .unwrap()["spec"]
        .take();
    for part in [
        "image",
        "services",
        "extensions",
        "gateway",
        "kafka",
        "postgres",
        "mongodb",
        "mesh",
        "logging",
        "monitoring",
        "notifications",
        "deletionPolicy",
    ] {
        assert!(!spec[part].is_null(), "{part}");
    }
    for expected in ["name: shop-coupons", "name: shop-frontend-canary"] {
        assert!(text.contains(&format!("\n  {expected}\n")), "{expected}");
    }
}
