//! Tests that texts that can never be valid images or names of objects are rejected at admission.

mod judged;

use fdp_crds::definitions;
use judged::{passes, refusal, refusal_of_change, says};
use serde_json::{Value, json};

/// A specification with an image in that field.
fn with_image(field: &str, image: &str) -> Value {
    match field {
        "services" => json!({ "services": { "order": { "image": image } } }),
        "extensions" => json!({ "extensions": [{ "name": "coupons", "port": 8090, "image": image }] }),
        "kafka" => json!({ "kafka": { "image": image } }),
        "kafka.ui" => json!({ "kafka": { "ui": { "image": image } } }),
        "postgres" => json!({ "postgres": { "image": image } }),
        "mongodb" => json!({ "mongodb": { "provider": "Managed", "image": image } }),
        "logging" => json!({ "logging": { "provider": "Managed", "elasticsearch": { "image": image } } }),
        "kibana" => json!({ "logging": { "provider": "Managed", "kibana": { "image": image } } }),
        "fluentd" => json!({ "logging": { "provider": "Managed", "fluentd": { "image": image } } }),
        "prometheus" => json!({ "monitoring": { "provider": "Managed", "prometheus": { "image": image } } }),
        "grafana" => json!({ "monitoring": { "provider": "Managed", "grafana": { "image": image } } }),
        "codeBuild" => json!({ "cloud": { "aws": { "region": "eu-central-1", "codeBuild": {
            "repository": "https://github.com/example/food.git", "cluster": "food", "image": image,
            "serviceRole": "arn:aws:iam::123456789012:role/build",
        } } } }),
        other => unreachable!("{other}"),
    }
}

const IMAGE_FIELDS: [&str; 12] = [
    "services",
    "extensions",
    "kafka",
    "kafka.ui",
    "postgres",
    "mongodb",
    "logging",
    "kibana",
    "fluentd",
    "prometheus",
    "grafana",
    "codeBuild",
];

#[test]
fn every_reference_that_a_registry_knows_is_an_image() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let images = [
        "order".to_owned(),
        "order:1".to_owned(),
        "apache/kafka:4".to_owned(),
        "docker.io/library/mongo:8.0".to_owned(),
        "localhost/food/order:dev_1.2-3".to_owned(),
        "localhost:5000/order".to_owned(),
        "Registry.Example.com:5000/food/a__b/c.d/e---f:V1".to_owned(),
        "[2001:db8::1]:5000/food/order:1".to_owned(),
        format!("registry.example.com/food/order@{digest}"),
        format!("registry.example.com/food/order:1.2.0@{digest}"),
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/food-delivery/order:0123abc".to_owned(),
        "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
    ];
    for field in IMAGE_FIELDS {
        for image in &images {
            passes(refusal(&with_image(field, image)));
        }
    }
}

#[test]
fn nonsense_is_no_image_wherever_it_stands() {
    let images = [
        "<script>",
        "a b",
        "Order:1",
        "order:",
        "order:1:2",
        "/order",
        "order/",
        "food//order",
        "order@sha256:12",
        "order:-1",
        "https://registry.example.com/order:1",
        "order:1\n",
        "$(IMAGE)",
        "\u{c8fc}\u{bb38}:1",
    ];
    for field in IMAGE_FIELDS {
        for image in images {
            says(
                refusal(&with_image(field, image)),
                "an image is written [registry[:port]/]path[:tag][@digest]",
            );
        }
    }
}

#[test]
fn nonsense_in_place_of_a_running_image_is_refused_as_a_change() {
    says(
        refusal_of_change(
            &with_image("kafka", "kafka:4.3.1"),
            &with_image("kafka", "<script>"),
        ),
        "an image is written",
    );
}

#[test]
fn a_registry_is_what_images_can_start_with() {
    let registry = |registry: &str| refusal(&json!({ "image": { "registry": registry } }));
    for works in [
        "localhost",
        "localhost:5000",
        "registry.example.com:443/food-delivery/a_b",
        "food",
    ] {
        passes(registry(works));
    }
    for broken in ["food//delivery", "a:b", "a:5000:6000", "food/_x"] {
        says(
            registry(broken),
            "image.registry is written registry[:port][/path]",
        );
    }
}

#[test]
fn names_of_secrets_classes_and_namespaces_are_names() {
    let secret = |name: &str| {
        let reference = json!({ "name": name });
        [
            json!({ "postgres": { "provider": "External", "secretRef": reference } }),
            json!({ "kafka": { "provider": "External", "secretRef": reference } }),
            json!({ "mongodb": { "provider": "External", "secretRef": reference } }),
            json!({ "notifications": { "kakao": { "secretRef": reference } } }),
            json!({ "gateway": { "publicUrl": "https://shop.example.com" },
                "payments": { "provider": "Stripe", "secretRef": reference } }),
            json!({ "image": { "pullSecrets": [reference] } }),
            json!({ "mesh": { "provider": "Istio" }, "gateway": { "tls": { "secretRef": reference } } }),
        ]
    };
    let class = |name: &str| json!({ "kafka": { "storage": { "storageClass": name } } });
    let namespace =
        |name: &str| json!({ "mesh": { "provider": "Istio", "ingressGateway": { "namespace": name } } });
    for name in ["rds", "my-secret.v1", "0"] {
        for spec in secret(name) {
            passes(refusal(&spec));
        }
        passes(refusal(&class(name)));
    }
    passes(refusal(&namespace("istio-ingress")));
    for name in ["Rds", "a_b", "-a", "a-", "a..b", "a/b", "a b"] {
        for spec in secret(name) {
            says(refusal(&spec), "the name of a Secret holds only");
        }
        says(refusal(&class(name)), "the name of a StorageClass holds only");
        says(refusal(&namespace(name)), "the name of a namespace holds only");
    }
    says(refusal(&namespace("a.b")), "the name of a namespace holds only");
}

/// Fields that accept any text, and why.
const FREE: [(&str, &str); 3] = [
    (
        "gateway.auth.audience",
        "compared with a claim of tokens, which is any text",
    ),
    (
        "gateway.auth.rolesClaim",
        "the name of a claim of tokens, which is any text",
    ),
    ("env[].value", "the value of a variable is any text"),
];

#[test]
fn every_text_of_the_specification_has_a_rule_or_a_reason_for_none() {
    fn walk(path: &str, schema: &Value, found: &mut Vec<(String, bool)>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), property, found);
        }
        if schema["items"].is_object() {
            walk(&format!("{path}[]"), &schema["items"], found);
        }
        if schema["additionalProperties"].is_object() {
            walk(&format!("{path}.*"), &schema["additionalProperties"], found);
        }
        if schema["type"] == "string" || schema["x-kubernetes-int-or-string"] == true {
            let ruled = ["pattern", "enum", "format", "x-kubernetes-validations"]
                .iter()
                .any(|key| !schema[key].is_null());
            found.push((path.to_owned(), ruled));
        }
    }
    let definition = serde_json::to_value(&definitions()[0]).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut found = Vec::new();
    walk("", &schema["properties"]["spec"], &mut found);
    assert!(found.len() > 80, "{} texts", found.len());
    let free = |path: &str| FREE.iter().any(|(field, _)| path.ends_with(field));
    let without: Vec<&String> = found
        .iter()
        .filter(|(path, ruled)| !ruled && !free(path))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(without, Vec::<&String>::new());
    for (field, why) in FREE {
        assert!(
            found.iter().any(|(path, _)| path.ends_with(field)),
            "{field} ({why}) is no field any more"
        );
    }
}
