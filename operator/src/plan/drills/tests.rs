//! Tests of drills: how they go on from what was observed, what a fault changes in the plan, and when there is which verdict.

use std::{sync::Arc, time::Duration};

use fdp_crds::{
    FoodDeliveryPlatform, ResilienceDrill,
    drill::{DrillPhase, ResilienceDrillStatus, Verdict},
};
use k8s_openapi::{
    api::{apps::v1::Deployment, batch::v1::Job, core::v1::Pod},
    jiff::{SignedDuration, Timestamp},
};
use kube::{
    ResourceExt as _,
    core::{ApiResource, DynamicObject},
};
use serde_json::{Value, json};

use crate::{
    model::{
        apis::Apis,
        object::{ObjectKey, Planned, to_value},
        observed::Observed,
        remembered::Remembered,
    },
    plan::{
        Plan,
        drills::{under_fault, without_platform},
        plan,
    },
    settings::Settings,
    spec::Validated,
};

mod alerts;
mod guard;
mod mesh;
mod runner;

const BEGIN: i64 = 1_800_000_000;

fn platform(spec: &Value) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1-2-3" }, "spec": spec,
    }))
    .unwrap();
    Validated::new(&platform, &Settings::default()).unwrap()
}

fn drill(name: &str, fault: &Value) -> ResilienceDrill {
    serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
        "metadata": { "name": name, "namespace": "food", "uid": name, "generation": 3 },
        "spec": {
            "platform": "shop", "run": "1", "fault": fault, "steadySeconds": 5, "recoverySeconds": 5,
            "expect": { "availabilityPercent": "99.9" },
        },
    }))
    .unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

/// A platform that is ready, and its drills.
struct World {
    platform: Validated,
    observed: Observed,
}

impl World {
    fn with(drills: Vec<ResilienceDrill>) -> Self {
        Self {
            platform: platform(&json!({ "drills": "Allowed" })),
            observed: Observed {
                drills: drills.into_iter().map(Arc::new).collect(),
                now: at(0),
                remembered: Remembered {
                    is_ready: true,
                    generation: Some(1),
                    version: Some("1.0.0".to_owned()),
                    ..Remembered::default()
                },
                ..Observed::default()
            },
        }
    }

    /// Reconciles once: Jobs are created, and the drills get their status.
    fn reconcile(&mut self) -> Plan {
        let platform = under_fault(self.platform.clone(), &self.observed);
        let plan = plan(&platform, &self.observed);
        for job in jobs(&plan) {
            if self.observed.children.get(&job.key()).is_none() {
                self.observed
                    .children
                    .insert(&ApiResource::erase::<Job>(&()), Arc::clone(&job.object));
            }
        }
        for drill in &mut self.observed.drills {
            let status = plan
                .drilled
                .statuses
                .iter()
                .find(|(name, _)| *name == drill.name_any());
            Arc::make_mut(drill).status = status.map(|(_, status)| status.clone());
        }
        plan
    }

    fn status(&self, name: &str) -> ResilienceDrillStatus {
        let drill = self.observed.drills.iter().find(|drill| drill.name_any() == name);
        drill.unwrap().status.clone().unwrap()
    }

    /// What the container of the Job does whose name contains this.
    fn container(&mut self, job: &str, state: &Value) {
        let jobs = self.observed.children.iter();
        let name = jobs
            .map(|(key, ..)| key.clone())
            .find(|key| key.kind == "Job" && key.name.contains(job))
            .unwrap()
            .name;
        self.pods_are(
            &name,
            &json!({
                "metadata": { "name": format!("{name}-x"), "labels": {
                    "app.kubernetes.io/name": "drill", "app.kubernetes.io/instance": "shop",
                    "batch.kubernetes.io/job-name": name } },
                "status": { "containerStatuses": [{ "name": "drill", "state": state }] },
            }),
        );
    }

    /// Replaces the pod of that name.
    fn pods_are(&mut self, start: &str, pod: &Value) {
        self.observed
            .pods
            .retain(|known| !known.name_any().starts_with(start));
        let pod: Pod = serde_json::from_value(pod.clone()).unwrap();
        self.observed.pods.push(Arc::new(pod));
    }

    fn runs(&mut self, job: &str, since: i64) {
        self.container(job, &json!({ "running": { "startedAt": at(since) } }));
    }

    fn ends(&mut self, job: &str, since: i64, report: &Value) {
        self.container(
            job,
            &json!({ "terminated": {
            "exitCode": 0, "startedAt": at(since), "finishedAt": at(since + 50), "message": report.to_string() } }),
        );
    }

    fn replicas(&mut self, service: &str, replicas: i64) {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": format!("shop-{service}") },
            "spec": { "replicas": replicas, "selector": {}, "template": {} },
            "status": { "replicas": replicas, "readyReplicas": replicas },
        });
        let deployment: DynamicObject = serde_json::from_value(deployment).unwrap();
        self.observed
            .children
            .insert(&ApiResource::erase::<Deployment>(&()), Arc::new(deployment));
    }

    /// The load ends, and every order was accepted.
    fn recovers(&mut self) {
        self.ends(
            "fault",
            10,
            &report(&[("Fault", 100, 100), ("Recovery", 100, 100)]),
        );
        self.observed.now = at(61);
        self.reconcile();
    }

    /// Reconciled until the load under the fault runs.
    fn with_fault(drills: Vec<ResilienceDrill>) -> Self {
        let mut world = Self::with(drills);
        world.reconcile();
        world.runs("steady", 1);
        world.ends("steady", 1, &report(&[("Steady", 100, 100)]));
        world.reconcile();
        world.runs("fault", 10);
        world.observed.now = at(12);
        world
    }
}

fn report(phases: &[(&str, u64, u64)]) -> Value {
    let measured: Vec<Value> = phases
        .iter()
        .map(|(phase, asked, accepted)| {
            json!({ "phase": phase, "tookMs": 5000, "asked": asked, "accepted": accepted, "p50Ms": 20, "p99Ms": 80 })
        })
        .collect();
    json!({ "measured": measured, "orders": { "accepted": 100, "ended": 100, "open": 0, "lost": 0 } })
}

fn jobs(plan: &Plan) -> Vec<Planned> {
    let objects = plan.objects.iter();
    let drills = |planned: &&Planned| {
        planned.object.name_any().starts_with("shop-drill-") && planned.resource.kind == "Job"
    };
    objects.filter(drills).cloned().collect()
}

fn object(plan: &Plan, kind: &str, name: &str) -> Option<Value> {
    let key = ObjectKey::new(kind, name);
    let planned = plan.objects.iter().find(|planned| planned.key() == key);
    planned.map(|planned| to_value(&*planned.object))
}

fn pay_is_slow() -> Value {
    json!({ "seconds": 20, "pay": { "delay": { "minMs": 400, "maxMs": 620 } } })
}

#[test]
fn a_drill_goes_from_steady_to_fault_to_recovery_to_its_verdict() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    let plan = world.reconcile();
    assert_eq!(jobs(&plan).len(), 1, "only the load before the fault");
    assert_eq!(world.status("slow-pay").phase, Some(DrillPhase::Steady));
    world.runs("steady", 1);
    world.ends("steady", 1, &report(&[("Steady", 100, 100)]));
    let plan = world.reconcile();
    assert_eq!(jobs(&plan).len(), 2);
    world.runs("fault", 10);
    world.observed.now = at(29);
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(status.phase, Some(DrillPhase::Fault));
    assert_eq!(status.fault_began_at.unwrap().0, at(10));
    world.observed.now = at(30);
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(status.phase, Some(DrillPhase::Recovery));
    assert_eq!(status.fault_ended_at.unwrap().0, at(30));
    let mut words = report(&[("Fault", 100, 100), ("Recovery", 100, 100)]);
    words["pay"] = json!({ "replicas": 2, "payments": 90 });
    world.ends("fault", 10, &words);
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(status.verdict, Some(Verdict::Passed), "{status:?}");
    assert_eq!(
        status.proof.as_deref(),
        Some("2 replicas of pay made 90 payments slow or let them fail")
    );
    assert_eq!(status.measured.len(), 3);
    assert_eq!(status.platform.unwrap().version.as_deref(), Some("1.0.0"));
    assert_eq!(
        jobs(&world.reconcile()).len(),
        0,
        "the verdict is kept, and the Jobs go"
    );
    assert_eq!(world.status("slow-pay").verdict, Some(Verdict::Passed));
}

#[test]
fn a_drill_that_should_fail_fails_and_names_an_order() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    let mut words = report(&[("Fault", 100, 90), ("Recovery", 100, 100)]);
    words["pay"] = json!({ "replicas": 1, "payments": 90 });
    words["measured"][0]["firstRefused"] =
        json!({ "afterMs": 5, "tookMs": 2, "id": "4bf92f", "problem": "503" });
    world.ends("fault", 10, &words);
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Failed), Some("ExpectationMissed"))
    );
    assert_eq!(
        status.message.as_deref(),
        Some("availabilityPercent: at least 99.9 % expected, 95.00 % (190 of 200) measured")
    );
    assert_eq!(status.expectations[0].order.as_deref(), Some("4bf92f"));
}

#[test]
fn an_order_that_is_lost_fails_every_drill() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    let mut words = report(&[("Fault", 100, 100), ("Recovery", 100, 100)]);
    words["pay"] = json!({ "replicas": 1, "payments": 90 });
    words["orders"] = json!({ "accepted": 200, "ended": 199, "open": 0, "lost": 1, "examples": ["o-1"] });
    world.ends("fault", 10, &words);
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(status.verdict, Some(Verdict::Failed));
    assert_eq!(status.expectations[1].order.as_deref(), Some("o-1"));
}

#[test]
fn a_fault_that_did_not_take_proves_nothing() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    world.ends(
        "fault",
        10,
        &report(&[("Fault", 100, 100), ("Recovery", 100, 100)]),
    );
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Inconclusive), Some("FaultNotSeen"))
    );
}

#[test]
fn a_platform_that_was_not_well_before_proves_nothing() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    world.reconcile();
    world.ends("steady", 1, &report(&[("Steady", 100, 98)]));
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Inconclusive), Some("NotSteadyBefore"))
    );
}

#[test]
fn too_few_orders_and_a_changed_platform_prove_nothing() {
    for (asked, generation, reason) in [(5, 1, "TooFewOrders"), (100, 2, "PlatformChanged")] {
        let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
        let mut words = report(&[("Fault", asked, asked)]);
        words["pay"] = json!({ "replicas": 1, "payments": 3 });
        world.ends("fault", 10, &words);
        world.observed.remembered.generation = Some(generation);
        world.reconcile();
        let status = world.status("slow-pay");
        assert_eq!(
            (status.verdict, status.reason.as_deref()),
            (Some(Verdict::Inconclusive), Some(reason))
        );
    }
}

#[test]
fn a_load_that_ends_without_a_report_proves_nothing() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    world.container(
        "fault",
        &json!({ "terminated": { "exitCode": 137, "startedAt": at(10) } }),
    );
    world.reconcile();
    let status = world.status("slow-pay");
    assert_eq!(status.verdict, Some(Verdict::Inconclusive));
    assert!(status.message.unwrap().contains("exit code 137"));
}

#[test]
fn a_drill_waits_for_the_platform_to_be_ready() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    world.observed.remembered.is_ready = false;
    assert_eq!(jobs(&world.reconcile()).len(), 0);
    assert_eq!(world.status("slow-pay").phase, Some(DrillPhase::Pending));
    world.observed.remembered.is_ready = true;
    assert_eq!(jobs(&world.reconcile()).len(), 1);
}

#[test]
fn a_platform_that_does_not_allow_drills_is_not_drilled() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    world.platform = platform(&json!({}));
    let plan = world.reconcile();
    assert_eq!(jobs(&plan).len(), 0);
    let status = world.status("slow-pay");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Aborted), Some("NotAllowed"))
    );
    let pay = object(&plan, "Deployment", "shop-pay").unwrap();
    assert!(!pay.to_string().contains("DRILL_PORT"));
    assert_eq!(object(&plan, "Service", "shop-pay-drills"), None);
    assert_eq!(object(&plan, "NetworkPolicy", "shop-drill"), None);
}

#[test]
fn only_the_load_of_drills_reaches_the_port_that_makes_pay_fail() {
    let plan = World::with(Vec::new()).reconcile();
    let pay = object(&plan, "Deployment", "shop-pay").unwrap();
    assert!(
        pay.to_string()
            .contains(r#"{"name":"DRILL_PORT","value":"9082"}"#)
    );
    let policy = object(&plan, "NetworkPolicy", "shop-pay").unwrap();
    let rules = policy["spec"]["ingress"].as_array().unwrap();
    let opens = |rule: &&Value| rule["ports"].to_string().contains("9082");
    let opened: Vec<&Value> = rules.iter().filter(opens).collect();
    assert_eq!(opened.len(), 1);
    assert_eq!(
        opened[0]["from"],
        json!([{ "podSelector": { "matchLabels": {
            "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "drill" } } }])
    );
    let way = object(&plan, "Service", "shop-pay-drills").unwrap();
    assert_eq!(
        way["spec"]["clusterIP"], "None",
        "its name stands for every replica"
    );
}

#[test]
fn in_a_mesh_the_load_has_a_sidecar_and_an_identity_of_its_own() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    let template = |plan: &Plan| to_value(&*jobs(plan)[0].object)["spec"]["template"].clone();
    let without = template(&world.reconcile());
    let labels = |template: &Value| template["metadata"]["labels"]["sidecar.istio.io/inject"].clone();
    assert_eq!(labels(&without), "false");
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    world.platform = platform(&json!({ "drills": "Allowed", "mesh": { "provider": "Istio" } }));
    world.observed.apis = Apis::all();
    let plan = world.reconcile();
    let within = template(&plan);
    assert_eq!(labels(&within), "true");
    assert_eq!(within["spec"]["serviceAccountName"], "shop-drill");
    assert!(object(&plan, "ServiceAccount", "shop-drill").is_some());
}

#[test]
fn a_sidecar_beside_the_load_is_not_taken_for_it() {
    let mut world = World::with(vec![drill("slow-pay", &pay_is_slow())]);
    world.reconcile();
    let job = jobs(&world.reconcile())[0].key().name;
    let running = json!({ "running": { "startedAt": at(0) } });
    let ended = json!({ "terminated": { "exitCode": 0, "startedAt": at(0), "finishedAt": at(5),
        "message": report(&[("Steady", 50, 50)]).to_string() } });
    world.pods_are(
        &job,
        &json!({
            "metadata": { "name": format!("{job}-x"), "labels": {
                "app.kubernetes.io/name": "drill", "app.kubernetes.io/instance": "shop",
                "batch.kubernetes.io/job-name": job } },
            "status": { "containerStatuses": [
                { "name": "aside", "state": running }, { "name": "drill", "state": ended },
            ] },
        }),
    );
    let plan = world.reconcile();
    assert!(
        jobs(&plan).iter().any(|job| job.key().name.contains("fault")),
        "it goes on"
    );
}

#[test]
fn two_drills_of_one_platform_do_not_run_at_the_same_time() {
    let mut world = World::with(vec![drill("a", &pay_is_slow()), drill("b", &pay_is_slow())]);
    world.reconcile();
    assert_eq!(world.status("a").phase, Some(DrillPhase::Steady));
    let refused = world.status("b");
    assert_eq!(
        (refused.verdict, refused.reason.as_deref()),
        (Some(Verdict::Aborted), Some("AnotherDrillRuns"))
    );
    // One that comes later does not take the turn of one that runs, whatever its name.
    let mut later = World::with_fault(vec![drill("b", &pay_is_slow())]);
    later
        .observed
        .drills
        .insert(0, Arc::new(drill("a", &pay_is_slow())));
    later.reconcile();
    assert_eq!(later.status("b").phase, Some(DrillPhase::Fault));
    assert_eq!(later.status("a").verdict, Some(Verdict::Aborted));
}

#[test]
fn a_drill_runs_again_only_when_its_token_changes() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    world.ends("fault", 10, &report(&[("Fault", 100, 100)]));
    world.reconcile();
    Arc::make_mut(&mut world.observed.drills[0]).spec.steady_seconds = Some(7);
    assert_eq!(
        jobs(&world.reconcile()).len(),
        0,
        "another specification alone runs nothing"
    );
    Arc::make_mut(&mut world.observed.drills[0]).spec.run = Some("2".to_owned());
    world.observed.children = crate::model::observed::Children::default();
    assert_eq!(jobs(&world.reconcile()).len(), 1);
    let status = world.status("slow-pay");
    assert_eq!(status.verdict, None);
    assert_eq!(status.history.len(), 1);
    assert_eq!(status.history[0].run.as_deref(), Some("1"));
}

#[test]
fn a_service_is_without_replicas_only_while_the_fault_lasts_and_the_drill_is_there() {
    let fault = json!({ "seconds": 20, "scaledToZero": { "service": "order" } });
    let mut world = World::with_fault(vec![drill("outage", &fault)]);
    let replicas =
        |plan: &Plan| object(plan, "Deployment", "shop-order").unwrap()["spec"]["replicas"].clone();
    let autoscaler = |plan: &Plan| object(plan, "HorizontalPodAutoscaler", "shop-order");
    let plan = world.reconcile();
    assert_eq!((replicas(&plan), autoscaler(&plan)), (json!(0), None));
    let mut gone = World::with_fault(vec![drill("outage", &fault)]);
    gone.observed.drills.clear();
    let as_before = World::with(Vec::new()).reconcile();
    let after = gone.reconcile();
    assert_eq!(
        object(&after, "Deployment", "shop-order"),
        object(&as_before, "Deployment", "shop-order")
    );
    assert_eq!(autoscaler(&after), autoscaler(&as_before));
    world.observed.now = at(30);
    let over = world.reconcile();
    assert_eq!(autoscaler(&over), autoscaler(&as_before));
    assert_ne!(replicas(&over), json!(0));
}

#[test]
fn a_fault_that_lasted_while_the_operator_was_away_is_seen_when_it_is_back() {
    let mut world = World::with_fault(vec![drill(
        "outage",
        &json!({ "seconds": 20, "scaledToZero": { "service": "store" } }),
    )]);
    world.reconcile();
    world.replicas("store", 0);
    world.observed.now = at(35);
    let back = world.reconcile();
    let asked = object(&back, "Deployment", "shop-store").unwrap()["spec"]["replicas"].clone();
    assert_ne!(asked, json!(0));
    assert_eq!(
        world.status("outage").proof.as_deref(),
        Some("Deployment shop-store had no pods")
    );
    world.replicas("store", 1);
    world.recovers();
    assert_eq!(world.status("outage").verdict, Some(Verdict::Passed));
}

#[test]
fn whoever_sees_the_platform_is_told_that_a_drill_hurts_it() {
    let fault = json!({ "seconds": 20, "scaledToZero": { "service": "store" } });
    let mut world = World::with_fault(vec![drill("outage", &fault)]);
    let ready = |plan: &Plan| plan.assessment.condition("Ready").unwrap().message.clone();
    let words = format!("drill outage hurts it on purpose until {}", at(30));
    let message = ready(&world.reconcile());
    assert!(message.ends_with(&words), "{message}");
    world.observed.now = at(30);
    let message = ready(&world.reconcile());
    assert!(!message.contains("drill"), "{message}");
}

#[test]
fn pods_are_replaced_when_the_fault_begins_and_again_when_it_ends() {
    let fault = json!({ "seconds": 20, "podsReplaced": { "services": ["store"] } });
    let mut world = World::with_fault(vec![drill("redeploy", &fault)]);
    let template = |plan: &Plan, service: &str| {
        object(plan, "Deployment", &format!("shop-{service}")).unwrap()["spec"]["template"].clone()
    };
    let plain = World::with(Vec::new()).reconcile();
    let drilled = world.reconcile();
    assert_ne!(template(&drilled, "store"), template(&plain, "store"));
    assert_eq!(template(&drilled, "pay"), template(&plain, "pay"));
    world.observed.now = at(30);
    assert_eq!(template(&world.reconcile(), "store"), template(&plain, "store"));
}

#[test]
fn pods_are_replaced_again_at_each_interval() {
    let fault = json!({ "seconds": 30, "podsReplaced": { "services": ["store"], "everySeconds": 10 } });
    let mut world = World::with_fault(vec![drill("redeploy", &fault)]);
    let mut templates = Vec::new();
    // The fault began at 10.
    for seconds in [10, 19, 20, 29, 30] {
        world.observed.now = at(seconds);
        let plan = world.reconcile();
        assert!(plan.drilled.next.unwrap() <= Duration::from_secs(10));
        let store = object(&plan, "Deployment", "shop-store").unwrap();
        templates.push(store["spec"]["template"].clone());
    }
    let is_new: Vec<bool> = templates.windows(2).map(|pair| pair[0] != pair[1]).collect();
    assert_eq!(is_new, [false, true, false, true]);
}

#[test]
fn one_pod_is_killed_at_each_beat_and_never_two() {
    let fault = json!({ "seconds": 60, "podsKilled": { "part": "order", "everySeconds": 10 } });
    let mut world = World::with_fault(vec![drill("kill", &fault)]);
    let pod = |name: &str, created: i64| {
        json!({ "metadata": { "name": name, "uid": format!("uid-{name}"), "creationTimestamp": at(created), "labels": {
            "app.kubernetes.io/name": "order", "app.kubernetes.io/instance": "shop" } } })
    };
    world.pods_are("order-a", &pod("order-a", -100));
    world.pods_are("order-b", &pod("order-b", -50));
    let killed = |world: &mut World| world.reconcile().drilled.kill.map(|kill| kill.pod);
    assert_eq!(killed(&mut world).as_deref(), Some("order-a"), "the oldest");
    let mut dying = pod("order-a", -100);
    dying["metadata"]["deletionTimestamp"] = json!(at(12));
    world.pods_are("order-a", &dying);
    assert_eq!(killed(&mut world), None, "it is being deleted");
    world.pods_are("order-a", &pod("order-a2", 13));
    world.observed.pods.retain(|pod| pod.name_any() != "order-a");
    assert_eq!(killed(&mut world), None, "another has come for it");
    world.observed.now = at(21);
    world.replicas("order", 3);
    assert_eq!(killed(&mut world), None, "one of three has not come yet");
    world.replicas("order", 2);
    assert_eq!(
        killed(&mut world).as_deref(),
        Some("order-b"),
        "ten seconds later"
    );
    assert!(world.status("kill").proof.unwrap().contains("order-a2"));
    world.observed.now = at(71);
    assert_eq!(killed(&mut world), None, "the fault is over");
}

#[test]
fn an_autoscaler_has_to_give_replicas_in_time_and_to_take_them_away_again() {
    let verdict = |peak: i64, back_at: i64| {
        let mut load = drill("autoscale", &json!({ "seconds": 30 }));
        load.spec.expect = serde_json::from_value(json!({ "replicas": {
            "service": "order", "atLeast": 4, "withinSeconds": 60, "backTo": 1, "backWithinSeconds": 300 } }))
        .unwrap();
        let mut world = World::with_fault(vec![load]);
        world.replicas("order", peak);
        world.observed.now = at(35);
        world.reconcile();
        world.recovers();
        assert_eq!(
            world.status("autoscale").phase,
            Some(DrillPhase::Recovery),
            "the way back is waited for"
        );
        world.observed.now = at(60 + back_at);
        world.replicas("order", 1);
        world.reconcile();
        world.status("autoscale")
    };
    let passed = verdict(4, 200);
    assert_eq!(passed.verdict, Some(Verdict::Passed), "{passed:?}");
    assert_eq!(
        passed.expectations[0].measured,
        "4 after 25 s, 4 at most, back after 200 s"
    );
    assert_eq!(verdict(3, 200).verdict, Some(Verdict::Failed), "too few");
    assert_eq!(verdict(4, 302).verdict, Some(Verdict::Failed), "too late");
}

#[test]
fn a_drill_ends_when_its_time_is_over() {
    let mut world = World::with_fault(vec![drill("slow-pay", &pay_is_slow())]);
    world.observed.now = at(1 + 901);
    let plan = world.reconcile();
    assert_eq!(jobs(&plan).len(), 0);
    let status = world.status("slow-pay");
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Aborted), Some("TimedOut"))
    );
    assert!(world.observed.now.duration_since(at(0)) > SignedDuration::from_mins(15));
}

#[test]
fn a_fault_needs_a_part_that_the_platform_runs() {
    let fault = json!({ "seconds": 20, "scaledToZero": { "service": "kitchen" } });
    let mut world = World::with(vec![drill("outage", &fault)]);
    assert_eq!(jobs(&world.reconcile()).len(), 0);
    assert_eq!(world.status("outage").reason.as_deref(), Some("UnknownPart"));
}

#[test]
fn a_drill_without_a_platform_says_so() {
    let status = without_platform(&drill("slow-pay", &pay_is_slow()), at(0));
    assert_eq!(
        (status.verdict, status.reason.as_deref()),
        (Some(Verdict::Aborted), Some("NoPlatform"))
    );
}
