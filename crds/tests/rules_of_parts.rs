//! Tests the rules about each part of a platform: its provider, and the settings that are allowed with it.

mod judged;

use fdp_catalogue::Service;
use fdp_crds::admit;
use judged::{passes, refusal, says};
use serde_json::{Value, json};

/// A specification with only that part.
fn with(part: &str, settings: Value) -> Value {
    Value::Object([(part.to_owned(), settings)].into_iter().collect())
}

#[test]
fn a_canary_of_any_service_needs_the_mesh() {
    for service in Service::ALL.map(Service::name) {
        let canary = json!({ service: { "canary": { "tag": "2", "weight": 10 } } });
        let without = json!({ "services": canary });
        says(refusal(&without), "a canary needs mesh.provider: Istio");
        says(
            refusal(&json!({ "services": canary, "mesh": { "provider": "None" } })),
            "a canary needs mesh.provider: Istio",
        );
        passes(refusal(
            &json!({ "services": canary, "mesh": { "provider": "Istio" } }),
        ));
    }
}

#[test]
fn a_certificate_needs_the_mesh() {
    let gateway = json!({ "tls": { "secretRef": { "name": "shop-certificate" } } });
    says(
        refusal(&json!({ "gateway": gateway })),
        "gateway.tls needs mesh.provider: Istio",
    );
    passes(refusal(
        &json!({ "gateway": gateway, "mesh": { "provider": "Istio" } }),
    ));
}

#[test]
fn payments_at_stripe_need_its_keys_and_an_address_to_come_back_to() {
    let reference = json!({ "name": "stripe" });
    let stripe = json!({ "provider": "Stripe", "secretRef": reference });
    let with = |gateway: Value, payments: &Value| {
        refusal(&json!({ "gateway": gateway, "payments": payments, "mesh": { "provider": "Istio" } }))
    };
    let public = json!({ "publicUrl": "https://shop.example.com:8443" });
    passes(with(public.clone(), &stripe));
    passes(with(
        json!({ "hosts": ["shop.example.com"], "tls": { "secretRef": { "name": "shop-tls" } } }),
        &stripe,
    ));
    for no_address in [json!({}), json!({ "hosts": ["shop.example.com"] })] {
        says(
            with(no_address, &stripe),
            "payments.provider: Stripe needs gateway.publicUrl",
        );
    }
    says(
        with(public.clone(), &json!({ "provider": "Stripe" })),
        "payments.provider: Stripe needs payments.secretRef",
    );
    for ledger in [
        json!({ "secretRef": reference }),
        json!({ "provider": "Ledger", "secretRef": reference }),
    ] {
        says(
            with(public.clone(), &ledger),
            "payments.secretRef needs payments.provider: Stripe",
        );
    }
    passes(with(json!({}), &json!({ "provider": "Ledger" })));
    passes(with(json!({}), &json!({})));
}

#[test]
fn settings_of_the_mesh_need_istio() {
    let settings = [
        ("mtls", json!("Permissive")),
        ("retries", json!({ "attempts": 1 })),
        ("timeout", json!("3s")),
        ("outlierDetection", json!({ "interval": "5s" })),
        ("connectionPool", json!({ "maxConnections": 10 })),
        ("rateLimit", json!({ "requestsPerSecond": 10 })),
        ("ingressGateway", json!({ "namespace": "istio-ingress" })),
    ];
    for (setting, value) in settings {
        says(
            refusal(&with("mesh", json!({ setting: value }))),
            "the settings of the mesh need mesh.provider: Istio",
        );
        passes(refusal(&with(
            "mesh",
            json!({ "provider": "Istio", setting: value }),
        )));
    }
}

#[test]
fn no_burst_is_smaller_than_the_rate() {
    let limit = |burst: i32| {
        refusal(&with(
            "mesh",
            json!({ "provider": "Istio", "rateLimit": { "requestsPerSecond": 10, "burst": burst } }),
        ))
    };
    says(limit(9), "mesh.rateLimit.burst must not be less than");
    passes(limit(10));
}

#[test]
fn a_burst_at_the_gateway_needs_a_rate() {
    let limit = |limit: Value| refusal(&with("gateway", json!({ "rateLimit": limit })));
    says(limit(json!({ "burst": 10 })), "gateway.rateLimit.burst needs");
    passes(limit(json!({ "burst": 10, "requestsPerSecond": 5 })));
}

#[test]
fn an_external_store_comes_with_its_secret_and_nothing_that_is_for_ours() {
    for part in ["kafka", "postgres"] {
        let secret = json!({ "name": "elsewhere" });
        let needs = format!("{part}.provider: External and {part}.secretRef need each other");
        says(refusal(&with(part, json!({ "provider": "External" }))), &needs);
        says(refusal(&with(part, json!({ "secretRef": secret }))), &needs);
        passes(refusal(&with(
            part,
            json!({ "provider": "External", "secretRef": secret }),
        )));
        for (setting, value) in [("storage", json!({ "size": "5Gi" })), ("image", json!("image:1"))] {
            says(
                refusal(&with(
                    part,
                    json!({ "provider": "External", "secretRef": secret, setting: value }),
                )),
                "with provider External leave them out",
            );
            passes(refusal(&with(
                part,
                json!({ "provider": "Managed", setting: value }),
            )));
        }
    }
}

#[test]
fn a_prefix_is_for_external_stores_and_of_characters_that_they_take() {
    let with_prefix = |part: &str, prefix: &str| {
        let store = json!({ "provider": "External", "secretRef": { "name": "s" }, "prefix": prefix });
        let document = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" }, "spec": with(part, store),
        });
        // Patterns and lengths are no rules: the whole document is judged.
        admit(&document).err().map(|error| error.to_string())
    };
    for part in ["kafka", "postgres"] {
        says(
            refusal(&with(part, json!({ "prefix": "eu_" }))),
            &format!("{part}.prefix needs {part}.provider: External"),
        );
        passes(with_prefix(part, "eu_"));
        says(with_prefix(part, "eu/"), "should match");
        says(with_prefix(part, &"x".repeat(201)), "prefix");
    }
    passes(with_prefix("kafka", "food.Shop-1."));
    passes(with_prefix("kafka", ""));
    says(with_prefix("postgres", ""), "prefix");
    says(with_prefix("postgres", "Shop_"), "should match");
    says(with_prefix("postgres", "pg_shop_"), "must not start with pg_");
}

#[test]
fn kafka_has_one_broker_or_three() {
    for (brokers, allowed) in [(1, true), (2, false), (3, true), (4, false)] {
        let refusal = refusal(&with("kafka", json!({ "brokers": brokers })));
        if allowed {
            passes(refusal);
        } else {
            says(refusal, "kafka.brokers must be 1 or 3");
        }
    }
}

#[test]
fn strimzi_brings_its_own_images() {
    let kafka = |provider: &str| {
        refusal(&with(
            "kafka",
            json!({ "provider": provider, "image": "kafka:4" }),
        ))
    };
    says(kafka("Strimzi"), "kafka.image needs kafka.provider: Managed");
    passes(kafka("Managed"));
}

#[test]
fn only_cloud_native_pg_runs_several_servers() {
    says(
        refusal(&with("postgres", json!({ "instances": 3 }))),
        "postgres.instances needs postgres.provider: CloudNativePG",
    );
    passes(refusal(&with(
        "postgres",
        json!({ "provider": "CloudNativePG", "instances": 3 }),
    )));
}

#[test]
fn settings_of_the_managed_mongodb_need_that_provider() {
    for (setting, value) in [("image", json!("mongo:8")), ("storage", json!({ "size": "5Gi" }))] {
        says(
            refusal(&with("mongodb", json!({ setting: value }))),
            "need mongodb.provider: Managed",
        );
        passes(refusal(&with(
            "mongodb",
            json!({ "provider": "Managed", setting: value }),
        )));
    }
}

#[test]
fn settings_of_logging_need_somebody_who_runs_it() {
    let settings = [
        ("retentionDays", json!(3)),
        ("elasticsearch", json!({ "nodes": 3 })),
        ("fluentd", json!({ "enabled": false })),
        ("kibana", json!({ "enabled": false })),
    ];
    for (setting, value) in settings {
        says(
            refusal(&with("logging", json!({ "provider": "None", setting: value }))),
            "need logging.provider: Managed or ECK",
        );
        passes(refusal(&with(
            "logging",
            json!({ "provider": "ECK", setting: value }),
        )));
    }
}

#[test]
fn settings_of_monitoring_need_somebody_who_reads_metrics() {
    for (setting, value) in [("dashboards", json!(true)), ("alerts", json!(false))] {
        says(
            refusal(&with("monitoring", json!({ setting: value }))),
            "need monitoring.provider: PrometheusOperator or Managed",
        );
        passes(refusal(&with(
            "monitoring",
            json!({ "provider": "Managed", setting: value }),
        )));
    }
    let labels = |provider: &str| {
        refusal(&with(
            "monitoring",
            json!({ "provider": provider, "labels": { "release": "prometheus" } }),
        ))
    };
    says(
        labels("Managed"),
        "monitoring.labels need monitoring.provider: PrometheusOperator",
    );
    passes(labels("PrometheusOperator"));
    for (part, settings) in [
        ("prometheus", json!({ "retentionDays": 3 })),
        ("grafana", json!({ "enabled": false })),
    ] {
        let monitoring = |provider: &str| {
            refusal(&with(
                "monitoring",
                json!({ "provider": provider, part: settings }),
            ))
        };
        says(
            monitoring("PrometheusOperator"),
            "need monitoring.provider: Managed",
        );
        passes(monitoring("Managed"));
    }
}
