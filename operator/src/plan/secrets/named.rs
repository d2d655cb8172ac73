//! Which Secrets a platform names, by which field, and who reads them.

use fdp_catalogue::Service;
use fdp_crds::condition::{DATABASE_READY, KAFKA_READY, MESH_READY, SERVICES_READY};

use crate::spec::{Store, Validated};

/// A Secret that a platform names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The field that names it.
    pub field: &'static str,
    pub namespace: String,
    pub name: String,
    /// The keys that it has to have.
    pub required: &'static [&'static str],
    /// The condition that tells about it.
    pub condition: &'static str,
    pub reader: Reader,
}

/// Who reads a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Pods of the platform, when they start: they are replaced when it changes.
    Pods,
    /// The nodes, when they pull an image.
    Nodes,
    /// Istio's ingress gateway, which follows it by itself.
    Ingress,
}

impl Named {
    /// Its key among those that were observed: its name or, in another namespace, also that.
    pub fn key(&self, platform: &Validated) -> String {
        if self.namespace == platform.namespace {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}

/// The Secrets that this form of a platform names and something reads.
pub(in crate::plan) fn of_platform(platform: &Validated) -> Vec<Named> {
    let named = |field, name: &str, required, condition, reader| Named {
        field,
        namespace: platform.namespace.clone(),
        name: name.to_owned(),
        required,
        condition,
        reader,
    };
    let mut all: Vec<Named> = Store::ALL
        .into_iter()
        .filter_map(|store| Some((store, platform.place(store).secret?)))
        .map(|(store, secret)| of_store(platform, store, secret))
        .collect();
    let runs = |service| {
        platform
            .services
            .iter()
            .any(|settings| settings.service == service)
    };
    if let Some(kakao) = platform.kakao_secret.as_ref().filter(|_| runs(Service::Customer)) {
        let keys = &["restApiKey", "refreshToken"];
        let field = "spec.notifications.kakao.secretRef";
        all.push(named(field, kakao, keys, SERVICES_READY, Reader::Pods));
    }
    if let Some(payments) = platform.payments.as_ref().filter(|_| runs(Service::Pay)) {
        let keys = &["secretKey", "webhookSecret"];
        let field = "spec.payments.secretRef";
        all.push(named(field, &payments.secret, keys, SERVICES_READY, Reader::Pods));
    }
    for secret in &platform.pull_secrets {
        let keys = &[".dockerconfigjson"];
        let field = "spec.image.pullSecrets";
        all.push(named(field, secret, keys, SERVICES_READY, Reader::Nodes));
    }
    if let (Some(tls), Some(mesh)) = (&platform.tls, &platform.mesh) {
        all.push(Named {
            namespace: mesh.ingress_namespace.clone(),
            ..named(
                "spec.gateway.tls.secretRef",
                &tls.secret_ref.name,
                &["tls.crt", "tls.key"],
                MESH_READY,
                Reader::Ingress,
            )
        });
    }
    all
}

/// The Secret of an external data store.
pub(in crate::plan) fn of_store(platform: &Validated, store: Store, secret: String) -> Named {
    let (field, condition) = match store {
        Store::Kafka => ("spec.kafka.secretRef", KAFKA_READY),
        Store::Postgres => ("spec.postgres.secretRef", DATABASE_READY),
        Store::Mongodb => ("spec.mongodb.secretRef", DATABASE_READY),
    };
    Named {
        field,
        namespace: platform.namespace.clone(),
        name: secret,
        required: store.required_keys(),
        condition,
        reader: Reader::Pods,
    }
}

/// The Secrets that several forms of one platform name.
pub(in crate::plan) fn in_all<'a>(forms: impl IntoIterator<Item = &'a Validated>) -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    for named in forms.into_iter().flat_map(of_platform) {
        if !all.contains(&named) {
            all.push(named);
        }
    }
    all
}
