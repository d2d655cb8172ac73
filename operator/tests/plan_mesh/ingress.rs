//! Tests how requests from outside reach the platform.

use super::*;

#[test]
fn the_ingress_gateway_serves_the_hosts_with_tls_and_redirects_http() {
    let spec_of = |gateway: &Value| {
        let plan = made(&with_mesh(&json!({ "gateway": gateway })));
        spec(&plan, "Gateway", "shop-gateway")
    };
    let hosts = ["shop.example.com", "www.example.com"];
    let tls = json!({ "secretRef": { "name": "shop-tls" } });
    let both = json!(["./shop.example.com", "./www.example.com"]);
    assert_eq!(
        spec_of(&json!({ "hosts": hosts, "tls": tls })),
        json!({
            "selector": { "istio": "ingressgateway" },
            "servers": [
                { "port": { "name": "http", "number": 80, "protocol": "HTTP" }, "hosts": both,
                  "tls": { "httpsRedirect": true } },
                { "port": { "name": "https", "number": 443, "protocol": "HTTPS" }, "hosts": both,
                  "tls": { "mode": "SIMPLE", "credentialName": "shop-tls" } },
            ],
        })
    );
    let kept = json!({ "secretRef": { "name": "shop-tls" }, "redirectHttp": false });
    assert!(spec_of(&json!({ "hosts": hosts, "tls": kept }))["servers"][0]["tls"].is_null());
    let plain = spec_of(&json!({ "hosts": hosts }));
    assert_eq!(plain["servers"].as_array().unwrap().len(), 1);
}

#[test]
fn hosts_that_istio_has_no_word_for_stand_for_all() {
    for hosts in [
        json!([]),
        json!(["localhost"]),
        json!(["10.0.0.1"]),
        json!(["shop.example.com", "localhost"]),
    ] {
        let plan = made(&with_mesh(&json!({ "gateway": { "hosts": hosts } })));
        assert_eq!(
            spec(&plan, "VirtualService", "shop-gateway")["hosts"],
            json!(["*"]),
            "{hosts}"
        );
        let gateway = spec(&plan, "Gateway", "shop-gateway");
        assert_eq!(gateway["servers"][0]["hosts"], json!(["./*"]), "{hosts}");
    }
}

#[test]
fn the_way_to_the_gateway_has_no_timeout_and_retries_nothing_begun() {
    let plan = made(&with_mesh(&json!({ "mesh": { "timeout": "1s" } })));
    assert_eq!(
        spec(&plan, "VirtualService", "shop-gateway"),
        json!({
            "hosts": ["*"],
            "gateways": ["shop-gateway"],
            "http": [{
                "route": [{ "destination": { "host": "shop-gateway", "port": { "number": 8080 } } }],
                "retries": { "attempts": 2, "retryOn": "connect-failure,refused-stream" },
            }],
        })
    );
}

#[test]
fn the_address_is_that_of_the_ingress_gateway_when_it_is_the_way_in() {
    let url = |gateway: &Value| {
        let spec = with_mesh(&json!({ "gateway": gateway }));
        planned(&spec, &applied(fresh(), &made(&spec)))
            .assessment
            .url
            .unwrap()
    };
    let tls = json!({ "secretRef": { "name": "shop-tls" } });
    assert_eq!(
        url(&json!({ "hosts": ["shop.example.com"], "tls": tls })),
        "https://shop.example.com"
    );
    assert_eq!(
        url(&json!({ "hosts": ["shop.example.com"] })),
        "http://shop.example.com"
    );
    assert_eq!(
        url(&json!({ "hosts": ["shop.example.com"], "exposure": "NodePort", "nodePort": 30080 })),
        "http://shop.example.com:30080"
    );
    assert_eq!(url(&json!({})), "http://shop-gateway.food.svc:8080");
}

#[test]
fn behind_the_ingress_gateway_clients_are_told_apart_by_what_it_says() {
    let trusts = |spec_: &Value| {
        let gateway = spec(&made(spec_), "Deployment", "shop-gateway");
        let variables = gateway
            .pointer("/template/spec/containers/0/env")
            .unwrap()
            .as_array()
            .unwrap();
        let trust = variables
            .iter()
            .find(|variable| variable["name"] == "TRUST_FORWARDED");
        trust.map(|trust| trust["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(trusts(&with_mesh(&json!({}))).as_deref(), Some("true"));
    assert_eq!(
        trusts(&with_mesh(&json!({ "gateway": { "trustForwarded": false } }))).as_deref(),
        Some("false")
    );
    assert_eq!(
        trusts(&with_mesh(&json!({ "gateway": { "exposure": "LoadBalancer" } }))),
        None
    );
    assert_eq!(
        trusts(&with_mesh(&json!({ "mesh": { "mtls": "Permissive" } }))),
        None
    );
    assert_eq!(trusts(&json!({})), None);
}

#[test]
fn the_rate_limit_counts_what_the_world_asks_of_each_gateway_pod() {
    let plan = made(&with_mesh(
        &json!({ "mesh": { "rateLimit": { "requestsPerSecond": 100 } } }),
    ));
    let for_all = |key: &str| json!({ "runtime_key": key, "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    assert_eq!(
        spec(&plan, "EnvoyFilter", "shop-gateway"),
        json!({
            "workloadSelector": { "labels": {
                "fooddelivery.dev/service": "gateway", "app.kubernetes.io/instance": "shop",
            } },
            "configPatches": [{
                "applyTo": "HTTP_FILTER",
                "match": {
                    "context": "SIDECAR_INBOUND",
                    "listener": {
                        "portNumber": 8080,
                        "filterChain": { "filter": { "name": "envoy.filters.network.http_connection_manager" } },
                    },
                },
                "patch": {
                    "operation": "INSERT_FIRST",
                    "value": {
                        "name": "envoy.filters.http.local_ratelimit",
                        "typed_config": {
                            "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                            "type_url": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
                            "value": {
                                "stat_prefix": "http_local_rate_limiter",
                                "token_bucket": { "max_tokens": 200, "tokens_per_fill": 100, "fill_interval": "1s" },
                                "filter_enabled": for_all("local_rate_limit_enabled"),
                                "filter_enforced": for_all("local_rate_limit_enforced"),
                                "response_headers_to_add": [{
                                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                                    "header": { "key": "retry-after", "value": "1" },
                                }],
                            },
                        },
                    },
                },
            }],
        })
    );
    let none = made(&with_mesh(&json!({})));
    assert!(!of_istio(&none).iter().any(|name| name.starts_with("EnvoyFilter")));
}
