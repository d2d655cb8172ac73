//! Tests the access between members of the mesh.

use super::*;

#[test]
fn only_those_may_ask_who_call_in_the_architecture() {
    let plan = made(&with_mesh(&json!({ "extensions": [
        { "name": "coupons", "image": "coupons:1", "port": 8090, "route": "/coupons" },
        { "name": "audit", "image": "audit:1", "port": 8091, "subscribes": ["order"] },
    ] })));
    let policy = |name: &str| spec(&plan, "AuthorizationPolicy", name);
    assert_eq!(
        policy("shop-order"),
        json!({
            "action": "ALLOW",
            "selector": { "matchLabels": {
                "fooddelivery.dev/service": "order", "app.kubernetes.io/instance": "shop",
            } },
            "rules": [{
                "from": [{ "source": { "principals": ["*/ns/food/sa/shop-gateway", "*/ns/food/sa/shop-frontend"] } }],
                "to": [{ "operation": { "ports": ["8081", "9081"] } }],
            }],
        })
    );
    let callers = |name: &str| policy(name)["rules"][0]["from"][0]["source"]["principals"].clone();
    assert_eq!(
        callers("shop-pay"),
        json!(["*/ns/food/sa/shop-gateway", "*/ns/food/sa/shop-order"])
    );
    for service in ["shop-store", "shop-delivery", "shop-inventory"] {
        // Owners and riders change them on its pages.
        let both = json!(["*/ns/food/sa/shop-gateway", "*/ns/food/sa/shop-frontend"]);
        assert_eq!(callers(service), both, "{service}");
    }
    assert_eq!(callers("shop-coupons"), json!(["*/ns/food/sa/shop-gateway"]));
    assert!(
        policy("shop-audit").get("rules").is_none(),
        "nobody calls it, so nobody may"
    );
    assert_eq!(
        policy("shop-gateway")["rules"],
        json!([{
            "from": [{ "source": { "namespaces": ["istio-system"] } }],
            "to": [{ "operation": { "ports": ["8080"] } }],
        }])
    );
}

#[test]
fn only_an_exposed_gateway_is_reached_without_a_certificate() {
    let plan = made(&with_mesh(&json!({ "gateway": { "exposure": "NodePort" } })));
    let peers = spec(&plan, "PeerAuthentication", "shop-gateway");
    assert_eq!(peers["mtls"]["mode"], "STRICT");
    assert_eq!(
        peers["portLevelMtls"],
        json!({ "8080": { "mode": "PERMISSIVE" } })
    );
    assert_eq!(
        spec(&plan, "AuthorizationPolicy", "shop-gateway")["rules"],
        json!([{ "to": [{ "operation": { "ports": ["8080"] } }] }])
    );
    assert!(spec(&plan, "PeerAuthentication", "shop-order")["portLevelMtls"].is_null());
    let closed = made(&with_mesh(&json!({})));
    assert!(spec(&closed, "PeerAuthentication", "shop-gateway")["portLevelMtls"].is_null());
}

#[test]
fn the_load_of_drills_orders_at_the_gateway_and_tells_pay_what_to_do_wrong() {
    let rules = |plan: &Plan, name: &str| spec(plan, "AuthorizationPolicy", name)["rules"].clone();
    let load = |port: &str| {
        json!({
            "from": [{ "source": { "principals": ["*/ns/food/sa/shop-drill"] } }],
            "to": [{ "operation": { "ports": [port] } }],
        })
    };
    let drilled = made(&with_mesh(&json!({ "drills": "Allowed" })));
    assert_eq!(rules(&drilled, "shop-pay")[1], load("9082"));
    assert_eq!(rules(&drilled, "shop-gateway")[1], load("8080"));
    assert_eq!(rules(&drilled, "shop-order").as_array().unwrap().len(), 1);
    let exposed = json!({ "drills": "Allowed", "gateway": { "exposure": "NodePort" } });
    let exposed = made(&with_mesh(&exposed));
    assert_eq!(rules(&exposed, "shop-gateway").as_array().unwrap().len(), 1);
    let spared = made(&with_mesh(&json!({})));
    for name in ["shop-pay", "shop-gateway"] {
        assert!(!rules(&spared, name).to_string().contains("drill"), "{name}");
    }
}

#[test]
fn mutual_tls_is_demanded_once_every_pod_has_a_sidecar() {
    let spec_ = with_mesh(&json!({}));
    let mut observed = fresh();
    observed.pods = vec![pod("order", true), pod("pay", false)];
    let coming = planned(&spec_, &observed);
    assert_eq!(
        spec(&coming, "PeerAuthentication", "shop-order")["mtls"]["mode"],
        "PERMISSIVE"
    );
    assert!(
        find(&coming, "AuthorizationPolicy", "shop-order").is_none(),
        "who has no sidecar has no certificate to be told by"
    );
    let coming = planned(&spec_, &applied(observed.clone(), &coming));
    let condition = mesh_ready(&coming).unwrap();
    assert_eq!(condition.status, ConditionStatus::False);
    assert!(
        condition
            .message
            .starts_with("Deployment shop-pay: pods without a sidecar")
            && condition.message.contains("rollout restart deployment shop-pay"),
        "{}",
        condition.message
    );

    observed.pods = vec![pod("order", true), pod("pay", true), pod("kafka", false)];
    let there = planned(&spec_, &observed);
    assert_eq!(
        spec(&there, "PeerAuthentication", "shop-order")["mtls"]["mode"],
        "STRICT"
    );
    let there = planned(&spec_, &applied(observed, &there));
    assert_eq!(mesh_ready(&there).unwrap().status, ConditionStatus::True);
}

#[test]
fn a_permissive_mesh_takes_everybody() {
    let plan = made(&with_mesh(&json!({ "mesh": { "mtls": "Permissive" } })));
    assert_eq!(
        spec(&plan, "PeerAuthentication", "shop-pay")["mtls"]["mode"],
        "PERMISSIVE"
    );
    assert!(
        !of_istio(&plan)
            .iter()
            .any(|name| name.starts_with("AuthorizationPolicy"))
    );
}
