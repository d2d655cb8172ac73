//! Tests that whoever edits a platform gains no image of their own in a pod that runs as root or with files of the nodes.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{collections::BTreeSet, path::Path, sync::Arc};

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_operator::{
    cli::render::platforms,
    model::{apis::Apis, observed::Observed},
    plan::{Plan, plan},
    settings::{PrivilegedImages, Settings},
    spec::Validated,
};
use serde_json::{Value, json};

const OWN: &str = "attacker.example.com/own:1";

/// The kinds whose pods the operator describes in full.
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

fn observed() -> Observed {
    Observed {
        apis: Apis::all(),
        ..Observed::default()
    }
}

fn planned(platform: &FoodDeliveryPlatform, settings: &Settings, observed: &Observed) -> Plan {
    plan(&Validated::new(platform, settings).unwrap(), observed)
}

fn insisting() -> Settings {
    Settings {
        fluentd_image: "registry.example.com/fluentd:1".to_owned(),
        ..Settings::default()
    }
}

/// The platforms of every example.
fn examples() -> Vec<FoodDeliveryPlatform> {
    fn files(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    files(&folder, &mut found);
    let read = found.iter().filter_map(|text| platforms(text).ok());
    read.flatten().collect()
}

/// The paths of all texts of the resource that name an image, or the registry or the tag of images.
fn image_fields(schema: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = [path, std::slice::from_ref(name)].concat();
        let lower = name.to_lowercase();
        if field["type"] == "string" && (lower.contains("image") || lower == "registry") {
            found.push(path);
        } else {
            image_fields(field, &path, found);
        }
    }
}

/// The platform with an image of somebody's own in every field that takes one.
fn with_own_images(platform: &FoodDeliveryPlatform) -> FoodDeliveryPlatform {
    let crd = serde_json::to_value(fdp_crds::definitions().first().unwrap()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let mut fields = Vec::new();
    image_fields(schema, &[], &mut fields);
    assert!(fields.len() > 15, "{fields:?}");
    let mut value = serde_json::to_value(platform).unwrap();
    for field in fields.iter().filter(|field| field[0] != "cloud") {
        let (last, parents) = field.split_last().unwrap();
        let mut at = &mut value["spec"];
        for parent in parents {
            at = &mut at[parent];
        }
        at[last] = json!(OWN);
    }
    serde_json::from_value(value).unwrap()
}

/// Every pod specification in an object.
fn pods(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    if value["containers"].is_array() {
        found.push(value);
    }
    match value {
        Value::Object(fields) => found.extend(fields.values().flat_map(pods)),
        Value::Array(items) => found.extend(items.iter().flat_map(pods)),
        _ => {}
    }
    found
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|field| pod[field].as_array().into_iter().flatten())
}

/// What a pod may do to its node, if anything. What the operator does not say of a pod counts as allowed, except in the
/// templates of other operators, which fill them in.
fn privileges(kind: &str, pod: &Value) -> Vec<&'static str> {
    let full = WORKLOADS.contains(&kind);
    let mut found = Vec::new();
    let mut add = |is: bool, what| found.extend(is.then_some(what));
    let volumes = pod["volumes"].as_array().into_iter().flatten();
    add(
        volumes.into_iter().any(|volume| volume["hostPath"].is_object()),
        "hostPath",
    );
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        add(pod[field] == true, "namespaces of the node");
    }
    let security = &pod["securityContext"];
    add(security["runAsUser"] == 0, "root");
    add(full && security["runAsNonRoot"] != true, "root");
    for container in containers(pod) {
        let security = &container["securityContext"];
        add(security["privileged"] == true, "privileged");
        add(security["runAsUser"] == 0, "root");
        add(security["runAsNonRoot"] == false, "root");
        add(security["capabilities"]["add"].is_array(), "capabilities");
        add(
            full && security["allowPrivilegeEscalation"] != false,
            "escalation",
        );
    }
    found
}

/// The kinds and parts whose pods have privileges, and the images of those pods.
fn privileged(plan: &Plan) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut objects, mut images) = (BTreeSet::new(), BTreeSet::new());
    for planned in &plan.objects {
        let kind = planned.resource.kind.as_str();
        for pod in pods(&planned.object.data) {
            if privileges(kind, pod).is_empty() {
                continue;
            }
            let part = &planned.object.metadata.labels.as_ref().unwrap()["app.kubernetes.io/name"];
            objects.insert(format!("{kind} {part}"));
            images.extend(containers(pod).map(|container| container["image"].as_str().unwrap().to_owned()));
        }
    }
    (objects, images)
}

#[test]
fn no_platform_puts_an_image_of_its_own_into_a_privileged_pod() {
    let mut seen = BTreeSet::new();
    for example in examples() {
        let plan = planned(&with_own_images(&example), &insisting(), &observed());
        let texts: Vec<String> = plan
            .objects
            .iter()
            .map(|planned| planned.object.data.to_string())
            .collect();
        assert!(texts.iter().any(|text| text.contains(OWN)), "the images are set");
        let (objects, images) = privileged(&plan);
        for image in images {
            assert_eq!(image, insisting().fluentd_image, "{objects:?}");
        }
        seen.extend(objects);
    }
    // Whatever comes here takes its image from the operator's settings.
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["DaemonSet fluentd"]);
}

#[test]
fn the_only_pods_with_a_token_may_no_more_than_see_the_pods_of_their_namespace() {
    let (mut with_token, mut rules) = (BTreeSet::new(), BTreeSet::new());
    for example in examples() {
        for planned in planned(&example, &insisting(), &observed()).objects {
            let key = planned.key().to_string();
            let data = &planned.object.data;
            let token = |pod: &&Value| pod["automountServiceAccountToken"] == true;
            if pods(data).iter().any(token) {
                with_token.insert(key.split('-').next_back().unwrap().to_owned());
            }
            assert!(!key.starts_with("ClusterRole"), "{key}");
            if planned.resource.kind == "Role" {
                rules.insert(data["rules"].to_string());
            }
        }
    }
    assert_eq!(with_token.into_iter().collect::<Vec<_>>(), ["prometheus"]);
    let seen = json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"] }]);
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), [seen.to_string()]);
}

fn logging(image: Option<&str>) -> FoodDeliveryPlatform {
    serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1" },
        "spec": { "logging": { "provider": "Managed", "fluentd": { "image": image } } },
    }))
    .unwrap()
}

fn fluentd(plan: &Plan) -> String {
    let mut objects = plan.objects.iter();
    let set = objects
        .find(|planned| planned.resource.kind == "DaemonSet")
        .unwrap();
    let image = &set.object.data["spec"]["template"]["spec"]["containers"][0]["image"];
    image.as_str().unwrap().to_owned()
}

/// The objects of a plan, as the cluster has them.
fn applied(plan: &Plan) -> Observed {
    let mut observed = observed();
    for planned in &plan.objects {
        observed
            .children
            .insert(&planned.resource, Arc::clone(&planned.object));
    }
    observed
}

#[test]
fn the_image_of_fluentd_is_the_operators_unless_the_operator_lets_platforms_choose() {
    let of = |image, settings: &Settings| fluentd(&planned(&logging(image), settings, &observed()));
    let insisting = insisting();
    assert_eq!(of(None, &insisting), insisting.fluentd_image);
    assert_eq!(of(Some(OWN), &insisting), insisting.fluentd_image);
    let any = Settings {
        privileged_images: PrivilegedImages::Any,
        ..insisting.clone()
    };
    assert_eq!(of(Some(OWN), &any), OWN);
    assert_eq!(of(None, &any), insisting.fluentd_image);
}

#[test]
fn an_image_of_fluentd_that_runs_already_goes_on_for_one_release() {
    let any = Settings {
        privileged_images: PrivilegedImages::Any,
        ..insisting()
    };
    let before = planned(&logging(Some(OWN)), &any, &observed());
    let mut running = applied(&before);
    assert_eq!(
        fluentd(&planned(&logging(Some(OWN)), &insisting(), &running)),
        OWN
    );
    // Another one does not come by an edit.
    let edited = planned(
        &logging(Some("attacker.example.com/own:2")),
        &insisting(),
        &running,
    );
    assert_eq!(fluentd(&edited), insisting().fluentd_image);
    running = applied(&edited);
    let back = planned(&logging(Some(OWN)), &insisting(), &running);
    assert_eq!(fluentd(&back), insisting().fluentd_image);
}

#[test]
fn an_image_that_is_not_the_platforms_to_choose_is_told_with_what_to_change() {
    let message = |image, settings: &Settings, observed: &Observed| {
        let mut plan = planned(&logging(image), settings, observed);
        let all_up = up(&plan);
        plan = planned(&logging(image), settings, &all_up);
        let condition = plan.assessment.condition(condition::LOGGING_READY).unwrap();
        format!("{}: {}", condition.status.as_str(), condition.message)
    };
    let told = message(Some(OWN), &insisting(), &observed());
    assert!(
        told.starts_with(&format!(
            "True: logs are collected and kept; image {OWN} is not used"
        )),
        "{told}"
    );
    assert!(told.contains(&format!("FDP_FLUENTD_IMAGE={OWN}")), "{told}");
    let any = Settings {
        privileged_images: PrivilegedImages::Any,
        ..insisting()
    };
    let running = applied(&planned(&logging(Some(OWN)), &any, &observed()));
    let told = message(Some(OWN), &insisting(), &running);
    assert!(
        told.contains(&format!(
            "Fluentd runs on with image {OWN}, which the next release does not use"
        )),
        "{told}"
    );
    for image in [None, Some(insisting().fluentd_image.as_str())] {
        assert_eq!(
            message(image, &insisting(), &observed()),
            "True: logs are collected and kept"
        );
    }
}

/// The objects of a plan, all of them up.
fn up(plan: &Plan) -> Observed {
    let mut observed = observed();
    for planned in &plan.objects {
        let mut object = kube::core::DynamicObject::clone(&planned.object);
        let one = json!({ "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1,
            "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1,
            "numberAvailable": 1, "numberReady": 1,
            "conditions": [
                { "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" },
                { "type": "Complete", "status": "True" },
            ] });
        object.data["status"] = one;
        observed.children.insert(&planned.resource, Arc::new(object));
    }
    observed
}
