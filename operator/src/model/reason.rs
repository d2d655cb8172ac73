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
/// The parts that third-party programs can provide.
const LEFT_TO_OTHERS: &[&str] = &[
    KAFKA_READY,
    DATABASE_READY,
    MESH_READY,
    LOGGING_READY,
    MONITORING_READY,
];

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
    RollingOut [&[READY, RECONCILING]]
        "A change is on its way from service to service; the message names those whose turn has not come."
        "";
    Progressing [&[RECONCILING]]
        "The operator, or what it has started, is at work; the message says what is waited for."
        "If it takes longer than it should, look at the object that the message names.";
    ApplyFailed [&[READY, RECONCILING]]
        "The API server refused an object, or somebody else has one of its name. It is tried again."
        "Do what the message says: give the operator the right, correct the field, or rename or remove the other object. The annotation fooddelivery.dev/adopt: \"true\" on the platform lets the operator take it over.";
    InvalidSpec [OF_EVERY_PLATFORM]
        "The specification makes no sense in a way that its schema cannot see. Nothing is changed until it does."
        "Correct the fields that the message names.";
    Suspended [&[READY, RECONCILING]]
        "spec.suspend is true. If something would change were it not, Ready is False and the message lists what."
        "Set spec.suspend to false when these changes may come.";
    Deleting [&[READY, RECONCILING, STALLED, CLOUD_READY]]
        "The platform is deleted as soon as its objects in its EKS cluster are gone, with target: eks, and then what it has at AWS, if cloud.aws.deletionPolicy asks for that."
        "If AWS refuses, the message says why. To leave there what is there, set cloud.aws.deletionPolicy to Retain.";
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
    NotStalled [&[STALLED]]
        "Nothing needs somebody to step in."
        "";
    Ready [PARTS]
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
    MetricsMissing [&[AUTOSCALING_READY]]
        "Nobody measures the use of CPU, so that autoscalers do nothing. The platform is up all the same."
        "Install metrics-server.";
    MetricsUnavailable [&[AUTOSCALING_READY]]
        "Somebody should measure the use of CPU and does not answer."
        "Look at metrics-server: kubectl get apiservice v1beta1.metrics.k8s.io, and the log of its pods.";
}
