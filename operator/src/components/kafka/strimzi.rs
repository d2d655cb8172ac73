//! Kafka run by Strimzi.

use std::collections::BTreeMap;

use fdp_catalogue::variables;
use fdp_crds::{
    DeletionPolicy,
    foreign::strimzi::{
        ContainerEnvVar, ContainerTemplate, EntityOperator, EntityOperatorTemplate, Kafka, KafkaCluster,
        KafkaNodePool, KafkaNodePoolSpec, KafkaSpec, KafkaTopic, KafkaTopicSpec, Listener, PodsTemplate,
        PoolStorage, PoolVolume, Template, TemplateMetadata, TopicOperator,
    },
};
use k8s_openapi::{
    api::{
        core::v1::{EnvVar, TopologySpreadConstraint},
        networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer},
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};
use kube::{Resource, ResourceExt, core::DynamicObject};
use serde_json::{Value, json};

use crate::{
    components::kafka::{
        ports::{PORT, tcp},
        replication::min_in_sync,
        topics,
    },
    kubernetes::{
        health,
        names::{self, Component, KAFKA},
        pod,
    },
    model::{
        apis::Family,
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Strimzi, Validated, canonical::hash},
};

/// The label by which Strimzi assigns resources to a Kafka.
const CLUSTER_LABEL: &str = "strimzi.io/cluster";

/// The cluster, its brokers and its topics; empty while Strimzi is not installed.
pub(super) fn objects(platform: &Validated, settings: &Strimzi, observed: &Observed) -> Vec<Planned> {
    if !observed.apis.have(Family::Strimzi) {
        return Vec::new();
    }
    // Keeping the volumes requires keeping the cluster: another cluster would not accept them.
    let keep = platform.deletion_policy == DeletionPolicy::Retain;
    let mut objects = vec![
        Planned::new(Wave::DataStores, &pool(platform, settings)),
        Planned::new(Wave::DataStores, &cluster(platform, settings.brokers)),
    ];
    objects.extend(
        topics::all()
            .iter()
            .map(|topic| Planned::new(Wave::Setup, &kafka_topic(platform, topic, settings.brokers))),
    );
    objects
        .into_iter()
        .map(|planned| if keep { planned.retained() } else { planned })
        .collect()
}

/// The address that Strimzi assigns to the brokers.
pub(super) fn client_environment(platform: &Validated) -> Vec<EnvVar> {
    let address = format!("{}-kafka-bootstrap:{}", platform.child(KAFKA), PORT);
    vec![pod::env(variables::KAFKA_BROKERS, address)]
}

/// Its health as reported by Strimzi.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    if !observed.apis.have(Family::Strimzi) {
        return vec![health::absent(Family::Strimzi, &observed.apis, "kafka.provider")];
    }
    let name = platform.child(KAFKA);
    let cluster = answer::<Kafka>(
        &name,
        observed.children.dynamic::<Kafka>(&name).map(AsRef::as_ref),
    );
    if !cluster.is_ready() {
        return vec![cluster];
    }
    topics::all()
        .iter()
        .map(|topic| {
            let name = platform.child(&topic.name);
            let live = observed.children.dynamic::<KafkaTopic>(&name);
            answer::<KafkaTopic>(&name, live.map(AsRef::as_ref))
        })
        .filter(|health| !health.is_ready())
        .collect()
}

/// Strimzi's pods do not carry the platform's labels.
pub(super) fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(LabelSelector {
                match_labels: Some(of_cluster(platform)),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ports: Some(vec![tcp(PORT)]),
    }]
}

/// Converts the status that Strimzi writes to its resource into a health.
fn answer<K: Resource<DynamicType = ()>>(name: &str, live: Option<&DynamicObject>) -> Health {
    let kind = K::kind(&());
    let Some(live) = live else {
        return Health::Waiting(format!("{kind} {name}: not created yet"));
    };
    let conditions = live.data.pointer("/status/conditions").and_then(Value::as_array);
    let Some(conditions) = conditions else {
        return Health::Waiting(format!(
            "{kind} {name}: Strimzi has not answered yet; if that lasts, see whether its operator runs and watches this namespace"
        ));
    };
    let observed_generation = live
        .data
        .pointer("/status/observedGeneration")
        .and_then(Value::as_i64);
    if observed_generation < live.metadata.generation {
        return Health::Waiting(format!("{kind} {name}: Strimzi has not seen the last change yet"));
    }
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let holds = |condition: &&Value, type_: &str, status: &str| {
        condition["type"] == type_ && condition["status"] == status
    };
    if conditions
        .iter()
        .any(|condition| holds(&condition, "Ready", "True"))
    {
        return Health::Ready;
    }
    // Strimzi reports a failure with the condition `NotReady`.
    let failure = conditions
        .iter()
        .find(|condition| holds(condition, "NotReady", "True") || holds(condition, "Ready", "False"));
    let Some(failure) = failure else {
        return Health::Waiting(format!("{kind} {name}: Strimzi is at work on it"));
    };
    let (reason, why) = (text(failure, "reason"), text(failure, "message"));
    let message = format!("{kind} {name}: {reason}: {}", health::shortened(&why));
    // A retry does not help if Strimzi does not accept the resource.
    if reason.starts_with("Invalid") {
        Health::Failed(message)
    } else {
        Health::Waiting(message)
    }
}

fn of_cluster(platform: &Validated) -> BTreeMap<String, String> {
    BTreeMap::from([(CLUSTER_LABEL.to_owned(), platform.child(KAFKA))])
}

fn metadata(platform: &Validated, name: String) -> ObjectMeta {
    let mut labels = names::labels(&platform.name, KAFKA, Component::Broker);
    labels.extend(of_cluster(platform));
    ObjectMeta {
        name: Some(name),
        labels: Some(labels),
        ..Default::default()
    }
}

/// The template of pods. Strimzi copies the labels of its resources to its pods, so the platform's name is overwritten:
/// with it, our network policies would select the pods and block their traffic to Strimzi.
fn unlabelled_template() -> Template {
    Template {
        metadata: TemplateMetadata {
            labels: BTreeMap::from([(names::PLATFORM_LABEL.to_owned(), String::new())]),
        },
        topology_spread_constraints: Vec::new(),
    }
}

/// Spreads the brokers over the nodes.
fn spread(platform: &Validated) -> TopologySpreadConstraint {
    let mut brokers = of_cluster(platform);
    brokers.insert("strimzi.io/pool-name".to_owned(), pool_name(platform));
    pod::spread_over_nodes(brokers)
}

fn cluster(platform: &Validated, brokers: i32) -> Kafka {
    let mut object = Kafka::new(
        "",
        KafkaSpec {
            kafka: KafkaCluster {
                listeners: vec![Listener {
                    name: "plain".to_owned(),
                    port: i32::from(PORT),
                    type_: "internal".to_owned(),
                    tls: false,
                }],
                config: config(brokers),
                template: PodsTemplate {
                    pod: Template {
                        topology_spread_constraints: vec![spread(platform)],
                        ..unlabelled_template()
                    },
                },
            },
            entity_operator: EntityOperator {
                topic_operator: TopicOperator {},
                template: EntityOperatorTemplate {
                    pod: unlabelled_template(),
                    topic_operator_container: ContainerTemplate {
                        // With finalizers, topics wait for the topic operator to delete them. It is deleted together
                        // with them, so they would never be deleted.
                        env: vec![ContainerEnvVar {
                            name: "STRIMZI_USE_FINALIZERS".to_owned(),
                            value: "false".to_owned(),
                        }],
                    },
                },
            },
        },
    );
    object.metadata = metadata(platform, platform.child(KAFKA));
    // The label refers to the cluster from its parts; the cluster itself does not have it.
    object.labels_mut().remove(CLUSTER_LABEL);
    object
}

fn config(brokers: i32) -> BTreeMap<String, String> {
    let (copies, in_sync) = (brokers.to_string(), min_in_sync(brokers).to_string());
    [
        ("auto.create.topics.enable", "false"),
        ("default.replication.factor", &copies),
        ("min.insync.replicas", &in_sync),
        ("offsets.topic.replication.factor", &copies),
        ("transaction.state.log.replication.factor", &copies),
        ("transaction.state.log.min.isr", &in_sync),
        ("share.coordinator.state.topic.replication.factor", &copies),
        ("share.coordinator.state.topic.min.isr", &in_sync),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

fn pool(platform: &Validated, settings: &Strimzi) -> KafkaNodePool {
    let mut object = KafkaNodePool::new(
        "",
        KafkaNodePoolSpec {
            replicas: settings.brokers,
            roles: vec!["controller".to_owned(), "broker".to_owned()],
            storage: PoolStorage {
                type_: "jbod".to_owned(),
                volumes: vec![PoolVolume {
                    id: 0,
                    type_: "persistent-claim".to_owned(),
                    size: settings.size.clone(),
                    class: settings.storage_class.clone(),
                    delete_claim: platform.deletion_policy == DeletionPolicy::Delete,
                    kraft_metadata: "shared".to_owned(),
                }],
            },
        },
    );
    object.metadata = metadata(platform, pool_name(platform));
    object
}

/// The name of the node pool. Pods are named `<cluster>-<pool>-<number>`, with at most 63 characters, which leaves 14
/// for the pool of a platform with a long name. Pools of two platforms in one namespace must have different names.
fn pool_name(platform: &Validated) -> String {
    format!("brokers-{}", &hash(&json!(platform.name))[..6])
}

fn kafka_topic(platform: &Validated, topic: &topics::Topic, brokers: i32) -> KafkaTopic {
    let config = topic
        .config
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut object = KafkaTopic::new(
        "",
        KafkaTopicSpec {
            topic_name: topic.name.clone(),
            partitions: topic.partitions,
            replicas: brokers,
            config: config.into_iter().collect(),
        },
    );
    object.metadata = metadata(platform, platform.child(&topic.name));
    object
}
