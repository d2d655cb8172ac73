//! Tests of faults that `fdp drill run` does: what shows that it did, and what is said of a drill that nobody ran with it.

use super::*;

fn operator_killed() -> ResilienceDrill {
    drill("killed", &json!({ "seconds": 20, "byRunner": "OperatorKilled" }))
}

fn node_drained() -> ResilienceDrill {
    drill("drained", &json!({ "seconds": 20, "byRunner": "NodeDrained" }))
}

fn pods(names: &[&str]) -> Value {
    let pods = names.iter();
    pods.map(|name| json!({ "name": name, "uid": format!("uid-{name}") }))
        .collect()
}

/// What `fdp drill run` writes.
fn proves(world: &mut World, proof: &Value) {
    let drill = Arc::make_mut(&mut world.observed.drills[0]);
    let annotations = drill.annotations_mut();
    annotations.insert("fooddelivery.dev/drill-proof".to_owned(), proof.to_string());
}

#[test]
fn what_the_runner_has_done_is_the_proof_of_the_drill() {
    let mut world = World::with_fault(vec![operator_killed()]);
    world.reconcile();
    let waits = world.status("killed");
    assert_eq!(waits.phase, Some(DrillPhase::Fault));
    assert_eq!(
        waits.message.as_deref(),
        Some("the fault is due: `fdp drill run` does it")
    );
    proves(
        &mut world,
        &json!({ "run": "1", "fault": "OperatorKilled", "before": pods(&["a"]), "after": pods(&["b"]) }),
    );
    world.reconcile();
    assert_eq!(
        world.status("killed").message.as_deref(),
        Some("the fault is there")
    );
    world.recovers();
    let status = world.status("killed");
    assert_eq!(status.verdict, Some(Verdict::Passed), "{status:?}");
    assert_eq!(
        status.proof.as_deref(),
        Some("the operator's pod a was killed, and b leads since")
    );
}

#[test]
fn a_drained_node_is_named_with_the_pods_that_left_it() {
    let mut world = World::with_fault(vec![node_drained()]);
    proves(
        &mut world,
        &json!({ "run": "1", "fault": "NodeDrained", "node": "n1",
            "before": pods(&["order-1", "pay-1"]), "after": pods(&["order-2", "pay-2"]) }),
    );
    world.pods_are(
        "order-1",
        &json!({ "metadata": { "name": "order-1", "uid": "uid-order-1" } }),
    );
    world.reconcile();
    assert_eq!(world.status("drained").proof, None, "one of them is still there");
    world.observed.pods.retain(|pod| pod.name_any() != "order-1");
    world.reconcile();
    assert_eq!(
        world.status("drained").proof.as_deref(),
        Some("node n1 was drained of order-1, pay-1, for which order-2, pay-2 came")
    );
}

#[test]
fn a_drill_that_nobody_ran_with_the_program_says_how_to_run_it() {
    let mut world = World::with_fault(vec![node_drained()]);
    world.observed.now = at(31);
    world.reconcile();
    assert_eq!(
        world.status("drained").phase,
        Some(DrillPhase::Recovery),
        "who has done it may tell a moment later"
    );
    world.observed.now = at(40);
    assert_eq!(jobs(&world.reconcile()).len(), 0);
    let status = world.status("drained");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Inconclusive), Some("FaultNotSeen"))
    );
    let message = status.message.unwrap();
    assert!(
        message.contains("run this drill with `fdp drill run`"),
        "{message}"
    );
}

#[test]
fn what_proves_nothing_is_no_proof() {
    let proof = |change: fn(&mut Value)| {
        let mut proof =
            json!({ "run": "1", "fault": "OperatorKilled", "before": pods(&["a"]), "after": pods(&["b"]) });
        change(&mut proof);
        let mut world = World::with_fault(vec![operator_killed()]);
        proves(&mut world, &proof);
        world.reconcile();
        world.status("killed").proof
    };
    assert!(proof(|_| {}).is_some());
    let of_another_run: fn(&mut Value) = |proof| proof["run"] = json!("0");
    let of_another_fault: fn(&mut Value) = |proof| proof["fault"] = json!("NodeDrained");
    let of_the_same_pod: fn(&mut Value) = |proof| proof["after"] = proof["before"].clone();
    let of_no_pod: fn(&mut Value) = |proof| proof["before"] = json!([]);
    let unreadable: fn(&mut Value) = |proof| *proof = json!("it happened");
    for change in [
        of_another_run,
        of_another_fault,
        of_the_same_pod,
        of_no_pod,
        unreadable,
    ] {
        assert_eq!(proof(change), None);
    }
}

#[test]
fn the_operator_itself_does_none_of_it() {
    for drill in [operator_killed(), node_drained()] {
        let mut world = World::with_fault(vec![drill]);
        let plan = world.reconcile();
        assert_eq!(plan.drilled.kill, None);
        let without = World::with(Vec::new()).reconcile();
        let objects = |plan: &Plan| {
            let objects = plan.objects.iter().map(Planned::key);
            let of_platform = objects.filter(|key| key.kind != "Job");
            of_platform
                .map(|key| format!("{} {}", key.kind, key.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(objects(&plan), objects(&without));
    }
}
