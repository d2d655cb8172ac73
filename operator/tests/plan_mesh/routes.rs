//! Tests how requests between the services are routed.

use super::*;

/// The first route that matches a request with these properties.
fn route<'a>(service: &'a Value, method: &str, path: &str, headers: &[&str]) -> &'a Value {
    let fits = |text: &str, pattern: &Value| match pattern["regex"].as_str().unwrap() {
        "GET|HEAD" => ["GET", "HEAD"].contains(&text),
        "/.+/events" => text.ends_with("/events"),
        ".+" => !text.is_empty(),
        ".*text/event-stream.*" => text.contains("text/event-stream"),
        other => panic!("a pattern that the test does not know: {other}"),
    };
    let matches = |one: &Value| {
        one["method"]
            .as_object()
            .is_none_or(|_| fits(method, &one["method"]))
            && one["uri"].as_object().is_none_or(|_| fits(path, &one["uri"]))
            && one["port"].is_null()
            && one["headers"].as_object().is_none_or(|wanted| {
                wanted.iter().all(|(name, pattern)| {
                    let value = headers
                        .iter()
                        .find_map(|header| header.strip_prefix(&format!("{name}: ")));
                    value.is_some_and(|value| fits(value, pattern))
                })
            })
    };
    let routes = service["http"].as_array().unwrap();
    routes
        .iter()
        .find(|route| {
            route["match"]
                .as_array()
                .is_none_or(|any| any.iter().any(matches))
        })
        .unwrap()
}

#[test]
fn streams_have_no_time_limit() {
    let plan = made(&with_mesh(&json!({
        "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090, "route": "/coupons" }],
    })));
    let (frontend, store, coupons) = (
        spec(&plan, "VirtualService", "shop-frontend"),
        spec(&plan, "VirtualService", "shop-store"),
        spec(&plan, "VirtualService", "shop-coupons"),
    );
    for (service, path, headers) in [
        (&frontend, "/views/orders/ord_1/events", [""]),
        (&store, "/stores/1/tickets/events", [""]),
        (&coupons, "/coupons/news", ["accept: text/event-stream"]),
        (&coupons, "/coupons/talk", ["upgrade: websocket"]),
    ] {
        let route = route(service, "GET", path, &headers);
        assert!(
            route["timeout"].is_null() && route["retries"]["perTryTimeout"].is_null(),
            "{path}: {route}"
        );
    }
    let page = route(&frontend, "GET", "/views/orders/ord_1", &[]);
    assert_eq!(page["timeout"], "10s");
}

#[test]
fn only_what_may_be_repeated_is_tried_again_after_it_was_begun() {
    let plan = made(&with_mesh(
        &json!({ "mesh": { "retries": { "attempts": 3, "perTryTimeout": "2s" } } }),
    ));
    let order = spec(&plan, "VirtualService", "shop-order");
    let store = spec(&plan, "VirtualService", "shop-store");
    let key = ["idempotency-key: a"];
    for (service, method, headers, again) in [
        (&order, "GET", &[][..], true),
        (&order, "POST", &key[..], true),
        (&order, "POST", &[][..], false),
        (&store, "GET", &[][..], true),
        (&store, "POST", &key[..], false),
    ] {
        let retries = &route(service, method, "/x", headers)["retries"];
        assert_eq!(retries["attempts"], 3);
        let failures = retries["retryOn"].as_str().unwrap();
        assert_eq!(
            failures.contains("gateway-error"),
            again,
            "{method} {headers:?}: {failures}"
        );
        assert!(
            failures.starts_with("connect-failure,refused-stream"),
            "{failures}"
        );
    }
    assert_eq!(route(&order, "GET", "/x", &[])["retries"]["perTryTimeout"], "2s");
    assert!(
        route(&order, "POST", "/x", &key)["retries"]["perTryTimeout"].is_null(),
        "a second order while the first is under way would be turned away"
    );
}

#[test]
fn no_retries_means_none_and_not_those_of_istio() {
    let plan = made(&with_mesh(&json!({ "mesh": { "retries": { "attempts": 0 } } })));
    let order = spec(&plan, "VirtualService", "shop-order");
    for route in order["http"].as_array().unwrap() {
        assert_eq!(route["retries"], json!({ "attempts": 0 }));
    }
}

#[test]
fn the_mesh_never_gives_pay_up_before_order_does() {
    let short = json!({ "mesh": { "timeout": "500ms", "retries": { "perTryTimeout": "300ms" } } });
    let plan = made(&with_mesh(&short));
    let pay = spec(&plan, "VirtualService", "shop-pay");
    let payment = route(&pay, "POST", "/payments", &["idempotency-key: ord_1"]);
    assert_eq!(payment["timeout"], "2s");
    assert_eq!(
        route(&pay, "GET", "/payments", &[])["retries"]["perTryTimeout"],
        "2s"
    );
    let store = spec(&plan, "VirtualService", "shop-store");
    assert_eq!(route(&store, "POST", "/x", &[])["timeout"], "500ms");
}

#[test]
fn the_mesh_never_gives_an_order_up_that_order_still_places() {
    let short = json!({ "mesh": { "timeout": "500ms", "retries": { "perTryTimeout": "300ms" } } });
    let plan = made(&with_mesh(&short));
    for part in ["order", "frontend"] {
        let service = spec(&plan, "VirtualService", &format!("shop-{part}"));
        for headers in [&[][..], &["idempotency-key: a"]] {
            assert_eq!(route(&service, "POST", "/x", headers)["timeout"], "5s", "{part}");
        }
        // A try of a read is short all the same: others follow.
        let read = route(&service, "GET", "/x", &[]);
        assert_eq!(read["retries"]["perTryTimeout"], "300ms", "{part}");
    }
    let long = made(&with_mesh(&json!({ "mesh": { "timeout": "1m" } })));
    let order = spec(&long, "VirtualService", "shop-order");
    assert_eq!(route(&order, "POST", "/x", &[])["timeout"], "1m");
}

#[test]
fn grpc_goes_to_its_own_port() {
    let plan = made(&with_mesh(&json!({})));
    let order = spec(&plan, "VirtualService", "shop-order");
    assert_eq!(order["http"][0]["match"], json!([{ "port": 9081 }]));
    assert_eq!(
        order["http"][0]["route"][0]["destination"]["port"]["number"],
        9081
    );
    for route in &order["http"].as_array().unwrap()[1..] {
        assert_eq!(route["route"][0]["destination"]["port"]["number"], 8081);
    }
}

#[test]
fn who_passes_others_failures_on_is_judged_by_its_connections_alone() {
    let plan = made(&with_mesh(
        &json!({ "mesh": { "outlierDetection": { "consecutiveErrors": 7 } } }),
    ));
    let judged =
        |name: &str| spec(&plan, "DestinationRule", name)["trafficPolicy"]["outlierDetection"].clone();
    for name in ["shop-order", "shop-gateway", "shop-frontend"] {
        let outliers = judged(name);
        assert_eq!(outliers["consecutive5xxErrors"], 0, "{name}");
        assert_eq!(outliers["splitExternalLocalOriginErrors"], true, "{name}");
        assert_eq!(outliers["consecutiveLocalOriginFailures"], 7, "{name}");
    }
    assert_eq!(
        judged("shop-pay"),
        json!({
            "consecutive5xxErrors": 7, "interval": "10s", "baseEjectionTime": "30s",
            "maxEjectionPercent": 50, "minHealthPercent": 50,
        })
    );
}

#[test]
fn every_route_leads_somewhere_and_every_account_is_there() {
    let plan = made(&with_mesh(&json!({
        "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090, "route": "/coupons" }],
        "services": { "frontend": { "canary": { "tag": "2", "weight": 10 } }, "marketing": { "enabled": false } },
    })));
    let (mut destinations, mut principals) = (0, 0);
    for planned in &plan.objects {
        let spec = to_value(&*planned.object)["spec"].clone();
        match &*planned.resource.kind {
            "VirtualService" => {
                for route in spec["http"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|http| http["route"].as_array().unwrap())
                {
                    let destination = &route["destination"];
                    let host = destination["host"].as_str().unwrap();
                    let service = self::spec(&plan, "Service", host);
                    let ports = service["ports"].as_array().unwrap();
                    assert!(
                        ports
                            .iter()
                            .any(|port| port["port"] == destination["port"]["number"]),
                        "{destination}"
                    );
                    let subsets = self::spec(&plan, "DestinationRule", host)["subsets"].clone();
                    if let Some(subset) = destination["subset"].as_str() {
                        assert!(
                            subsets
                                .as_array()
                                .unwrap()
                                .iter()
                                .any(|one| one["name"] == subset),
                            "{subset}"
                        );
                    }
                    destinations += 1;
                }
            }
            "AuthorizationPolicy" => {
                for principal in spec
                    .pointer("/rules/0/from/0/source/principals")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let account = principal.as_str().unwrap().strip_prefix("*/ns/food/sa/").unwrap();
                    assert!(find(&plan, "ServiceAccount", account).is_some(), "{account}");
                    principals += 1;
                }
            }
            _ => {}
        }
    }
    assert!(
        destinations > 20 && principals >= 8,
        "{destinations} {principals}"
    );
    assert!(!of_istio(&plan).iter().any(|name| name.contains("marketing")));
}
