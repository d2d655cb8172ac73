//! Every reason that a condition of a platform can have, with what it means and what to do about it.

use fdp_crds::condition::{
    AUTOSCALING_READY, CLOUD_READY, DATABASE_READY, KAFKA_READY, LOGGING_READY, MESH_READY, MONITORING_READY,
    OF_EVERY_PLATFORM, READY, RECONCILING, SERVICES_READY, SETUP_COMPLETE, STALLED,
};

/// The conditions of single parts.
const PARTS: &[&str] = &[
    KAFKA_READY,
    DATABASE_READY,
    SETUP_COMPLETE,
    SERVICES_READY,
    MESH_READY,
    LOGGING_READY,
    MONITORING_READY,
    CLOUD_READY,
];
/// The same, and what platforms have beside their parts.
const PARTS_AND_AUTOSCALING: &[&str] = &[
    KAFKA_READY,
    DATABASE_READY,
    SETUP_COMPLETE,
    SERVICES_READY,
    MESH_READY,
    LOGGING_READY,
    MONITORING_READY,
    CLOUD_READY,
    AUTOSCALING_READY,
];
/// The parts that third-party programs can provide.
const LEFT_TO_OTHERS: &[&str] = &[
    KAFKA_READY,
    DATABASE_READY,
    MESH_READY,
    LOGGING_READY,
    MONITORING_READY,
];

/// The parts that are data stores of the services.
const STORES: &[&str] = &[KAFKA_READY, DATABASE_READY];

/// The same, and the services that are paused while one is changed.
const STORES_AND_USERS: &[&str] = &[KAFKA_READY, DATABASE_READY, SERVICES_READY];

/// The parts whose pods read Secrets that the platform names, and the ingress gateway.
const READING: &[&str] = &[KAFKA_READY, DATABASE_READY, SERVICES_READY];
const READING_AND_INGRESS: &[&str] = &[KAFKA_READY, DATABASE_READY, SERVICES_READY, MESH_READY];

/// The explanation of a reason; `docs/troubleshooting.md` is generated from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The conditions that can have it.
    pub conditions: &'static [&'static str],
    pub means: &'static str,
    /// What a person can do; empty if nothing needs to be done.
    pub cure: &'static str,
}

/// Defines every reason together with its explanation, so that no reason lacks one.
macro_rules! reasons {
    ($($name:ident [$conditions:expr] $means:literal $cure:literal;)+) => {
        /// The reason of a condition: one word in `CamelCase`, as the Kubernetes API conventions require.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason {
            $(#[doc = $means] $name,)+
        }

        impl Reason {
            /// All of them, in the order in which they are explained.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The reason of that word, unless it is one of another version.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }

            /// The word in the condition.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// What it means, and what to do about it.
            pub fn explanation(self) -> Explanation {
                match self {
                    $(Self::$name => Explanation { conditions: $conditions, means: $means, cure: $cure },)+
                }
            }
        }
    };
}

reasons! {
    PlatformReady [&[READY]]
        "Everything is up as described."
        "";
    KafkaNotReady [&[READY]]
        "Kafka does not take connections yet, or not any more."
        "Look at the condition KafkaReady.";
    DatabaseNotReady [&[READY]]
        "PostgreSQL or MongoDB does not take connections."
        "Look at the condition DatabaseReady.";
    SetupNotComplete [&[READY]]
        "Databases, roles or topics are not made yet."
        "Look at the condition SetupComplete, and at the log of the Job that its message names.";
    ServicesNotReady [&[READY]]
        "A service has fewer replicas that answer than it should have."
        "Look at the condition ServicesReady: it names the Deployment, and why its pods do not start.";
    MeshNotReady [&[READY]]
        "Requests do not travel through Istio as described."
        "Look at the condition MeshReady.";
    LoggingNotReady [&[READY]]
        "Logs are not collected, kept or shown."
        "Look at the condition LoggingReady.";
    MonitoringNotReady [&[READY]]
        "Metrics are not read, drawn or watched over."
        "Look at the condition MonitoringReady.";
    CloudNotReady [&[READY]]
        "What the platform has at AWS is not there yet."
        "Look at the condition CloudReady.";
    OrdersRefused [&[READY, STALLED]]
        "A service that every order needs is switched off, so that every order is refused though all else is up."
        "Set enabled: true, or replicas to at least 1, for the service that the message names.";
    OrdersNotDelivered [&[READY, STALLED]]
        "A service that every order needs on its way to the customer is switched off, so that orders are taken and paid and never delivered."
        "Set enabled: true for the service that the message names. With replicas: 0 instead, orders wait until it is back. To take no orders, switch the gateway off.";
    RollingOut [&[READY, RECONCILING]]
        "A change is on its way from service to service; the message names those whose turn has not come."
        "";
    Progressing [&[RECONCILING]]
        "The operator, or what it has started, is at work; the message says what is waited for."
        "If it takes longer than it should, look at the object that the message names.";
    ApplyFailed [&[READY, RECONCILING]]
        "The API server refused an object, or somebody else has one of its name. It is tried again."
        "Do what the message says: give the operator the right, correct the field, or rename or remove the other object. The annotation fooddelivery.dev/adopt on the other object, with the platform's name, lets the operator take it over.";
    InvalidSpec [OF_EVERY_PLATFORM]
        "The specification makes no sense in a way that its schema cannot see. Nothing is changed until it does."
        "Correct the fields that the message names.";
    Suspended [&[READY, RECONCILING]]
        "spec.suspend is true. If something would change were it not, Ready is False and the message lists what."
        "Set spec.suspend to false when these changes may come.";
    Deleting [&[READY, RECONCILING, STALLED, CLOUD_READY]]
        "The platform is deleted as soon as its objects in its EKS cluster are gone, with target: eks, and then what it has at AWS, if cloud.aws.deletionPolicy asks for that."
        "If AWS refuses, the message says why. To leave there what is there, set cloud.aws.deletionPolicy to Retain.";
    NamespaceTerminating [&[READY, RECONCILING, STALLED]]
        "The platform's namespace is being deleted, and the platform with it. Nothing is created there any more."
        "If the namespace stays: its own status says what is left in it, and fdp leave what of a platform holds it.";
    RightsMissing [OF_EVERY_PLATFORM]
        "The operator may not read what the platform is made of, so that nothing is changed. What runs serves on."
        "Give the operator the rights that the message names: those of manifests/kustomize/base/role.yaml, in this namespace. It goes on within half a minute.";
    CloudNotAllowed [&[CLOUD_READY]]
        "The operator's settings do not allow the platform's namespace what it has at AWS, so that nothing is called there. What exists stays."
        "Ask those who run the operator for an entry in --aws-namespaces (docs/install.md), or take out of cloud.aws what the message names.";
    Finished [&[RECONCILING]]
        "Nothing is left to do."
        "";
    Stalled [&[RECONCILING]]
        "The operator waits for somebody to step in."
        "Look at the condition Stalled.";
    PartFailed [&[STALLED]]
        "A part will not come up by itself; the message says which, and why: an image that cannot be pulled, a Secret that is not there, pods that a quota or a policy refuses."
        "Correct what the message names: the image, the Secret, the quota. What still runs of an older version serves on, and the part comes up by itself once the cause is gone.";
    RolloutStopped [&[STALLED]]
        "A new version does not come up, so the services after it keep the old one. The old version serves on."
        "Put the old version back, or name one that comes up.";
    FieldContested [&[STALLED]]
        "Somebody else changes a field each time the operator puts it back, so the operator tries less and less often; the message names the field and who changes it."
        "Stop the other program, or set the field in the platform to what it should be. To leave a field to another program, write its path into the annotation fooddelivery.dev/unmanaged-fields of the object: see docs/platform.md.";
    NotStalled [&[STALLED]]
        "Nothing needs somebody to step in."
        "";
    Ready [PARTS_AND_AUTOSCALING]
        "The part is up as described."
        "";
    Waiting [PARTS]
        "The part is not up yet, or not any more, and may get there by itself; the message names the object."
        "If it takes longer than it should: kubectl describe the object that the message names.";
    Failed [PARTS]
        "The part will not come up by itself: the failure came twice, or lasts for half a minute (a minute if a registry does not answer)."
        "Correct what the message names; kubectl describe the object that it names tells more. It comes up by itself then.";
    ApiMissing [LEFT_TO_OTHERS]
        "The part needs a program that is not in the cluster: its kinds are not served."
        "Install the program that the message names, or choose another provider. It is used within half a minute of its coming.";
    SecretMissing [READING]
        "A Secret that the platform names, such as that of an external data store, does not exist or lacks keys. What runs serves on, and no pods are replaced."
        "Create the Secret with the keys that the message names, or name another one. It is looked at again within seconds.";
    SecretNotShared [READING_AND_INGRESS]
        "A Secret that the platform names does not say that platforms may use it, or the operator made it for another platform. What runs serves on, and no pods are replaced."
        "If platforms may use the Secret, label it with the command in the message; else name another one.";
    StoreChangeUnconfirmed [STORES]
        "Another data store is described than the one that the services use. The new one is set up and could take over, but data does not move by itself, so the old one serves on."
        "Confirm the change with the annotation fooddelivery.dev/change-store as the message says: with a copy by the operator where it offers one, else copy the data yourself before. Or put the provider back.";
    StoreChanging [STORES_AND_USERS]
        "The services are paused, because they change from one data store to another: none may have pods on both. Orders are refused until it is done; the message says since when, and what is waited for."
        "It goes on by itself. To go back to the old store, which still has everything, describe it in the specification again.";
    StoreClash [&[KAFKA_READY, DATABASE_READY, SETUP_COMPLETE]]
        "On a server that several platforms use, the names that this platform would have are another one's; the message says whose. Nothing of the other platform was touched."
        "Give this platform a prefix of its own, spec.kafka.prefix or spec.postgres.prefix, or a MongoDB URL with a database of its own. If what is there is this platform's after all, mark it as the message says: see docs/platform.md.";
    SignInRefused [&[KAFKA_READY, DATABASE_READY, SETUP_COMPLETE, LOGGING_READY]]
        "A data store answers, and refuses the credentials that its clients have; the message has its words. Who is connected goes on until the next restart, and the setup replaces no pods before."
        "Put what the store knows into the Secret that the message names, or give the store what the Secret has. It is tried again at once when the Secret changes, else within five minutes.";
    Unreachable [&[SERVICES_READY]]
        "The pods of a service are ready, but do not reach what the service calls: another service, Kafka or a database. A pod with the labels and the service account of the service has tried it; the message says from where to where, and what happened. Requests that need it fail."
        "Look for what is in between: a NetworkPolicy (timed out or refused), the cluster's DNS (no name server answers, or the name is not known), a firewall. It is tried again within 5 min, and at once when a policy of the platform changes; deleting the Job that status.reachability names tries it now.";
    VersionRefused [&[DATABASE_READY, KAFKA_READY, LOGGING_READY]]
        "The image has a version that cannot take over the volume of the one that runs. The running one serves on."
        "Put the image back, or take the way that the message names.";
    HostTaken [&[MESH_READY]]
        "Another platform has a host at the same ingress gateway: the one that is served already, else the older one. For it nothing changes; this one is not served there."
        "Name hosts of this platform's own in spec.gateway.hosts, or another ingress gateway in spec.mesh.ingressGateway. The host is free within seconds of the other platform giving it up.";
    MetricsMissing [&[AUTOSCALING_READY]]
        "Nobody measures the use of CPU, so that autoscalers do nothing. The platform is up all the same."
        "Install metrics-server.";
    MetricsUnavailable [&[AUTOSCALING_READY]]
        "Somebody should measure the use of CPU and does not answer."
        "Look at metrics-server: kubectl get apiservice v1beta1.metrics.k8s.io, and the log of its pods.";
    NoRoom [&[AUTOSCALING_READY]]
        "An autoscaler has filled the nodes, and another pod of the platform finds no room. Replicas are taken from the autoscaler until that pod has a node, for three minutes at most."
        "Add nodes, or lower autoscaling.max of the service that the message names.";
}
