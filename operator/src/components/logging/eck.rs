//! Elasticsearch and Kibana as resources of ECK, the Elastic operator.

use fdp_crds::{
    DeletionPolicy,
    foreign::eck::{Elasticsearch, ElasticsearchSpec, Kibana, KibanaSpec, NodeSet, Reference},
};
use k8s_openapi::{
    api::{
        core::v1::{
            Container, PersistentVolumeClaim, PersistentVolumeClaimSpec, PodSecurityContext, PodSpec,
            PodTemplateSpec, SeccompProfile, VolumeResourceRequirements,
        },
        networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer},
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use kube::core::DynamicObject;
use serde_json::{Map, Value, json};

use crate::{
    components::logging::server::{ELASTICSEARCH_PORT, KIBANA_PORT, Server},
    kubernetes::{
        health,
        names::{self, Component, ELASTICSEARCH, KIBANA},
        network_policy, pod,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Amounts, Logging, Validated, canonical::hash},
};

/// The maximum length of a name: ECK adds suffixes of its own.
const LONGEST_NAME: usize = 36;
const USER: i64 = 1000;

/// Both resources.
pub(super) fn objects(platform: &Validated, settings: &Logging) -> Vec<Planned> {
    let mut objects = vec![Planned::new(
        Wave::DataStores,
        &elasticsearch_resource(platform, settings),
    )];
    if let Some(image) = &settings.kibana {
        let kibana = kibana_resource(platform, settings, image.as_ref());
        objects.push(Planned::new(Wave::Services, &kibana));
    }
    objects
}

/// Their health as reported by ECK.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Health> {
    let children = &observed.children;
    let (name, part) = (name(platform, ELASTICSEARCH), name(platform, KIBANA));
    let elasticsearch = children.dynamic::<Elasticsearch>(&name);
    let mut health = vec![health_of_elasticsearch(&name, elasticsearch.map(AsRef::as_ref))];
    if settings.kibana.is_some() {
        let kibana = children.dynamic::<Kibana>(&part);
        health.push(health_of_kibana(&part, kibana.map(AsRef::as_ref)));
    }
    health
}

/// The address of ECK's Elasticsearch.
pub(super) fn elasticsearch(platform: &Validated) -> Server {
    let name = name(platform, ELASTICSEARCH);
    Server {
        host: format!("{name}-es-http"),
        scheme: "https",
        certificates: Some(format!("{name}-es-http-certs-public")),
    }
}

/// The address of ECK's Kibana.
pub(super) fn kibana(platform: &Validated) -> Server {
    let name = name(platform, KIBANA);
    Server {
        host: format!("{name}-kb-http"),
        scheme: "https",
        certificates: Some(format!("{name}-kb-http-certs-public")),
    }
}

/// The Secret and the key in which ECK keeps the superuser's password.
pub(super) fn superuser(platform: &Validated) -> (String, &'static str) {
    (
        format!("{}-es-elastic-user", name(platform, ELASTICSEARCH)),
        "elastic",
    )
}

/// Egress to ECK's pods of these parts, which have ECK's own labels.
pub(super) fn egress(platform: &Validated, parts: &[&str]) -> Vec<NetworkPolicyEgressRule> {
    let to = |label: &str, part: &str, port: u16| NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(network_policy::labelled(
                [(label.to_owned(), name(platform, part))].into(),
            )),
            ..Default::default()
        }]),
        ports: Some(vec![network_policy::port(port, "TCP")]),
    };
    [
        (
            "elasticsearch.k8s.elastic.co/cluster-name",
            ELASTICSEARCH,
            ELASTICSEARCH_PORT,
        ),
        ("kibana.k8s.elastic.co/name", KIBANA, KIBANA_PORT),
    ]
    .into_iter()
    .filter(|(_, part, _)| parts.contains(part))
    .map(|(label, part, port)| to(label, part, port))
    .collect()
}

/// The resource's name. If the usual name is too long for ECK, it is shortened, and a hash keeps it unique.
fn name(platform: &Validated, part: &str) -> String {
    let usual = platform.child(part);
    if usual.len() <= LONGEST_NAME {
        return usual;
    }
    let end = LONGEST_NAME - 9;
    let start = usual.get(..end).unwrap_or(&usual).trim_end_matches('-');
    format!("{start}-{}", &hash(&json!(usual))[..8])
}

fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name(platform, part)),
        labels: Some(names::labels(&platform.name, part, Component::Logging)),
        ..Default::default()
    }
}

fn elasticsearch_resource(platform: &Validated, settings: &Logging) -> Elasticsearch {
    let delete_policy = match platform.deletion_policy {
        DeletionPolicy::Retain => "DeleteOnScaledownOnly",
        DeletionPolicy::Delete => "DeleteOnScaledownAndClusterDeletion",
    };
    Elasticsearch {
        metadata: metadata(platform, ELASTICSEARCH),
        spec: ElasticsearchSpec {
            version: settings.version.clone(),
            image: settings.elasticsearch_image.clone(),
            node_sets: vec![NodeSet {
                name: "default".to_owned(),
                count: settings.nodes,
                // So nodes do not need a higher vm.max_map_count.
                config: Map::from_iter([("node.store.allow_mmap".to_owned(), Value::Bool(false))]),
                pod_template: template(
                    platform,
                    ELASTICSEARCH,
                    &pod::amounts(Some("100m"), "2Gi"),
                    &pod::amounts(None, "2Gi"),
                ),
                volume_claim_templates: vec![claim(settings)],
            }],
            volume_claim_delete_policy: delete_policy.to_owned(),
        },
    }
}

fn kibana_resource(platform: &Validated, settings: &Logging, image: Option<&String>) -> Kibana {
    Kibana {
        metadata: metadata(platform, KIBANA),
        spec: KibanaSpec {
            version: settings.version.clone(),
            image: image.cloned(),
            count: 1,
            elasticsearch_ref: Reference {
                name: name(platform, ELASTICSEARCH),
            },
            pod_template: template(
                platform,
                KIBANA,
                &pod::amounts(Some("50m"), "1Gi"),
                &pod::amounts(None, "1536Mi"),
            ),
        },
    }
}

/// The template of ECK's pods: ECK sets the security contexts of the containers itself, but not those of the pods.
fn template(platform: &Validated, part: &str, requests: &Amounts, limits: &Amounts) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: None,
        spec: Some(PodSpec {
            containers: vec![Container {
                name: part.to_owned(),
                resources: Some(pod::resources(requests, limits)),
                ..Default::default()
            }],
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                fs_group: Some(USER),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            automount_service_account_token: Some(false),
            image_pull_secrets: pod::pull_secrets(platform),
            ..Default::default()
        }),
    }
}

fn claim(settings: &Logging) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            // ECK requires this name.
            name: Some("elasticsearch-data".to_owned()),
            ..Default::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: settings.storage_class.clone(),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(settings.size.clone()))].into()),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn text<'a>(object: &'a DynamicObject, pointer: &str) -> &'a str {
    object
        .data
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The health of a resource whose latest change ECK has not observed; `None` if ECK has observed it.
fn not_observed(kind: &str, name: &str, object: Option<&DynamicObject>) -> Option<Health> {
    let Some(object) = object else {
        return Some(Health::Waiting(format!("{kind} {name}: not created yet")));
    };
    let observed_generation = object
        .data
        .pointer("/status/observedGeneration")
        .and_then(Value::as_i64);
    (!health::observed(object.metadata.generation, observed_generation)).then(|| {
        Health::Waiting(format!(
            "{kind} {name}: ECK has not looked at the last change yet; is its operator running?"
        ))
    })
}

fn health_of_elasticsearch(name: &str, object: Option<&DynamicObject>) -> Health {
    if let Some(health) = not_observed("Elasticsearch", name, object) {
        return health;
    }
    let Some(object) = object else {
        return Health::Ready;
    };
    let (phase, health) = (text(object, "/status/phase"), text(object, "/status/health"));
    match (phase, health) {
        ("Ready", "green" | "yellow") => Health::Ready,
        ("Invalid", _) => Health::Failed(format!(
            "Elasticsearch {name}: ECK refuses it as invalid: kubectl describe elasticsearch {name} says why"
        )),
        ("Stalled", _) => Health::Waiting(format!(
            "Elasticsearch {name}: a node cannot be shut down: kubectl describe elasticsearch {name} says why"
        )),
        ("", _) => Health::Waiting(format!(
            "Elasticsearch {name}: ECK has not said anything of it yet"
        )),
        _ => Health::Waiting(format!(
            "Elasticsearch {name}: phase {phase}, health {}",
            if health.is_empty() { "unknown" } else { health }
        )),
    }
}

fn health_of_kibana(name: &str, object: Option<&DynamicObject>) -> Health {
    if let Some(health) = not_observed("Kibana", name, object) {
        return health;
    }
    let Some(object) = object else {
        return Health::Ready;
    };
    match (
        text(object, "/status/health"),
        text(object, "/status/elasticsearchAssociationStatus"),
    ) {
        ("green", _) => Health::Ready,
        (_, association @ ("Failed" | "Pending")) => Health::Waiting(format!(
            "Kibana {name}: its association with Elasticsearch is {association}: kubectl describe kibana {name} says why"
        )),
        ("", _) => Health::Waiting(format!("Kibana {name}: ECK has not said anything of it yet")),
        (health, _) => Health::Waiting(format!("Kibana {name}: health {health}")),
    }
}
