//! Lists what the operator emits for the examples: commands of containers, and files of `ConfigMap`s.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fdp_catalogue::Service;
use fdp_operator::{
    cli::render::render,
    components::{kafka, postgres, reach, setup},
    model::observed::Credentials,
    settings::Settings,
    spec::Validated,
};
use serde_json::{Value, json};

/// The objects of an example, in the order in which they are applied.
pub(crate) fn objects(example: &str) -> Vec<Value> {
    objects_of(&fdp_checkout::root().join("examples").join(example))
}

fn objects_of(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let rendered =
        render(&text, &Settings::default()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_saphyr::from_multiple(&rendered).unwrap()
}

/// The objects of a copy from the managed PostgreSQL and the managed Kafka to external ones, which a platform has only while it
/// changes.
pub(crate) fn copying() -> Vec<Value> {
    let form = |spec: Value| {
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
        });
        Validated::new(&serde_json::from_value(platform).unwrap(), &Settings::default()).unwrap()
    };
    let from = form(json!({}));
    let external = |secret: &str| json!({ "provider": "External", "secretRef": { "name": secret } });
    let to = form(json!({ "postgres": external("rds"), "kafka": external("msk") }));
    let jobs = [
        postgres::copy(&from, &to, &Credentials::default(), ""),
        kafka::copy(&from, &to, ""),
        setup::drain(&from, &Credentials::default(), &[], ""),
    ];
    jobs.iter()
        .map(|job| serde_json::to_value(&*job.object).unwrap())
        .collect()
}

/// The objects with which a platform tries whether its services reach what they call, which come and go.
pub(crate) fn trying() -> Vec<Value> {
    let platform = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" }, "spec": {},
    });
    let platform = Validated::new(&serde_json::from_value(platform).unwrap(), &Settings::default()).unwrap();
    let targets = reach::Targets {
        addresses: vec!["pay=shop-pay:8082".to_owned()],
        ..reach::Targets::default()
    };
    let job = reach::job(&platform, Service::Order, &targets, &Value::Null);
    vec![serde_json::to_value(&*job.object).unwrap()]
}

/// Every item of every example, of a copy and of a try: `CONTAINER: command` or `file NAME`, by the part that it belongs to.
pub(crate) fn items() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let examples = platforms(&fdp_checkout::root().join("examples"));
    let of_examples = examples.iter().map(|file| objects_of(file));
    for objects in of_examples.chain([copying(), trying()]) {
        for object in objects {
            let part = text(&object, "/metadata/labels/app.kubernetes.io~1name");
            let mut items = BTreeSet::new();
            commands(&object, &mut items);
            files(&object, &mut items);
            if !items.is_empty() {
                found.entry(part).or_default().extend(items);
            }
        }
    }
    found
}

/// The files with a platform, in all subfolders.
fn platforms(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                // Files without the kind of a platform are skipped, such as other resources and partial patches.
                let text = fs::read_to_string(&path).unwrap();
                if text.contains("\nkind: FoodDeliveryPlatform\n") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

/// The commands of containers, at any depth: kinds of other operators contain pod templates too.
fn commands(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if let ("containers" | "initContainers" | "ephemeralContainers", Value::Array(containers)) =
                    (field.as_str(), value)
                {
                    for container in containers {
                        of_container(container, found);
                    }
                }
                commands(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| commands(item, found)),
        _ => {}
    }
}

fn of_container(container: &Value, found: &mut BTreeSet<String>) {
    let name = text(container, "/name");
    for (path, what) in [
        ("/command", "command"),
        ("/args", "command"),
        ("/lifecycle/postStart/exec", "postStart"),
        ("/lifecycle/preStop/exec", "preStop"),
        ("/startupProbe/exec", "startup probe"),
        ("/readinessProbe/exec", "readiness probe"),
        ("/livenessProbe/exec", "liveness probe"),
    ] {
        if container.pointer(path).is_some() {
            found.insert(format!("{name}: {what}"));
        }
    }
}

fn files(object: &Value, found: &mut BTreeSet<String>) {
    if object["kind"] != "ConfigMap" {
        return;
    }
    let own = format!(
        "{}-{}-",
        text(object, "/metadata/namespace"),
        text(object, "/metadata/labels/app.kubernetes.io~1instance")
    );
    for name in ["data", "binaryData"]
        .into_iter()
        .filter_map(|field| object[field].as_object())
        .flat_map(|files| files.keys())
    {
        found.insert(format!("file {}", name.strip_prefix(&own).unwrap_or(name)));
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
