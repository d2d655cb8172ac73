//! Tests that what reads a generated Secret follows it: a changed, lost or half-filled value replaces every pod that reads it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    model::{apis::Apis, object::Planned, observed::Observed},
    plan::{Plan, passwords, plan, secrets::reads_secret},
    settings::Settings,
    spec::Validated,
};
use serde_json::{Value, json};

/// Platforms that have all generated Secrets, with every program that reads them.
fn platforms() -> Vec<Validated> {
    let spec = |postgres: &Value, logging: &str| {
        json!({
            "postgres": postgres, "mongodb": { "provider": "Managed" },
            "logging": { "provider": logging }, "monitoring": { "provider": "Managed" },
        })
    };
    let external = json!({ "provider": "External", "secretRef": { "name": "rds" } });
    [
        spec(&json!({}), "Managed"),
        spec(&json!({ "provider": "CloudNativePG" }), "ECK"),
        spec(&external, "Managed"),
    ]
    .map(|spec| {
        let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food", "uid": "1" }, "spec": spec,
        }))
        .unwrap();
        Validated::new(&platform, &Settings::default()).unwrap()
    })
    .into()
}

/// The plan where that key of that part's Secret has another value.
fn with_changed(platform: &Validated, changed: Option<(&str, &str)>) -> Plan {
    let credentials = passwords::credentials(|part, key| {
        let value = if changed == Some((part, key)) {
            "new"
        } else {
            "old"
        };
        format!("{value}-{part}-{key}-with-at-least-32-characters")
    });
    let observed = Observed {
        credentials,
        apis: Apis::all(),
        ..Observed::default()
    };
    plan(platform, &observed)
}

/// Every Secret and key that a pod reads; a whole Secret has no key.
fn reads(value: &Value, found: &mut BTreeSet<(String, Option<String>)>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(name) = text(&value["secretKeyRef"]["name"]) {
        found.insert((name, text(&value["secretKeyRef"]["key"])));
    }
    if let Some(name) = text(&value["secret"]["secretName"]) {
        match value["secret"]["items"].as_array() {
            Some(items) => found.extend(items.iter().map(|item| (name.clone(), text(&item["key"])))),
            None => drop(found.insert((name, None))),
        }
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|value| reads(value, found)),
        Value::Array(items) => items.iter().for_each(|value| reads(value, found)),
        _ => {}
    }
}

/// The templates of pods, by kind and name of their objects.
fn templates(plan: &Plan) -> BTreeMap<String, Value> {
    let mut objects = BTreeMap::new();
    for planned in &plan.objects {
        let template = planned.object.data.pointer("/spec/template");
        if let Some(template) = template.filter(|template| template["spec"]["containers"].is_array()) {
            objects.insert(planned.key().to_string(), template.clone());
        }
    }
    objects
}

#[test]
fn every_pod_that_reads_a_generated_value_is_replaced_when_it_changes() {
    let mut followed = BTreeSet::new();
    for platform in platforms() {
        let before = with_changed(&platform, None);
        let old = templates(&before);
        let generated = before.objects.iter().filter(|planned| planned.generated);
        for secret in generated {
            let name = secret.key().name;
            let part = name.strip_prefix("shop-").unwrap();
            for key in secret.object.data["data"].as_object().unwrap().keys() {
                let new = templates(&with_changed(&platform, Some((part, key))));
                for (object, template) in &old {
                    let mut read = BTreeSet::new();
                    reads(template, &mut read);
                    let reads_it = |of: &Option<String>| of.as_ref().is_none_or(|of| of == key);
                    if !read.iter().any(|(secret, of)| *secret == name && reads_it(of)) {
                        continue;
                    }
                    // A Job with other inputs has another name.
                    assert_ne!(new.get(object), Some(template), "{name}/{key}: {object}");
                    followed.insert(name.clone());
                }
            }
        }
    }
    let all = passwords::PARTS.map(|part| format!("shop-{part}"));
    assert_eq!(followed, all.into_iter().collect());
}

/// The objects of a plan but its Secrets, by kind and name.
fn objects(plan: &Plan) -> BTreeMap<String, &Planned> {
    let others = plan.objects.iter().filter(|planned| !planned.generated);
    others
        .map(|planned| (planned.key().to_string(), planned))
        .collect()
}

#[test]
fn whatever_depends_on_a_generated_value_waits_for_its_secret() {
    for platform in platforms() {
        let before = with_changed(&platform, None);
        let old = objects(&before);
        for secret in before.objects.iter().filter(|planned| planned.generated) {
            let name = secret.key().name;
            let part = name.strip_prefix("shop-").unwrap();
            for key in secret.object.data["data"].as_object().unwrap().keys() {
                let after = with_changed(&platform, Some((part, key)));
                for (object, planned) in objects(&after) {
                    if old.get(&object).is_some_and(|old| old.object == planned.object) {
                        continue;
                    }
                    assert!(
                        reads_secret(planned, &name),
                        "{object} changes with {name}/{key} and would be written before it"
                    );
                }
            }
        }
    }
}

#[test]
fn the_cluster_of_another_operator_waits_for_the_secret_that_it_names() {
    let plan = with_changed(&platforms()[1], None);
    let cluster = plan
        .objects
        .iter()
        .find(|planned| planned.resource.kind == "Cluster");
    assert!(reads_secret(cluster.unwrap(), "shop-postgres"));
}

#[test]
fn an_empty_value_of_a_generated_secret_counts_as_lost() {
    let secret =
        serde_json::from_value(json!({ "data": { "password": "", "kibanaPassword": "YQ==" } })).unwrap();
    let known = passwords::values(Some(secret));
    assert_eq!(
        known.into_iter().collect::<Vec<_>>(),
        [("kibanaPassword".to_owned(), "a".to_owned())]
    );
    assert!(passwords::values(None).is_empty());
}

#[test]
fn grafana_forgets_its_first_password_with_its_pod() {
    // Grafana reads the password only when it makes its database, which must therefore go with the pod.
    let plan = with_changed(&platforms()[0], None);
    let pods = templates(&plan);
    let volumes = pods["Deployment shop-grafana"]["spec"]["volumes"]
        .as_array()
        .unwrap();
    let data = volumes.iter().find(|volume| volume["name"] == "data").unwrap();
    assert!(data["emptyDir"].is_object(), "{data}");
}
