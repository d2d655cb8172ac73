//! The topics of a platform, for providers that create them; otherwise the setup Job does.

use fdp_catalogue::topic;

/// Partitions of a topic with events: as many replicas of a service can read it side by side.
pub const PARTITIONS: i32 = 4;
/// Thirty days, in milliseconds, so that a person has time to inspect them.
const KEEP_DEAD_LETTERS: &str = "2592000000";

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub name: String,
    pub partitions: i32,
    /// How long its messages are kept, in milliseconds, if not as long as Kafka keeps any.
    pub retention: Option<&'static str>,
}

/// Every topic: the events of each service that publishes some, and what each one could not handle.
///
/// They are there whether or not a service is switched on, as its database is.
pub(super) fn all() -> Vec<Topic> {
    let events = topic::EVENTS.into_iter().map(|name| Topic {
        name: name.to_owned(),
        partitions: PARTITIONS,
        retention: None,
    });
    let dead_letters = topic::CONSUMERS.into_iter().map(|group| Topic {
        name: topic::dead_letter(group),
        partitions: 1,
        retention: Some(KEEP_DEAD_LETTERS),
    });
    events.chain(dead_letters).collect()
}
