//! Tests how requests are split between two versions.

use super::*;

#[test]
fn a_canary_gets_its_share_as_long_as_it_answers() {
    let spec_ = with_mesh(&json!({ "services": { "frontend": { "canary": { "tag": "2", "weight": 10 } } } }));
    let shares = |plan: &Plan| {
        let service = spec(plan, "VirtualService", "shop-frontend");
        let http = service["http"].as_array().unwrap();
        let first = http[0]["route"].clone();
        assert!(
            http.iter().all(|route| route["route"] == first),
            "all requests are shared out alike"
        );
        first
            .as_array()
            .unwrap()
            .iter()
            .map(|route| format!("{} {}", route["destination"]["subset"], route["weight"]))
            .collect::<Vec<_>>()
    };
    let first = made(&spec_);
    assert_eq!(shares(&first), ["\"stable\" 90", "\"canary\" 10"]);
    assert_eq!(
        spec(&first, "DestinationRule", "shop-frontend")["subsets"],
        json!([
            { "name": "stable", "labels": { "fooddelivery.dev/track": "stable" } },
            { "name": "canary", "labels": { "fooddelivery.dev/track": "canary" } },
        ])
    );
    let mut observed = applied(fresh(), &first);
    assert_eq!(
        shares(&planned(&spec_, &observed)),
        ["\"stable\" null"],
        "it does not answer yet"
    );
    changed(
        &mut observed,
        &first,
        "Deployment",
        "shop-frontend-canary",
        |deployment| {
            deployment.data["status"] = json!({ "availableReplicas": 1 });
        },
    );
    assert_eq!(
        shares(&planned(&spec_, &observed)),
        ["\"stable\" 90", "\"canary\" 10"]
    );
}

#[test]
fn the_versions_of_a_service_exist_as_long_as_its_route_names_them() {
    let with = with_mesh(&json!({ "services": { "frontend": { "canary": { "tag": "2", "weight": 10 } } } }));
    let without = with_mesh(&json!({}));
    let mut observed = applied(fresh(), &made(&with));
    let being_deleted = planned(&without, &observed);
    assert!(spec(&being_deleted, "DestinationRule", "shop-frontend")["subsets"].is_array());
    observed = applied(observed, &being_deleted);
    let left = planned(&without, &observed);
    assert!(spec(&left, "DestinationRule", "shop-frontend")["subsets"].is_null());
    let position = |kind: &str| {
        let named =
            |planned: &Planned| planned.resource.kind == kind && planned.key().name == "shop-frontend";
        being_deleted.objects.iter().position(named).unwrap()
    };
    assert!(position("DestinationRule") < position("VirtualService"));
}
