//! Tests of a fault of the mesh: whose sidecars do wrong, how they are asked, and what proves that they did.

use super::*;

fn retry() -> ResilienceDrill {
    let mesh = json!({ "service": "order", "percent": 10, "delayMs": 1200, "abortStatus": 503 });
    drill("retry", &json!({ "seconds": 20, "mesh": mesh }))
}

/// A platform with Istio under that fault.
fn world() -> World {
    let mut world = World::with(vec![retry()]);
    world.platform = platform(&json!({ "drills": "Allowed", "mesh": { "provider": "Istio" } }));
    world.observed.apis = Apis::all();
    world
}

fn filter(plan: &Plan) -> Option<Value> {
    object(plan, "EnvoyFilter", "shop-sidecar-drills")
}

fn ways(plan: &Plan) -> [Option<Value>; 2] {
    ["Service", "NetworkPolicy"].map(|kind| object(plan, kind, "shop-sidecar-drills"))
}

#[test]
fn the_sidecars_of_the_called_service_do_wrong_while_the_fault_lasts() {
    let mut world = world();
    assert_eq!(filter(&world.reconcile()), None, "before the fault");
    world.ends("steady", 1, &report(&[("Steady", 50, 50)]));
    assert_eq!(filter(&world.reconcile()), None, "its load has not begun");
    world.runs("fault", 10);
    let filter_of_order = filter(&world.reconcile()).unwrap();
    let spec = &filter_of_order["spec"];
    assert_eq!(
        spec["workloadSelector"]["labels"]["fooddelivery.dev/service"],
        "order"
    );
    let patch = &spec["configPatches"][0];
    assert_eq!(patch["match"]["context"], "SIDECAR_INBOUND");
    assert_eq!(patch["match"]["listener"]["portNumber"], 8081);
    let share = json!({ "numerator": 10, "denominator": "HUNDRED" });
    assert_eq!(
        patch["patch"]["value"]["typed_config"],
        json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "delay": { "fixed_delay": "1.200s", "percentage": share },
            "abort": { "http_status": 503, "percentage": share },
        })
    );
    world.observed.now = at(31);
    assert_eq!(filter(&world.reconcile()), None, "after it");
}

#[test]
fn the_load_asks_the_sidecars_and_only_while_it_runs() {
    let mut world = world();
    let plan = world.reconcile();
    let [service, policy] = ways(&plan).map(Option::unwrap);
    assert_eq!(
        service["spec"]["clusterIP"], "None",
        "its name stands for every replica"
    );
    assert_eq!(service["spec"]["selector"]["fooddelivery.dev/service"], "order");
    assert_eq!(policy["spec"]["ingress"][0]["ports"][0]["port"], 15090);
    world.ends("steady", 1, &report(&[("Steady", 50, 50)]));
    let plan = world.reconcile();
    let load = jobs(&plan)
        .into_iter()
        .find(|job| job.key().name.contains("fault"));
    let template = &load.unwrap().object.data["spec"]["template"];
    assert!(
        template.to_string().contains("shop-sidecar-drills:15090"),
        "{template}"
    );
    assert_eq!(
        template["metadata"]["annotations"]["traffic.sidecar.istio.io/excludeOutboundPorts"], "9080,15090",
        "no mutual TLS is spoken there"
    );
    let order = object(&plan, "Deployment", "shop-order").unwrap();
    let annotations = &order["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(
        annotations["sidecar.istio.io/statsInclusionSuffixes"],
        "fault.aborts_injected,fault.delays_injected"
    );
    world.runs("fault", 10);
    world.ends("fault", 10, &report(&[("Fault", 50, 50), ("Recovery", 50, 50)]));
    assert_eq!(ways(&world.reconcile()), [None, None], "after its verdict");
}

#[test]
fn requests_that_felt_it_prove_the_fault_and_nothing_else_does() {
    for (aborted, verdict) in [(0, Verdict::Inconclusive), (12, Verdict::Passed)] {
        let mut world = world();
        world.reconcile();
        world.ends("steady", 1, &report(&[("Steady", 50, 50)]));
        world.reconcile();
        let mut words = report(&[("Fault", 50, 50), ("Recovery", 50, 50)]);
        words["sidecars"] = json!({ "delayed": 0, "aborted": aborted });
        world.ends("fault", 10, &words);
        world.reconcile();
        let status = world.status("retry");
        assert_eq!(status.verdict, Some(verdict), "{status:?}");
        let proof = (aborted > 0).then_some("sidecars held up 0 requests, and aborted 12");
        assert_eq!(status.proof.as_deref(), proof);
    }
}

#[test]
fn without_a_mesh_there_is_no_such_fault() {
    let mut world = World::with(vec![retry()]);
    assert_eq!(jobs(&world.reconcile()).len(), 0);
    let status = world.status("retry");
    assert_eq!(status.reason.as_deref(), Some("NoMesh"));
    assert!(status.message.unwrap().contains("spec.mesh.provider"));
}
