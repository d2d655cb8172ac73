//! Tests the health of Istio.

use super::*;

#[test]
fn without_istio_in_the_cluster_the_platform_runs_and_reports_that() {
    let observed = Observed {
        apis: Apis::default(),
        ..fresh()
    };
    let plan = planned(&with_mesh(&json!({})), &observed);
    assert_eq!(of_istio(&plan), Vec::<String>::new());
    let order = template(&plan, "Deployment", "shop-order");
    assert!(order["labels"].get("sidecar.istio.io/inject").is_none());
    let condition = mesh_ready(&plan).unwrap();
    assert_eq!(
        (condition.status, condition.reason),
        (ConditionStatus::False, Reason::ApiMissing)
    );
    assert!(
        condition
            .message
            .contains("install Istio, or change mesh.provider"),
        "{}",
        condition.message
    );
}

#[test]
fn an_error_of_istio_is_reported_while_it_is_about_the_current_object() {
    let spec_ = with_mesh(&json!({}));
    let first = made(&spec_);
    let condition = |seen: &str| {
        let mut observed = applied(fresh(), &first);
        changed(&mut observed, &first, "VirtualService", "shop-pay", |service| {
            service.metadata.generation = Some(2);
            service.data["status"] = json!({ "observedGeneration": seen, "validationMessages": [
                { "level": "WARNING", "type": { "code": "IST0001", "name": "Whatever" } },
                { "level": "ERROR", "type": { "code": "IST0101", "name": "ReferencedResourceNotFound" } },
            ] });
        });
        mesh_ready(&planned(&spec_, &observed)).unwrap().clone()
    };
    assert_eq!(
        condition("1").status,
        ConditionStatus::True,
        "it was about the object as it was"
    );
    let failed = condition("2");
    assert_eq!(
        (failed.status, failed.reason),
        (ConditionStatus::False, Reason::Failed)
    );
    assert_eq!(
        failed.message,
        "VirtualService shop-pay: Istio says IST0101 ReferencedResourceNotFound; `istioctl analyze -n food` says more"
    );
}

#[test]
fn an_object_that_is_not_there_yet_is_named() {
    let spec_ = with_mesh(&json!({}));
    let plan = planned(&spec_, &fresh());
    let condition = mesh_ready(&plan).unwrap();
    assert_eq!(
        (condition.status, condition.reason),
        (ConditionStatus::False, Reason::Waiting)
    );
    assert!(
        condition
            .message
            .starts_with("DestinationRule shop-gateway: not created yet"),
        "{}",
        condition.message
    );
}

#[test]
fn nothing_is_written_that_the_server_would_write_otherwise() {
    let plan = made(&with_mesh(
        &json!({ "mesh": { "rateLimit": { "requestsPerSecond": 1 } } }),
    ));
    let mut seen = 0;
    for planned in plan
        .objects
        .iter()
        .filter(|planned| of_istio(&plan).contains(&planned.key().to_string()))
    {
        let spec = &planned.object.data["spec"];
        assert_eq!(empty(spec), None, "{}: {spec}", planned.key());
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

/// An empty value, which the API server would drop.
fn empty(value: &Value) -> Option<&Value> {
    match value {
        Value::Null => Some(value),
        Value::Object(fields) if fields.is_empty() => Some(value),
        Value::Array(items) if items.is_empty() => Some(value),
        Value::Object(fields) => fields.values().find_map(empty),
        Value::Array(items) => items.iter().find_map(empty),
        _ => None,
    }
}
