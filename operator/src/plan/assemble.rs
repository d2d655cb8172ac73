//! Combines the parts of a platform into one plan.

use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    components::{drill, extensions, kafka, logging, mesh, mongodb, monitoring, postgres},
    kubernetes::{names, seal::seal},
    model::{
        assessment::Assessment,
        object::{ObjectKey, Planned},
        observed::Observed,
    },
    plan::{
        conditions::assess_stores,
        drills::{Drilled, Replacement, drills},
        former_pods::keep_pods,
        mesh::{sidecars, versions},
        network, reachability,
        retained::retained,
        room::Room,
        secrets, services, setup,
        spared::spare,
        stores::{Stores, copy_job, keep_prefixes, pause, stores},
        unmanaged_fields::leave,
    },
    spec::{Store, Validated},
};

/// The desired objects of a platform, and its assessment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every object, in the order in which to apply them.
    pub objects: Vec<Planned>,
    /// Parts whose objects are kept although they are not planned any more, because their replacement does not exist
    /// yet.
    pub keeps: Vec<&'static str>,
    /// The objects that stay as they are, because of a Secret that they read.
    pub held: Vec<ObjectKey>,
    /// The assessment of the platform, as far as it was observed.
    pub assessment: Assessment,
    /// What the drills of the platform need and say.
    pub drilled: Drilled,
    /// The autoscalers that are held back.
    pub room: Room,
}

impl Plan {
    /// Whether an object is part of the plan.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.objects.iter().any(|planned| planned.key() == *key)
    }

    /// Whether an object stays as it is, because of a Secret that it reads.
    pub fn holds(&self, key: &ObjectKey) -> bool {
        self.held.contains(key)
    }

    /// Whether an object that is not planned is kept.
    pub fn keeps(&self, object: &DynamicObject) -> bool {
        let part = object.labels().get(names::NAME_LABEL);
        part.is_some_and(|part| self.keeps.iter().any(|kept| kept == part))
    }
}

/// Plans a whole platform.
pub fn plan(asked: &Validated, observed: &Observed) -> Plan {
    let asked = keep_prefixes(asked, observed);
    let stores = stores(&asked, observed);
    let platform = &*stores.serving;
    let drilled = drills(platform, observed);
    let mut objects = of_serving(&stores, &drilled, observed);
    add(&mut objects, of_coming(&stores, observed));
    objects.extend(drilled.jobs.iter().chain(&drilled.way).cloned());
    objects.sort_by_key(|planned| planned.wave);
    let sidecars = sidecars(platform, observed);
    let forms = [platform, &*asked].into_iter().chain(&stores.former);
    let named = secrets::in_all(forms);
    let replacement = Replacement::of(platform, observed);
    let room = Room::needed(platform, observed);
    let mut held = Vec::new();
    let mut finish = |planned: Planned| {
        let key = planned.key();
        let live = observed.children.get(&key);
        let Some(planned) = secrets::follow(planned, live, &named, platform, observed) else {
            held.push(key);
            return None;
        };
        let mut planned = pause(mesh::place(planned, &sidecars), &stores);
        if let Some(replacement) = &replacement {
            replacement.replace_pods(&mut planned);
        }
        room.hold(&mut planned);
        let planned = keep_pods(spare(planned, observed), live);
        let planned = seal(planned, &platform.namespace, platform.owner.as_ref());
        Some(leave(planned, live))
    };
    let mut objects: Vec<Planned> = objects.into_iter().filter_map(&mut finish).collect();
    let assessment = assess_stores(&stores, observed);
    let jobs = reachability::jobs(platform, &objects, observed, &assessment);
    objects.extend(jobs.into_iter().filter_map(finish));
    let mut keeps = keeps(&stores, observed);
    // The Job that ran has another name than the one that has to wait.
    if held.iter().any(|key| key.kind == "Job") {
        keeps.push(names::SETUP);
    }
    Plan {
        objects,
        keeps,
        held,
        assessment,
        drilled,
        room,
    }
}

/// Every object of the platform with the data stores that its services use.
fn of_serving(stores: &Stores<'_>, drilled: &Drilled, observed: &Observed) -> Vec<Planned> {
    let platform = &*stores.serving;
    let credentials = &observed.credentials;
    let others: Vec<&Validated> = stores
        .former
        .iter()
        .chain((!stores.coming.is_empty()).then_some(stores.asked))
        .collect();
    let for_cloud_native_pg = std::iter::once(&platform)
        .chain(&others)
        .any(|form| form.place(Store::Postgres).is_cloud_native_pg());
    let mut objects = Vec::new();
    objects.extend(postgres::secrets(platform, credentials, for_cloud_native_pg));
    objects.extend(services::accounts(platform));
    objects.extend(network::policies(
        platform,
        &others,
        &stores.copying,
        &drilled.reads,
        &observed.network,
    ));
    objects.extend(kafka::objects(platform, observed));
    objects.extend(postgres::objects(platform, observed));
    objects.extend(mongodb::objects(platform, observed));
    objects.push(setup::job(platform, observed));
    objects.extend(services::objects(platform, observed));
    objects.extend(drill::account(platform));
    objects.extend(drill::way_to_pay(platform));
    objects.extend(drilled.reads.iter().filter_map(|way| way.service(platform)));
    objects.extend(extensions::objects(
        platform,
        observed,
        &kafka::client_environment(platform),
    ));
    objects.extend(mesh::objects(platform, observed, &versions(platform, observed)));
    objects.extend(logging::objects(platform, observed));
    objects.extend(monitoring::objects(
        platform,
        observed,
        mesh::metrics(platform, observed),
    ));
    objects
}

/// The objects of the data stores that take over, and the Jobs that set them up and fill them.
fn of_coming(stores: &Stores<'_>, observed: &Observed) -> Vec<Planned> {
    let mut objects = Vec::new();
    for store in &stores.coming {
        objects.extend(match store {
            Store::Kafka => kafka::objects(stores.asked, observed),
            Store::Postgres => postgres::objects(stores.asked, observed),
            Store::Mongodb => mongodb::objects(stores.asked, observed),
        });
    }
    let drain = stores.drain.iter().filter(|drain| drain.runs);
    objects.extend(drain.map(|drain| setup::drain(&drain.platform, &drain.change, observed)));
    let copying = stores.copying.iter().filter(|copying| copying.runs);
    objects.extend(copying.filter_map(|copying| copy_job(copying, observed)));
    let prepared = stores.prepared.iter();
    objects.extend(prepared.map(|prepared| setup::job_ahead(prepared, observed)));
    objects
}

/// Adds those objects that are not planned yet.
fn add(objects: &mut Vec<Planned>, more: Vec<Planned>) {
    for planned in more {
        let key = planned.key();
        if objects.iter().all(|known| known.key() != key) {
            objects.push(planned);
        }
    }
}

/// The parts of which nothing is deleted yet: another program is to run them and is not there, or pods still use them.
fn keeps(stores: &Stores<'_>, observed: &Observed) -> Vec<&'static str> {
    let mut kept = retained(stores.asked, observed);
    let used = stores.coming.iter().chain(&stores.going);
    kept.extend(used.map(|store| store.name()));
    kept
}
