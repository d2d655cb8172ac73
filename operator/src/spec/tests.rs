//! Tests of the defaults of a specification, and of which specifications are invalid.

use fdp_catalogue::Service;
use serde_json::json;

use super::*;

fn validate(spec: &serde_json::Value) -> Result<Validated, InvalidSpec> {
    let platform = FoodDeliveryPlatform {
        metadata: kube::core::ObjectMeta {
            name: Some("shop".to_owned()),
            ..Default::default()
        },
        spec: serde_json::from_value(spec.clone()).unwrap(),
        status: None,
    };
    Validated::new(&platform, &Settings::default())
}

fn settings(validated: &Validated, service: Service) -> &ServiceSettings {
    validated
        .services
        .iter()
        .find(|settings| settings.service == service)
        .unwrap()
}

#[test]
fn an_empty_specification_runs_every_service_once_and_scales_orders() {
    let validated = validate(&json!({})).unwrap();
    assert_eq!(validated.services.len(), 9);
    for settings in &validated.services {
        let expected = match settings.service {
            Service::Order => Scaling::Automatic {
                min: 1,
                max: 10,
                cpu_percent: 15,
            },
            _ => Scaling::Fixed(1),
        };
        assert_eq!(settings.scaling, expected, "{}", settings.service.name());
    }
    assert_eq!(validated.deletion_policy, DeletionPolicy::Retain);
}

#[test]
fn a_fixed_number_of_replicas_switches_autoscaling_off() {
    let validated = validate(&json!({ "services": { "order": { "replicas": 3 } } })).unwrap();
    assert_eq!(settings(&validated, Service::Order).scaling, Scaling::Fixed(3));
}

#[test]
fn a_service_that_is_switched_off_is_not_there() {
    let validated = validate(&json!({ "services": { "marketing": { "enabled": false } } })).unwrap();
    assert!(
        validated
            .services
            .iter()
            .all(|settings| settings.service != Service::Marketing)
    );
}

#[test]
fn a_default_limit_gives_way_to_a_larger_request() {
    let validated =
        validate(&json!({ "services": { "pay": { "resources": { "requests": { "memory": "1Gi" } } } } }))
            .unwrap();
    assert_eq!(
        settings(&validated, Service::Pay).limits.memory.as_deref(),
        Some("1Gi")
    );
}

#[test]
fn a_default_request_gives_way_to_a_smaller_limit() {
    let validated =
        validate(&json!({ "services": { "order": { "resources": { "limits": { "cpu": "100m" } } } } }))
            .unwrap();
    assert_eq!(
        settings(&validated, Service::Order).requests.cpu.as_deref(),
        Some("100m")
    );
}

#[test]
fn every_senseless_field_is_named() {
    let InvalidSpec(problems) = validate(&json!({ "services": {
        "pay": { "resources": { "requests": { "cpu": 2 }, "limits": { "cpu": "1500m" } } },
        "order": { "env": [{ "name": "PAY_URL", "value": "http://elsewhere" }] },
    } }))
    .unwrap_err();
    assert_eq!(
        problems,
        [
            "services.order.env: PAY_URL is set by the operator and cannot be replaced",
            "services.pay.resources: the cpu request 2 exceeds the limit 1500m",
        ]
    );
}
