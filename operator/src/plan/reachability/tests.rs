//! Tests of when reachability is tried, and of what is said about it.

use std::{collections::BTreeMap, sync::Arc};

use fdp_crds::{FoodDeliveryPlatform, condition};
use k8s_openapi::{
    api::{batch::v1::Job, core::v1::Pod},
    jiff::SignedDuration,
};
use kube::{ResourceExt as _, core::DynamicObject};
use serde_json::{Value, json};

use crate::{
    kubernetes::names,
    model::{
        assessment::{Assessment, ConditionStatus},
        object::ObjectKey,
        observed::{Children, Observed},
        reason::Reason,
        remembered::Remembered,
    },
    plan::{changes::changes, conditions::assess, plan},
    settings::Settings,
    spec::Validated,
};

fn platform(spec: &Value) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1-2-3" }, "spec": spec,
    }))
    .unwrap();
    Validated::new(&platform, &Settings::default()).unwrap()
}

/// A cluster in which everything comes up that is planned, except what these Jobs try.
struct Cluster {
    platform: Validated,
    observed: Observed,
}

impl Cluster {
    fn with(spec: &Value) -> Self {
        let mut cluster = Self {
            platform: platform(spec),
            observed: Observed::default(),
        };
        cluster.reconcile();
        cluster.reconcile();
        cluster
    }

    /// One in which all services have reached everything.
    fn proven(spec: &Value) -> Self {
        let mut cluster = Self::with(spec);
        for job in cluster.jobs() {
            cluster.succeeds(&job);
        }
        cluster.reconcile();
        cluster.reconcile();
        cluster
    }

    fn reconcile(&mut self) -> Assessment {
        let planned = plan(&self.platform, &self.observed);
        let before = self.observed.children.clone();
        let changes = changes(&self.platform, &planned, &before);
        let gone: Vec<ObjectKey> = changes
            .deletions
            .iter()
            .map(|deletion| deletion.key.clone())
            .collect();
        let mut children = Children::default();
        for (_, resource, object) in before.iter().filter(|(key, ..)| !gone.contains(key)) {
            children.insert(resource, Arc::clone(object));
        }
        for write in &changes
            .generated
            .iter()
            .chain(&changes.writes)
            .collect::<Vec<_>>()
        {
            let mut object = DynamicObject::clone(&write.planned.object);
            let replicas = object.data["spec"]["replicas"].as_i64().unwrap_or(1);
            let is_try = object.name_any().contains("-reach-");
            object.data["status"] = match write.planned.resource.kind.as_str() {
                "Deployment" | "StatefulSet" => json!({
                    "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas,
                    "availableReplicas": replicas,
                    "conditions": [{ "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }],
                }),
                "Job" if !is_try => json!({ "conditions": [{ "type": "Complete", "status": "True" }] }),
                _ => Value::Null,
            };
            children.insert(&write.planned.resource, Arc::new(object));
        }
        self.observed.children = children;
        let assessment = assess(&self.platform, &self.observed);
        self.observed.remembered = Remembered {
            served: self.observed.remembered.served || assessment.version.is_some(),
            stores: assessment.stores.clone().unwrap_or_default(),
            reachability: assessment.reachability.clone().unwrap_or_default(),
            ..Remembered::default()
        };
        assessment
    }

    /// The names of the Jobs that try something.
    fn jobs(&self) -> Vec<String> {
        let children = self.observed.children.iter();
        children
            .filter(|(key, ..)| key.kind == "Job" && key.name.contains("-reach-"))
            .map(|(key, ..)| key.name.clone())
            .collect()
    }

    fn job_of(&self, service: &str) -> Option<String> {
        let start = format!("shop-{service}-reach-");
        self.jobs().into_iter().find(|name| name.starts_with(&start))
    }

    fn job(&self, service: &str) -> Job {
        self.observed
            .children
            .typed(&self.job_of(service).unwrap())
            .unwrap()
    }

    fn succeeds(&mut self, job: &str) {
        let status = json!({
            "conditions": [{ "type": "Complete", "status": "True" }], "completionTime": self.observed.now,
        });
        self.change("Job", job, |object| object.data["status"] = status);
    }

    fn fails(&mut self, service: &str, words: &str) {
        self.ends(service, 1, words);
    }

    fn ends(&mut self, service: &str, exit_code: i32, words: &str) {
        let part = names::reach(service);
        let job = self.job_of(service).unwrap();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {
                "name": format!("{job}-x"),
                "labels": { (names::NAME_LABEL): part, "batch.kubernetes.io/job-name": job },
            },
            "status": { "containerStatuses": [{
                "name": "reach", "image": "", "imageID": "", "ready": false, "restartCount": 1,
                "state": { "waiting": { "reason": "CrashLoopBackOff" } },
                "lastState": { "terminated": { "exitCode": exit_code, "message": words } },
            }] },
        }))
        .unwrap();
        self.observed.pods = vec![Arc::new(pod)];
    }

    fn change(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut DynamicObject)) {
        let key = ObjectKey::new(kind, name);
        let (_, resource, object) = self
            .observed
            .children
            .iter()
            .find(|(known, ..)| **known == key)
            .unwrap();
        let (resource, mut object) = (resource.clone(), DynamicObject::clone(object));
        change(&mut object);
        self.observed.children.insert(&resource, Arc::new(object));
    }

    fn leaves_ingress_of_pay_to_others(&mut self) {
        self.change("NetworkPolicy", "shop-pay", |policy| {
            policy
                .annotations_mut()
                .insert(names::UNMANAGED_FIELDS.to_owned(), "spec.ingress".to_owned());
            policy.data["spec"]["ingress"] = json!([]);
        });
    }

    fn later(&mut self, minutes: i64) {
        self.observed.now = self
            .observed
            .now
            .checked_add(SignedDuration::from_mins(minutes))
            .unwrap();
    }
}

fn said(assessment: &Assessment, type_: &str) -> (ConditionStatus, Reason, String) {
    let condition = assessment.condition(type_).unwrap();
    (condition.status, condition.reason, condition.message.clone())
}

const PAY_BLOCKED: &str = "Unreachable: pay at shop-pay:8082 (timed out)";

#[test]
fn each_service_that_calls_something_tries_it_once_all_is_up() {
    let mut cluster = Cluster {
        platform: platform(&json!({})),
        observed: Observed::default(),
    };
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 0, "nothing was up when it was planned");
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 9);
    let pod = |service: &str| cluster.job(service).spec.unwrap().template;
    let tries = |service: &str| pod(service).spec.unwrap().containers[0].args.clone().unwrap();
    assert_eq!(
        tries("order"),
        [
            "reach",
            "pay=shop-pay:8082",
            "kafka=$(KAFKA_BROKERS)",
            "postgres=shop-postgres:5432"
        ]
    );
    assert_eq!(tries("gateway").len(), 9);
    for called in ["order=shop-order:8081", "store=shop-store:8083"] {
        assert!(tries("frontend").contains(&called.to_owned()), "{called}");
    }
}

#[test]
fn its_pod_is_taken_for_the_caller_by_policies_and_by_nobody_else() {
    let cluster = Cluster::with(&json!({}));
    let template = cluster.job("order").spec.unwrap().template;
    let (metadata, spec) = (template.metadata.unwrap(), template.spec.unwrap());
    let labels = metadata.labels.unwrap();
    // By these, Deployments, autoscalers and disruption budgets count pods.
    let selector = names::selector("shop", "order");
    assert!(selector.iter().any(|(key, value)| labels.get(key) != Some(value)));
    assert_eq!(labels[names::SERVICE_LABEL], "order");
    assert_eq!(labels[names::SIDECAR_LABEL], "false");
    assert_eq!(spec.service_account_name.as_deref(), Some("shop-order"));
    // With a canary, the Service selects by the shared label; a pod with a gate that nobody opens gets no requests.
    assert_eq!(spec.readiness_gates.unwrap().len(), 1);
    assert_eq!(spec.restart_policy.as_deref(), Some("OnFailure"));
}

#[test]
fn what_was_reached_is_remembered_and_the_jobs_go() {
    let mut cluster = Cluster::proven(&json!({}));
    assert_eq!(cluster.jobs(), Vec::<String>::new());
    let assessment = cluster.reconcile();
    let reached = assessment.reachability.clone().unwrap();
    assert!(reached.len() == 9 && reached.iter().all(|known| known.problem.is_none()));
    assert_eq!(
        said(&assessment, condition::READY).2,
        "everything is up; orders are taken"
    );
}

#[test]
fn what_was_reached_keeps_its_time_where_the_job_does_not_tell_one() {
    let mut cluster = Cluster::with(&json!({}));
    for job in cluster.jobs() {
        let complete = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
        cluster.change("Job", &job, |object| object.data["status"] = complete);
    }
    cluster.observed.children = {
        let children = cluster.observed.children.clone();
        cluster.reconcile();
        // The caches do not know yet that the Jobs are deleted.
        children
    };
    let reached = cluster.observed.remembered.reachability.clone();
    assert!(!reached.is_empty());
    cluster.later(1);
    cluster.reconcile();
    assert_eq!(cluster.observed.remembered.reachability, reached);
}

#[test]
fn a_service_that_is_unreachable_makes_the_platform_not_ready() {
    let mut cluster = Cluster::with(&json!({}));
    let unknown = cluster.reconcile();
    assert_eq!(said(&unknown, condition::READY).0, ConditionStatus::True);
    cluster.fails("order", PAY_BLOCKED);
    let assessment = cluster.reconcile();
    let words = "order cannot reach pay at shop-pay:8082 (timed out): is a NetworkPolicy, or the cluster's DNS, in between?";
    assert_eq!(
        said(&assessment, condition::SERVICES_READY),
        (ConditionStatus::False, Reason::Unreachable, words.to_owned())
    );
    let felt = format!("{words}; orders are refused: order cannot reach pay");
    assert_eq!(
        said(&assessment, condition::READY),
        (ConditionStatus::False, Reason::ServicesNotReady, felt.clone())
    );
    assert_eq!(
        said(&assessment, condition::STALLED),
        (ConditionStatus::True, Reason::PartFailed, felt)
    );
    assert!(cluster.job_of("order").is_some(), "its pod tries again");
}

#[test]
fn a_success_after_a_failure_makes_the_platform_ready_again() {
    let mut cluster = Cluster::with(&json!({}));
    cluster.fails("order", PAY_BLOCKED);
    cluster.reconcile();
    let job = cluster.job_of("order").unwrap();
    cluster.succeeds(&job);
    let assessment = cluster.reconcile();
    assert_eq!(said(&assessment, condition::READY).0, ConditionStatus::True);
    cluster.reconcile();
    assert_eq!(cluster.job_of("order"), None);
}

#[test]
fn a_job_of_an_older_image_which_cannot_try_anything_goes_and_says_nothing() {
    let mut cluster = Cluster::with(&json!({}));
    cluster.ends("order", 2, "For more information, try '--help'.");
    let assessment = cluster.reconcile();
    assert_eq!(said(&assessment, condition::READY).0, ConditionStatus::True);
    let known = cluster.observed.remembered.reachability.clone();
    for _ in 0..2 {
        cluster.later(1);
        cluster.reconcile();
        assert_eq!(cluster.job_of("order"), None);
        assert_eq!(cluster.observed.remembered.reachability, known);
    }
}

#[test]
fn without_kafka_orders_are_taken_and_wait() {
    let mut cluster = Cluster::with(&json!({}));
    cluster.fails("order", "Unreachable: kafka at shop-kafka:9092 (refused)");
    let (status, _, message) = said(&cluster.reconcile(), condition::READY);
    assert_eq!(status, ConditionStatus::False);
    let felt = "orders are taken; degraded: order cannot reach kafka";
    assert!(message.ends_with(felt), "{message}");
}

#[test]
fn a_failure_counts_until_the_next_try_has_ended() {
    let mut cluster = Cluster::with(&json!({}));
    cluster.fails("order", PAY_BLOCKED);
    cluster.reconcile();
    let job = cluster.job_of("order").unwrap();
    // Somebody has changed a rule between order and pay, so that another Job tries it.
    cluster.leaves_ingress_of_pay_to_others();
    for _ in 0..3 {
        let assessment = cluster.reconcile();
        assert_eq!(said(&assessment, condition::READY).0, ConditionStatus::False);
    }
    assert_ne!(cluster.job_of("order").unwrap(), job);
}

#[test]
fn it_is_tried_again_each_hour_one_service_after_the_other() {
    let mut cluster = Cluster::proven(&json!({}));
    cluster.later(59);
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 0);
    let mut tried = BTreeMap::<String, usize>::new();
    for _ in 0..9 {
        cluster.later(2);
        cluster.reconcile();
        cluster.reconcile();
        let jobs = cluster.jobs();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        *tried.entry(jobs[0].clone()).or_default() += 1;
        cluster.succeeds(&jobs[0]);
        cluster.reconcile();
    }
    assert_eq!(tried.len(), 9, "{tried:?}");
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 0);
}

#[test]
fn a_changed_policy_is_tried_at_once_by_those_whom_it_concerns() {
    let mut cluster = Cluster::proven(&json!({}));
    cluster.leaves_ingress_of_pay_to_others();
    cluster.reconcile();
    let services: Vec<bool> = ["order", "gateway", "pay", "store"]
        .into_iter()
        .map(|service| cluster.job_of(service).is_some())
        .collect();
    assert_eq!(services, [true, true, true, false]);
}

#[test]
fn nothing_is_tried_of_what_is_switched_off() {
    let off = json!({ "services": {
        "pay": { "replicas": 0 }, "marketing": { "enabled": false }, "frontend": { "replicas": 0 },
    } });
    let cluster = Cluster::with(&off);
    assert_eq!(cluster.jobs().len(), 6);
    let arguments = |service: &str| {
        let pod = cluster.job(service).spec.unwrap().template.spec.unwrap();
        pod.containers[0].args.clone().unwrap().join(" ")
    };
    assert!(!arguments("order").contains("pay="));
    for absent in ["pay=", "marketing=", "frontend="] {
        assert!(!arguments("gateway").contains(absent), "{absent}");
    }
}

#[test]
fn a_suspended_platform_tries_nothing_and_has_no_change_pending() {
    let mut cluster = Cluster::with(&json!({}));
    assert_eq!(cluster.jobs().len(), 9);
    cluster.platform = platform(&json!({ "suspend": true }));
    let planned = plan(&cluster.platform, &cluster.observed);
    let children = cluster.observed.children.clone();
    assert!(
        changes(&cluster.platform, &planned, &children)
            .suspended
            .is_empty()
    );
    let mut proven = Cluster::proven(&json!({}));
    proven.platform = platform(&json!({ "suspend": true }));
    proven.later(120);
    proven.reconcile();
    assert_eq!(proven.jobs().len(), 0);
}

#[test]
fn while_a_service_is_not_up_nothing_is_tried() {
    let mut cluster = Cluster::with(&json!({}));
    cluster.change("Deployment", "shop-pay", |deployment| {
        deployment.data["status"]["availableReplicas"] = json!(0);
    });
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 0);
}

#[test]
fn an_extension_is_tried_once_it_is_up() {
    let mut cluster = Cluster::proven(&json!({}));
    cluster.platform = platform(&json!({ "extensions": [
        { "name": "coupons", "image": "coupons:1", "port": 8090, "route": "/coupons" },
    ] }));
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 0, "it was not there when it was planned");
    let is_up = |cluster: &mut Cluster, available: u32| {
        cluster.change("Deployment", "shop-coupons", |deployment| {
            deployment.data["status"]["availableReplicas"] = json!(available);
        });
    };
    is_up(&mut cluster, 0);
    cluster.reconcile();
    assert_eq!(
        cluster.jobs().len(),
        0,
        "that it starts is no fault of the network"
    );
    is_up(&mut cluster, 2);
    cluster.reconcile();
    assert_eq!(cluster.jobs().len(), 1);
    let pod = cluster.job("gateway").spec.unwrap().template.spec.unwrap();
    let arguments = pod.containers[0].args.clone().unwrap();
    assert!(
        arguments.contains(&"coupons=shop-coupons:8090".to_owned()),
        "{arguments:?}"
    );
}

#[test]
fn an_external_address_comes_from_its_secret() {
    let spec = json!({
        "postgres": { "provider": "External", "secretRef": { "name": "rds" } },
        "kafka": { "provider": "External", "secretRef": { "name": "msk" } },
    });
    let platform = platform(&spec);
    let services = super::super::conditions::assess(&platform, &Observed::default()).services;
    let targets = super::targets::targets(&platform, fdp_catalogue::Service::Store, &services).unwrap();
    assert_eq!(
        targets.addresses,
        [
            "kafka=$(KAFKA_BROKERS)",
            "postgres=$(DATABASE_HOST):$(DATABASE_PORT)"
        ]
    );
    let read: Vec<&str> = targets
        .environment
        .iter()
        .map(|variable| variable.name.as_str())
        .collect();
    assert_eq!(read, ["KAFKA_BROKERS", "DATABASE_HOST", "DATABASE_PORT"]);
}
