//! Tests of hosts that two platforms claim at one ingress gateway.

use std::collections::BTreeMap;

use fdp_operator::model::host_claim::HostClaim;
use k8s_openapi::jiff::Timestamp;

use super::*;

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATE: &str = "2026-02-01T00:00:00Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A claim of the platform `other/shop`.
fn claim(hosts: &[&str], created: &str, is_held: bool) -> HostClaim {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    HostClaim {
        platform: "other/shop".to_owned(),
        created: Some(at(created)),
        selector: BTreeMap::from([("istio".to_owned(), "ingressgateway".to_owned())]),
        held: hosts.iter().filter(|_| is_held).cloned().collect(),
        hosts,
    }
}

/// A cluster in which this platform was created then and the other one claims that.
fn beside(created: &str, claim: HostClaim) -> Observed {
    Observed {
        created: Some(at(created)),
        host_claims: vec![claim],
        ..fresh()
    }
}

fn hosts(plan: &Plan) -> Vec<String> {
    let gateway = plan.objects.iter().find(|one| one.resource.kind == "Gateway");
    let hosts = gateway.map(|gateway| gateway.object.data["spec"]["servers"][0]["hosts"].clone());
    serde_json::from_value(hosts.unwrap_or(json!([]))).unwrap()
}

fn message(plan: &Plan) -> String {
    let condition = mesh_ready(plan).unwrap();
    match condition.reason {
        Reason::HostTaken => condition.message.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_younger_of_two_platforms_without_hosts_is_not_served() {
    let spec = with_mesh(&json!({}));
    let younger = planned(&spec, &beside(LATE, claim(&["*"], EARLY, false)));
    assert!(hosts(&younger).is_empty());
    let routes = younger
        .objects
        .iter()
        .filter(|one| one.resource.kind == "VirtualService");
    assert!(routes.map(Planned::key).all(|key| key.name != "shop-gateway"));
    let older = planned(&spec, &beside(EARLY, claim(&["*"], LATE, false)));
    assert_eq!(hosts(&older), ["./*"]);
    // Of two of the same second, the name decides.
    let same = planned(&spec, &beside(EARLY, claim(&["*"], EARLY, false)));
    assert_eq!(hosts(&same), ["./*"], "food/shop comes before other/shop");
}

#[test]
fn the_condition_names_the_host_and_the_other_platform() {
    let spec = with_mesh(&json!({}));
    let first = made(&spec);
    let observed = beside(LATE, claim(&["*"], EARLY, false));
    let mut observed = applied(observed, &first);
    observed.host_claims[0].held = ["*".to_owned()].into();
    assert_eq!(
        message(&planned(&spec, &observed)),
        "host * of the ingress gateway istio=ingressgateway belongs to the platform other/shop: name other hosts in \
         spec.gateway.hosts"
    );
    let condition = planned(&spec, &observed).assessment;
    let ready = condition.condition(condition::READY).unwrap();
    assert_eq!(ready.status, ConditionStatus::False);
}

#[test]
fn who_is_served_already_keeps_the_host_also_against_an_older_platform() {
    let spec = with_mesh(&json!({}));
    let newcomer = planned(&spec, &beside(EARLY, claim(&["*"], LATE, true)));
    assert!(hosts(&newcomer).is_empty(), "older, but the other one is served");
    let served = applied(beside(LATE, claim(&["*"], EARLY, false)), &made(&spec));
    assert_eq!(hosts(&planned(&spec, &served)), ["./*"]);
}

#[test]
fn what_two_platforms_had_before_stays_and_the_younger_says_so() {
    let spec = with_mesh(&json!({}));
    let both = applied(beside(LATE, claim(&["*"], EARLY, true)), &made(&spec));
    let plan = planned(&spec, &both);
    assert_eq!(hosts(&plan), ["./*"]);
    assert!(message(&plan).contains("belongs to the platform other/shop"));
}

#[test]
fn other_hosts_of_the_same_platform_are_served() {
    let spec = with_mesh(&json!({ "gateway": {
        "exposure": "ClusterIP", "hosts": ["a.example.com", "b.example.com"],
    } }));
    let observed = beside(LATE, claim(&["a.example.com"], EARLY, true));
    let plan = planned(&spec, &observed);
    assert_eq!(hosts(&plan), ["./b.example.com"]);
    assert_eq!(plan.assessment.url.as_deref(), Some("http://b.example.com"));
    let apart = beside(LATE, claim(&["*", "c.example.com"], EARLY, true));
    assert_eq!(
        hosts(&planned(&spec, &apart)),
        ["./a.example.com", "./b.example.com"],
        "a host of one's own comes before the one for all"
    );
}

#[test]
fn the_url_is_not_that_of_another_platform() {
    let tls = json!({ "secretRef": { "name": "shop-tls" } });
    let spec = with_mesh(&json!({ "gateway": {
        "exposure": "ClusterIP", "hosts": ["a.example.com"], "tls": tls,
    } }));
    let observed = beside(LATE, claim(&["a.example.com"], EARLY, true));
    assert_eq!(
        planned(&spec, &observed).assessment.url.as_deref(),
        Some("http://shop-gateway.food.svc:8080")
    );
}

#[test]
fn a_platform_without_a_gateway_claims_no_host() {
    let spec = with_mesh(&json!({ "services": { "gateway": { "enabled": false } } }));
    let plan = planned(&spec, &beside(LATE, claim(&["*"], EARLY, true)));
    assert!(!message(&plan).contains("belongs to"), "{}", message(&plan));
}
