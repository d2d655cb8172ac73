//! Tests which pods get sidecars, and what the sidecars need.

use super::*;

#[test]
fn a_platform_without_a_mesh_has_no_object_of_istio() {
    let plan = made(&json!({}));
    assert_eq!(of_istio(&plan), Vec::<String>::new());
    assert!(mesh_ready(&plan).is_none(), "and nothing is said of it");
    let order = template(&plan, "Deployment", "shop-order");
    assert!(
        order["labels"].get("sidecar.istio.io/inject").is_none(),
        "whether its pods have sidecars is left to the namespace"
    );
}

#[test]
fn services_and_extensions_get_sidecars() {
    let plan = made(&with_mesh(&json!({
        "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090 }],
        "services": { "pay": { "canary": { "tag": "2", "weight": 10 } } },
    })));
    for (name, metrics) in [
        ("shop-gateway", "9080"),
        ("shop-order", "8081"),
        ("shop-pay-canary", "8082"),
        ("shop-coupons", "8090"),
    ] {
        let metadata = template(&plan, "Deployment", name);
        assert_eq!(metadata["labels"]["sidecar.istio.io/inject"], "true", "{name}");
        assert_eq!(metadata["annotations"]["prometheus.io/port"], metrics, "{name}");
        let config = metadata["annotations"]["proxy.istio.io/config"].as_str().unwrap();
        assert!(
            config.contains("holdApplicationUntilProxyStarts: true"),
            "{config}"
        );
    }
    let canary = &template(&plan, "Deployment", "shop-pay-canary")["labels"];
    assert_eq!(canary["service.istio.io/canonical-name"], "pay");
    assert_eq!(canary["service.istio.io/canonical-revision"], "canary");
    let gateway = template(&plan, "Deployment", "shop-gateway");
    assert_eq!(
        gateway["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"],
        "9080"
    );
}

#[test]
fn data_stores_of_the_operator_are_reached_past_the_sidecars() {
    let past = |spec: &Value| {
        let order = template(&made(&with_mesh(spec)), "Deployment", "shop-order");
        order["annotations"]["traffic.sidecar.istio.io/excludeOutboundPorts"].clone()
    };
    assert_eq!(past(&json!({})), "9092,5432");
    assert_eq!(
        past(&json!({
            "kafka": { "provider": "External", "secretRef": { "name": "kafka" } },
            "mongodb": { "provider": "Managed" },
        })),
        "5432,27017",
        "the mesh may have a gateway to what others run"
    );
    let external = json!({
        "kafka": { "provider": "External", "secretRef": { "name": "kafka" } },
        "postgres": { "provider": "External", "secretRef": { "name": "postgres" } },
    });
    assert_eq!(past(&external), Value::Null);
}

#[test]
fn data_stores_and_jobs_get_no_sidecars_and_no_restart_with_a_mesh() {
    let without = made(&json!({}));
    let with = made(&with_mesh(&json!({})));
    let mut seen = 0;
    for planned in &without.objects {
        let key = planned.key();
        if ["StatefulSet", "Job", "DaemonSet"].contains(&&*key.kind) {
            seen += 1;
            let metadata = template(&with, &key.kind, &key.name);
            assert_eq!(metadata["labels"]["sidecar.istio.io/inject"], "false", "{key}");
            assert_eq!(metadata, template(&without, &key.kind, &key.name), "{key}");
        }
    }
    assert!(seen >= 3, "Kafka, PostgreSQL and the setup: {seen}");
}

#[test]
fn sidecars_reach_the_control_plane_and_serve_metrics_without_tls() {
    let plan = made(&with_mesh(
        &json!({ "mesh": { "ingressGateway": { "namespace": "edge" } }, "drills": "Allowed" }),
    ));
    let pay = spec(&plan, "NetworkPolicy", "shop-pay").to_string();
    assert!(
        pay.contains(r#""values":["istio-system","edge"]"#) && pay.contains("15012"),
        "{pay}"
    );
    assert!(pay.contains("15020"), "{pay}");
    let drill = spec(&plan, "NetworkPolicy", "shop-drill").to_string();
    assert!(drill.contains("15012"), "{drill}");
    let kafka = spec(&plan, "NetworkPolicy", "shop-kafka").to_string();
    assert!(!kafka.contains("15012"), "{kafka}");
    let without = spec(&made(&json!({})), "NetworkPolicy", "shop-pay").to_string();
    assert!(
        !without.contains("15012") && !without.contains("15020"),
        "{without}"
    );
}
