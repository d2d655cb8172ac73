//! Tests that a change of a data store pauses the services, so that no two pods ever use different stores, and that it can be
//! taken back in every phase.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod cluster;
mod copy;
mod mirror;

use fdp_crds::{ChangePhase, condition};
use fdp_operator::{
    kubernetes::names,
    model::{assessment::Assessment, referenced::Referenced},
};
use kube::ResourceExt as _;
use serde_json::{Value, json};

use cluster::{Cluster, Faults, Never, Step, platform};

fn external(secret: &str) -> Value {
    json!({ "postgres": { "provider": "External", "secretRef": { "name": secret } } })
}

const WORD: &str = "postgres=External/rds";

fn said(assessment: &Assessment, type_: &str) -> String {
    let condition = assessment.condition(type_).unwrap();
    let (status, reason) = (condition.status.as_str(), condition.reason.as_str());
    format!("{status} {reason}: {}", condition.message)
}

fn phase(cluster: &Cluster) -> Option<ChangePhase> {
    let postgres = cluster.observed.remembered.stores.postgres.as_ref().unwrap();
    postgres.change.as_ref().map(|change| change.phase)
}

/// A platform whose change is prepared, and waits for its word.
fn prepared() -> Cluster {
    let mut cluster = Cluster::with(&json!({}));
    let assessment = cluster.settles(&platform(&external("rds"), ""));
    let told = said(&assessment, condition::DATABASE_READY);
    assert!(told.starts_with("False StoreChangeUnconfirmed"), "{told}");
    cluster
}

/// The same, with its services paused and all pods gone but one.
fn almost_paused() -> Cluster {
    almost_paused_for(WORD)
}

fn almost_paused_for(word: &str) -> Cluster {
    let mut cluster = prepared();
    let asked = platform(&external("rds"), word);
    while cluster.pods() > 2 {
        cluster.reconcile(&asked, &mut Never);
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
    }
    cluster.reconcile(&asked, &mut Never);
    cluster
}

#[test]
fn the_services_are_paused_before_they_take_the_new_store() {
    let mut cluster = almost_paused();
    let asked = platform(&external("rds"), WORD);
    assert_eq!(phase(&cluster), Some(ChangePhase::Pausing));
    assert_eq!(cluster.count("gateway"), 1, "it uses no store");
    let assessment = cluster.reconcile(&asked, &mut Never);
    let told = said(&assessment, condition::DATABASE_READY);
    for part in [
        "False StoreChanging: postgres: paused for the change from Managed to External/rds since ",
        "orders are refused until it is done: pod shop-",
        "is being stopped. To go back: describe Managed in spec.postgres again",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let services = said(&assessment, condition::SERVICES_READY);
    assert!(
        services.contains("paused for the change of postgres"),
        "{services}"
    );
    assert!(
        said(&assessment, condition::READY).starts_with("False"),
        "nobody can order"
    );
    assert_eq!(assessment.version, None, "no service runs it");
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);

    cluster.step(Step::Stopped(0));
    cluster.reconcile(&asked, &mut Never);
    assert_eq!(phase(&cluster), Some(ChangePhase::Resuming));
    assert_eq!(cluster.pods(), 1, "the word in the status comes first");
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(phase(&cluster), None);
    assert_eq!(cluster.places().0, ["rds"]);
    assert!(!cluster.has("StatefulSet", "shop-postgres"), "it goes last");
}

#[test]
fn a_change_is_taken_back_in_every_phase_before_the_switch() {
    let asked = platform(&external("rds"), WORD);
    let mut just_paused = prepared();
    just_paused.reconcile(&asked, &mut Never);
    for (name, mut cluster) in [("begun", just_paused), ("almost paused", almost_paused())] {
        assert!(phase(&cluster).is_some(), "{name}");
        let server = cluster.uid("StatefulSet", "shop-postgres");
        let back = platform(&json!({}), WORD);
        let assessment = cluster.settles(&back);
        assert!(said(&assessment, condition::READY).starts_with("True"), "{name}");
        assert_eq!(cluster.places().0, ["shop-postgres:5432"], "{name}");
        assert_eq!(phase(&cluster), None, "{name}");
        assert_eq!(cluster.uid("StatefulSet", "shop-postgres"), server, "{name}");
    }
}

#[test]
fn replicas_that_are_left_to_others_are_named_where_a_change_waits_for_them() {
    let mut cluster = prepared();
    cluster.edit("Deployment", "shop-pay", |pay| {
        let left = "spec.strategy.type, spec.replicas".to_owned();
        pay.annotations_mut()
            .insert(names::UNMANAGED_FIELDS.to_owned(), left);
    });
    let asked = platform(&external("rds"), WORD);
    let told = said(&cluster.settles(&asked), condition::DATABASE_READY);
    for part in [
        "False Failed: postgres: paused for the change from Managed to External/rds",
        "Deployment shop-pay has spec.replicas: 1",
        "fooddelivery.dev/unmanaged-fields leaves to others",
        "kubectl scale deployment shop-pay -n food --replicas 0",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);
    cluster.edit("Deployment", "shop-pay", |pay| {
        pay.data["spec"]["replicas"] = json!(0);
    });
    cluster.settles(&asked);
    cluster.edit("Deployment", "shop-pay", |pay| {
        pay.data["spec"]["replicas"] = json!(1);
    });
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().0, ["rds"]);
}

#[test]
fn without_its_word_a_paused_change_is_taken_back_too() {
    let mut cluster = almost_paused();
    let assessment = cluster.settles(&platform(&external("rds"), ""));
    let told = said(&assessment, condition::DATABASE_READY);
    assert!(told.starts_with("False StoreChangeUnconfirmed"), "{told}");
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);
    assert_eq!(cluster.count("order"), 1);
}

#[test]
fn going_back_after_the_switch_is_a_change_of_its_own() {
    let mut cluster = almost_paused();
    cluster.step(Step::Stopped(0));
    cluster.reconcile(&platform(&external("rds"), WORD), &mut Never);
    assert_eq!(phase(&cluster), Some(ChangePhase::Resuming));
    let assessment = cluster.settles(&platform(&json!({}), WORD));
    let told = said(&assessment, condition::DATABASE_READY);
    assert!(told.starts_with("False StoreChangeUnconfirmed"), "{told}");
    assert_eq!(cluster.places().0, ["rds"]);
    let assessment = cluster.settles(&platform(&json!({}), "postgres=Managed"));
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);
}

#[test]
fn a_suspended_platform_stands_still_in_every_phase() {
    let mut spec = external("rds");
    spec["suspend"] = json!(true);
    let suspended = platform(&spec, WORD);
    let mut cluster = prepared();
    cluster.settles(&suspended);
    assert_eq!(phase(&cluster), None, "nothing begins");
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);

    let mut cluster = almost_paused();
    let told = said(&cluster.settles(&suspended), condition::DATABASE_READY);
    assert!(told.contains("it goes on when spec.suspend is false"), "{told}");
    assert_eq!(cluster.count("order"), 0);
    let assessment = cluster.settles(&platform(&external("rds"), WORD));
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().0, ["rds"]);
}

#[test]
fn a_new_store_that_fails_during_the_pause_is_waited_for() {
    let mut cluster = almost_paused();
    cluster
        .observed
        .referenced
        .insert("rds".to_owned(), Referenced::default());
    let asked = platform(&external("rds"), WORD);
    let told = said(&cluster.settles(&asked), condition::DATABASE_READY);
    assert!(told.contains("paused for the change"), "{told}");
    assert!(told.contains("Secret rds"), "{told}");
    assert_eq!(cluster.count("order"), 0);
    let back = cluster.settles(&platform(&json!({}), WORD));
    assert!(said(&back, condition::READY).starts_with("True"));
}

#[test]
fn an_autoscaled_service_comes_back_with_its_least_replicas() {
    let scaled = json!({ "autoscaling": { "min": 2, "max": 5 } });
    let mut cluster = Cluster::with(&json!({ "services": { "order": scaled } }));
    let mut spec = external("rds");
    spec["services"] = json!({ "order": scaled });
    cluster.settles(&platform(&spec, ""));
    cluster.settles(&platform(&spec, WORD));
    assert_eq!(cluster.places().0, ["rds"]);
    assert_eq!(cluster.count("order"), 2);
    cluster.edit("Deployment", "shop-order", |deployment| {
        assert_eq!(
            deployment.annotations()["fooddelivery.dev/scaled-by"],
            "autoscaler"
        );
    });
}

#[test]
fn two_stores_change_in_one_pause() {
    let mut cluster = Cluster::with(&json!({}));
    let mut spec = external("rds");
    spec["kafka"] = json!({ "provider": "External", "secretRef": { "name": "aurora" } });
    cluster.settles(&platform(&spec, ""));
    let asked = platform(&spec, "postgres=External/rds, kafka=External/aurora");
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(
        cluster.places(),
        (vec!["rds".to_owned()], vec!["aurora".to_owned()])
    );
}

/// Numbers that look random; the same seed gives the same ones.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

impl Faults for Random {
    fn fails(&mut self) -> bool {
        self.below(8) == 0
    }
}

/// Whatever people ask for, and whatever fails and in which order: no two pods are on different stores, and what is asked for
/// at last is reached. [`Cluster`] judges after each step.
#[test]
fn no_order_of_events_puts_pods_on_two_stores() {
    let kafka = json!({ "provider": "External", "secretRef": { "name": "aurora" } });
    let specs = [
        json!({}),
        external("rds"),
        external("aurora"),
        json!({ "postgres": { "provider": "CloudNativePG" } }),
        json!({ "kafka": kafka }),
        json!({ "suspend": true }),
        json!({ "services": { "order": { "autoscaling": { "min": 2, "max": 3 } } } }),
    ];
    let words = [
        "",
        "postgres=External/rds:copy, postgres=External/aurora, postgres=CloudNativePG:copy, postgres=Managed, \
         kafka=External/aurora:copy, kafka=Managed",
    ];
    for seed in 1..=3 {
        println!("seed {seed}");
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.rotate_left(seed));
        let mut cluster = Cluster::with(&json!({}));
        let mut asked = platform(&specs[0], words[1]);
        for _ in 0..250 {
            match random.below(40) {
                0 => asked = platform(&specs[random.below(specs.len())], words[random.below(2)]),
                1..6 => {
                    cluster.reconcile(&asked, &mut random);
                }
                6 => cluster.step(Step::Servers),
                7..15 => cluster.step(Step::Stopped(random.below(9))),
                _ => cluster.step(Step::Deployment(random.below(64))),
            }
        }
        let assessment = cluster.settles(&platform(&external("rds"), words[1]));
        assert!(
            said(&assessment, condition::READY).starts_with("True"),
            "{assessment:?}"
        );
        assert_eq!(cluster.places().0, ["rds"]);
        assert!(!cluster.has("StatefulSet", "shop-postgres"));
    }
}

/// Somebody starts pods of a Deployment whose turn has not come: they are stopped before others start.
#[test]
fn pods_of_the_old_store_that_come_back_are_stopped_first() {
    let mut cluster = almost_paused();
    let asked = platform(&external("rds"), WORD);
    cluster.step(Step::Stopped(0));
    cluster.reconcile(&asked, &mut Never);
    cluster.edit("Deployment", "shop-order", |order| {
        order.data["spec"]["replicas"] = json!(1);
        order.metadata.generation = order.metadata.generation.map(|last| last + 1);
    });
    for number in 0..20 {
        cluster.step(Step::Deployment(number));
    }
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);
    cluster.reconcile(&asked, &mut Never);
    for number in 0..20 {
        cluster.step(Step::Deployment(number));
    }
    assert_eq!(cluster.pods(), 2, "none starts: {:?}", cluster.places());
    cluster.settles(&asked);
    assert_eq!(cluster.places().0, ["rds"]);
}
