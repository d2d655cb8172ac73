//! A platform in a cluster where all of it is up, and what can become of it.

use std::sync::{Arc, LazyLock};

use fdp_operator::{
    model::{
        apis::{Apis, MetricsApi},
        assessment::Assessment,
        observed::Observed,
        referenced::Referenced,
    },
    plan::{passwords, plan, setup},
    settings::Settings,
    spec::{CHANGE_STORE, Validated},
};
use k8s_openapi::{ByteString, api::core::v1::Pod};
use kube::core::DynamicObject;
use serde_json::{Value, json};

use crate::support;

/// The kinds whose status tells of pods.
const WITH_PODS: [&str; 3] = ["Deployment", "Job", "StatefulSet"];

/// A platform and its cluster.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) spec: Value,
    pub(crate) platform: Validated,
    pub(crate) observed: Observed,
}

impl World {
    /// The platform before anything of it exists, in a cluster that has every third-party operator.
    pub(crate) fn fresh(spec: Value) -> Self {
        let platform = support::platform(&spec, &json!({}), &Settings::default());
        let observed = Observed {
            apis: Apis::all(),
            metrics: MetricsApi::Available,
            credentials: passwords::credentials(|part, key| {
                format!("{part}-{key}-with-at-least-32-characters")
            }),
            referenced: [
                ("rds".to_owned(), rds()),
                ("msk".to_owned(), filled(&[("brokers", "kafka:9092")])),
                (
                    "atlas".to_owned(),
                    filled(&[("url", "mongodb://a:b@atlas.example.com/order")]),
                ),
            ]
            .into(),
            ..Observed::default()
        };
        Self {
            spec,
            platform,
            observed,
        }
    }

    /// The platform with all of it up.
    pub(crate) fn up(spec: Value) -> Self {
        Self::fresh(spec).settled()
    }

    /// All of it comes up.
    pub(crate) fn settled(mut self) -> Self {
        support::settle(&self.platform, &mut self.observed);
        self
    }

    /// The platform without any settings, with all of it up.
    pub(crate) fn plain() -> Self {
        static PLAIN: LazyLock<World> = LazyLock::new(|| World::up(json!({})));
        PLAIN.clone()
    }

    /// The platform is described otherwise, with that annotation about a change of data stores.
    pub(crate) fn asked(mut self, spec: Value, word: Option<&str>) -> Self {
        let annotations = word.map_or(json!({}), |word| json!({ CHANGE_STORE: word }));
        self.platform = support::platform(&spec, &annotations, &Settings::default());
        self.spec = spec;
        self
    }

    /// What is planned is carried out, and is up.
    pub(crate) fn carried_out(mut self) -> Self {
        support::carry_out(&self.platform, &mut self.observed);
        self
    }

    /// An object has another status.
    pub(crate) fn with_status(mut self, name: &str, status: Value) -> Self {
        let (_, resource, object) = self
            .observed
            .children
            .iter()
            .find(|(key, ..)| key.name == name && WITH_PODS.contains(&key.kind.as_str()))
            .unwrap_or_else(|| panic!("there is no {name}"));
        let (resource, mut object) = (resource.clone(), DynamicObject::clone(object));
        object.data["status"] = status;
        self.observed.children.insert(&resource, Arc::new(object));
        self
    }

    /// No pod of that object is ready any more.
    pub(crate) fn down(self, name: &str) -> Self {
        self.with_status(name, json!({}))
    }

    /// The setup ends again and again with these last words.
    pub(crate) fn setup_says(mut self, words: &str) -> Self {
        let job = setup::job_name(&self.platform, &self.observed);
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": format!("{job}-x"), "labels": {
                "app.kubernetes.io/name": "setup", "batch.kubernetes.io/job-name": job } },
            "status": { "phase": "Running", "containerStatuses": [{
                "name": "setup", "image": "setup", "imageID": "", "ready": false, "restartCount": 1,
                "state": { "waiting": { "reason": "CrashLoopBackOff" } },
                "lastState": { "terminated": { "exitCode": 1, "message": words } } }] },
        }))
        .unwrap();
        self.observed.pods.push(Arc::new(pod));
        self
    }

    pub(crate) fn see(mut self, change: impl FnOnce(&mut Observed)) -> Self {
        change(&mut self.observed);
        self
    }

    pub(crate) fn assessment(&self) -> Assessment {
        plan(&self.platform, &self.observed).assessment
    }
}

/// A Secret with these values.
pub(crate) fn filled(keys: &[(&str, &str)]) -> Referenced {
    let value = |text: &str| ByteString(text.as_bytes().to_vec());
    Referenced::of(
        &keys
            .iter()
            .map(|(key, text)| ((*key).to_owned(), value(text)))
            .collect(),
    )
}

fn rds() -> Referenced {
    filled(&[
        ("host", "db.example.com"),
        ("port", "5432"),
        ("username", "a"),
        ("password", "b"),
    ])
}
