//! Tests of drills that expect alerts: how the load comes to know which fire, and which can never be expected.

use super::*;

fn expects_alerts(fault_seconds: u32, alerts: &[&str]) -> ResilienceDrill {
    let fault = json!({ "seconds": fault_seconds, "scaledToZero": { "service": "pay" } });
    let mut drill = drill("outage", &fault);
    drill.spec.expect = serde_json::from_value(json!({ "alerts": alerts })).unwrap();
    drill
}

#[test]
fn the_load_reaches_prometheus_only_while_a_drill_runs_that_expects_alerts() {
    let monitored = || platform(&json!({ "drills": "Allowed", "monitoring": { "provider": "Managed" } }));
    let way = |plan: &Plan| object(plan, "NetworkPolicy", "shop-prometheus-drills");
    let mut other = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    other.platform = monitored();
    assert_eq!(way(&other.reconcile()), None);

    let mut world = World::with(vec![expects_alerts(180, &["ServiceDown"])]);
    world.platform = monitored();
    world.observed.remembered.is_ready = false;
    assert_eq!(way(&world.reconcile()), None, "it waits");
    world.observed.remembered.is_ready = true;
    let plan = world.reconcile();
    let policy = way(&plan).unwrap();
    assert_eq!(
        policy["spec"],
        json!({
            "podSelector": { "matchLabels": {
                "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "prometheus" } },
            "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [{ "podSelector": { "matchLabels": {
                    "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "drill" } } }],
                "ports": [{ "port": 9090, "protocol": "TCP" }],
            }],
        })
    );
    assert!(
        !jobs(&plan)[0].object.data.to_string().contains("prometheus"),
        "not before the fault"
    );
    world.runs("steady", 1);
    world.ends("steady", 1, &report(&[("Steady", 100, 100)]));
    let plan = world.reconcile();
    let told = r#"\"alerts\":{\"prometheus\":\"http://shop-prometheus:9090\",\"names\":[\"ServiceDown\"]}"#;
    let jobs = jobs(&plan);
    assert!(jobs.iter().any(|job| job.object.data.to_string().contains(told)));
    world.replicas("pay", 0);
    world.runs("fault", 10);
    world.observed.now = at(12);
    assert!(way(&world.reconcile()).is_some());
    let mut words = report(&[("Fault", 100, 100), ("Recovery", 100, 100)]);
    words["alerts"] = json!({ "fired": { "ServiceDown": 141 } });
    world.ends("fault", 10, &words);
    assert_eq!(way(&world.reconcile()), None, "it has its verdict");
    let status = world.status("outage");
    assert_eq!(status.verdict, Some(Verdict::Passed), "{status:?}");
    assert!(
        status
            .message
            .unwrap()
            .contains("ServiceDown after 141 s measured")
    );
}

#[test]
fn alerts_that_cannot_fire_are_refused_with_what_to_do() {
    let managed = json!({ "drills": "Allowed", "monitoring": { "provider": "Managed" } });
    let silent = json!({ "drills": "Allowed", "monitoring": { "provider": "Managed", "alerts": false } });
    let theirs = json!({ "drills": "Allowed", "monitoring": { "provider": "PrometheusOperator" } });
    let none = json!({ "drills": "Allowed" });
    let cases = [
        (&none, 180, "ServiceDown", "NoPrometheus", "enable monitoring"),
        (&theirs, 180, "ServiceDown", "NoPrometheus", "enable monitoring"),
        (&silent, 180, "ServiceDown", "NoAlerts", "spec.monitoring.alerts"),
        (
            &managed,
            180,
            "OrdersRefused",
            "UnknownAlert",
            "ServiceDown, OrdersFail",
        ),
        (
            &managed,
            180,
            "PlatformStalled",
            "UnknownAlert",
            "ServiceDown, OrdersFail",
        ),
        (
            &managed,
            144,
            "ServiceDown",
            "TooShortForAlert",
            "150 s after its cause",
        ),
    ];
    for (spec, seconds, alert, reason, message) in cases {
        let mut world = World::with(vec![expects_alerts(seconds, &["BreakerOpen", alert])]);
        world.platform = platform(spec);
        assert_eq!(jobs(&world.reconcile()).len(), 0);
        let status = world.status("outage");
        let verdict = (status.verdict, status.reason.as_deref());
        assert_eq!(verdict, (Some(Verdict::Aborted), Some(reason)), "{status:?}");
        assert!(status.message.as_deref().unwrap().contains(message), "{status:?}");
    }
    let mut world = World::with(vec![expects_alerts(145, &["ServiceDown"])]);
    world.platform = platform(&managed);
    assert_eq!(jobs(&world.reconcile()).len(), 1, "150 s with the recovery");
}
