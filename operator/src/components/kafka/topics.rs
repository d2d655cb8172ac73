//! The topics of a platform, for providers that create them; with the others, the setup Job creates them.

use fdp_catalogue::topic;

/// Partitions of a topic with events, so that this number of replicas of a service can read it in parallel.
pub const PARTITIONS: i32 = 4;
/// Thirty days, in milliseconds, so that a person has time to inspect them.
const KEEP_DEAD_LETTERS: &str = "2592000000";

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub name: String,
    pub partitions: i32,
    /// Its configuration where that is not Kafka's default.
    pub config: Option<(&'static str, &'static str)>,
}

/// Every topic: those with the events of services, and a dead letter topic per consumer group.
///
/// A topic exists even if its service is switched off, as does the service's database.
pub(super) fn all() -> Vec<Topic> {
    let events = topic::EVENTS.into_iter().map(|name| Topic {
        name: name.to_owned(),
        partitions: PARTITIONS,
        config: topic::is_compacted(name).then_some(("cleanup.policy", "compact")),
    });
    let dead_letters = topic::CONSUMERS.into_iter().map(|group| Topic {
        name: topic::dead_letter(group),
        partitions: 1,
        config: Some(("retention.ms", KEEP_DEAD_LETTERS)),
    });
    events.chain(dead_letters).collect()
}
