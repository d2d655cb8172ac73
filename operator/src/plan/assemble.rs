//! Combines the parts of a platform into one plan.

use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    components::{extensions, kafka, logging, mesh, mongodb, monitoring, postgres},
    kubernetes::{names, seal::seal},
    model::{
        assessment::Assessment,
        object::{ObjectKey, Planned},
        observed::Observed,
    },
    plan::{conditions::assess, mesh::versions, network, retained::retained, services, setup},
    spec::Validated,
};

/// The desired objects of a platform, and its assessment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every object, in the order in which to apply them.
    pub objects: Vec<Planned>,
    /// Parts whose objects are kept although they are not planned any more, because their replacement does not exist
    /// yet.
    pub keeps: Vec<&'static str>,
    /// The assessment of the platform, as far as it was observed.
    pub assessment: Assessment,
}

impl Plan {
    /// Whether an object is part of the plan.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.objects.iter().any(|planned| planned.key() == *key)
    }

    /// Whether an object that is not planned is kept.
    pub fn keeps(&self, object: &DynamicObject) -> bool {
        let part = object.labels().get(names::NAME_LABEL);
        part.is_some_and(|part| self.keeps.iter().any(|kept| kept == part))
    }
}

/// Plans a whole platform.
pub fn plan(platform: &Validated, observed: &Observed) -> Plan {
    let credentials = &observed.credentials;
    let mut objects = Vec::new();
    objects.extend(postgres::secrets(platform, credentials));
    objects.extend(services::accounts(platform));
    objects.extend(network::policies(platform, &observed.network));
    objects.extend(kafka::objects(platform, observed));
    objects.extend(postgres::objects(platform, observed));
    objects.extend(mongodb::objects(platform, observed));
    objects.push(setup::job(platform, credentials));
    objects.extend(services::objects(platform, observed));
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
    objects.sort_by_key(|planned| planned.wave);
    let injects = mesh::injects(platform, observed);
    let objects = objects
        .into_iter()
        .map(|planned| {
            seal(
                mesh::place(planned, injects),
                &platform.namespace,
                platform.owner.as_ref(),
            )
        })
        .collect();
    Plan {
        objects,
        keeps: retained(platform, observed),
        assessment: assess(platform, observed),
    }
}
