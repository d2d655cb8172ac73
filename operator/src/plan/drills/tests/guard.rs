//! Tests of the guard of a drill: what ends it for the sake of others, and on which way others are seen.

use super::*;

fn guarded(name: &str) -> ResilienceDrill {
    let mut drill = drill(
        name,
        &json!({ "seconds": 20, "scaledToZero": { "service": "store" } }),
    );
    drill.spec.guard =
        Some(serde_json::from_value(json!({ "failedPercent": 5, "withinSeconds": 10 })).unwrap());
    drill
}

/// The load has ended, and its guard says why.
fn ended(world: &mut World, job: &str, (since, at_second): (i64, i64), words: &Value) {
    world.container(
        job,
        &json!({ "terminated": { "exitCode": 0, "startedAt": at(since), "finishedAt": at(at_second),
            "message": words.to_string() } }),
    );
    world.observed.now = at(at_second + 1);
}

fn others_suffered(phase: &str) -> Value {
    let mut words = report(&[(phase, 50, 40)]);
    words["guarded"] = json!({ "othersSuffered": { "requests": 112, "failed": 31 } });
    words
}

fn ways(plan: &Plan) -> [Option<Value>; 2] {
    ["Service", "NetworkPolicy"].map(|kind| object(plan, kind, "shop-gateway-drills"))
}

#[test]
fn when_others_suffer_the_fault_ends_and_the_drill_is_aborted() {
    let mut world = World::with_fault(vec![guarded("outage")]);
    let replicas =
        |plan: &Plan| object(plan, "Deployment", "shop-store").unwrap()["spec"]["replicas"].clone();
    assert_eq!(replicas(&world.reconcile()), json!(0));
    ended(&mut world, "fault", (10, 15), &others_suffered("Fault"));
    let plan = world.reconcile();
    assert_ne!(
        replicas(&plan),
        json!(0),
        "long before the time of the fault is over"
    );
    assert_eq!(jobs(&plan).len(), 0);
    let status = world.status("outage");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Aborted), Some("OthersSuffered"))
    );
    assert_eq!(
        status.message.as_deref(),
        Some("31 of 112 requests of others failed within 10 s; the guard allows 5 %")
    );
    assert_eq!(status.fault_ended_at.unwrap().0, at(15));
    assert_eq!(status.measured.len(), 2, "what was measured until then");
    assert_eq!(world.reconcile().drilled.next, None, "nothing more to do");
}

#[test]
fn load_alone_that_hurts_others_ends_the_drill_before_its_fault() {
    let mut world = World::with(vec![guarded("outage")]);
    world.reconcile();
    ended(&mut world, "steady", (1, 4), &others_suffered("Steady"));
    assert_eq!(jobs(&world.reconcile()).len(), 0);
    let status = world.status("outage");
    assert_eq!(status.reason.as_deref(), Some("OthersSuffered"));
    assert_eq!((status.fault_began_at, status.measured.len()), (None, 1));
}

#[test]
fn a_drill_does_not_go_on_when_its_guard_cannot_see() {
    let mut world = World::with_fault(vec![guarded("outage")]);
    let mut words = report(&[("Fault", 50, 50)]);
    words["guarded"] = json!({ "cannotSee": { "why": "10.0.0.7:9080: no connection" } });
    ended(&mut world, "fault", (10, 20), &words);
    world.reconcile();
    let status = world.status("outage");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Aborted), Some("GuardCannotSee"))
    );
    assert!(status.message.unwrap().contains("10.0.0.7:9080: no connection"));
}

#[test]
fn the_gateways_metrics_are_open_to_a_drill_with_a_guard_and_only_while_it_runs() {
    let unguarded = World::with(vec![drill("plain", &pay_is_slow())]).reconcile();
    assert_eq!(ways(&unguarded), [None, None], "without a guard");
    let mut world = World::with(vec![guarded("outage")]);
    let plan = world.reconcile();
    let [service, policy] = ways(&plan).map(Option::unwrap);
    assert_eq!(
        service["spec"]["clusterIP"], "None",
        "its name stands for every replica"
    );
    assert_eq!(service["spec"]["publishNotReadyAddresses"], true);
    assert_eq!(service["spec"]["ports"][0]["port"], 9080);
    let rules = &policy["spec"]["ingress"];
    assert_eq!(rules.as_array().unwrap().len(), 1);
    assert_eq!(rules[0]["ports"][0]["port"], 9080);
    assert_eq!(
        rules[0]["from"],
        json!([{ "podSelector": { "matchLabels": {
            "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "drill" } } }])
    );
    let own = |plan: &Plan| object(plan, "NetworkPolicy", "shop-gateway");
    assert_eq!(own(&plan), own(&unguarded), "who reaches whom is not tried again");
    let told = jobs(&plan)[0].object.data.to_string();
    assert!(told.contains("shop-gateway-drills:9080"), "{told}");
    ended(&mut world, "steady", (1, 4), &others_suffered("Steady"));
    assert_eq!(ways(&world.reconcile()), [None, None], "after its verdict");
}

#[test]
fn a_guard_waits_with_its_drill_for_the_platform() {
    let mut world = World::with(vec![guarded("outage")]);
    world.observed.remembered.is_ready = false;
    assert_eq!(ways(&world.reconcile()), [None, None]);
    world.platform = platform(&json!({}));
    assert_eq!(ways(&world.reconcile()), [None, None], "it is refused");
}
