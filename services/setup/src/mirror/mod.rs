//! Copies the topics of a platform from one Kafka to another while nobody uses them, and where its consumer groups are.
//!
//! Every message comes with its key, its headers and its time, in the order of its partition. What an interrupted copy has
//! written is found by the next one, so that nothing comes twice; what is foreign in the new topics ends the copy before
//! anything is written beside it. Nothing is written to the old Kafka.

mod error;
mod held;
mod partition;
mod positions;
mod topic;

pub use error::{MirrorError, Side};
pub(crate) use positions::{Group, Position};

use clap::Parser;
use fdp_catalogue::{topic as topics, variables};
use fdp_messaging::kafka::{self, Cluster};
use partition::Layout;
use positions::{Places, continued, unread};
use rdkafka::producer::{FutureProducer, Producer as _};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::thread::ScopedJoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use topic::{Copied, Topic};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Copies all topics and the positions of all consumer groups from the brokers that `OLD_KAFKA_BROKERS` and its like name to
/// those of `KAFKA_BROKERS`. No service may run. May be interrupted, and run again.
#[derive(Debug, Clone, Parser)]
#[command(name = "setup mirror", version)]
pub struct Settings {
    /// Consumer groups beside those of the services, without their prefix.
    #[arg(long, env = variables::GROUPS, value_delimiter = ',')]
    pub groups: Vec<String>,
    /// Where to write in few words what was done or went wrong, for the operator to read.
    #[arg(long, default_value = "/dev/termination-log")]
    pub told_file: PathBuf,
}

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// Topics that the old Kafka has.
    pub topics: usize,
    /// Their messages, all of which are in the new Kafka now.
    pub messages: usize,
    /// Consumer groups that go on where they were.
    pub groups: usize,
}

impl fmt::Display for Mirrored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            topics,
            messages,
            groups,
        } = self;
        write!(
            formatter,
            "all {messages} messages of {topics} topics are there, and {groups} consumer groups go on where they were"
        )
    }
}

/// Copies from `old` to `new`; `more` are consumer groups beside those of the services. It waits on a thread of its own.
///
/// # Errors
/// When the brokers fail, the new topics hold something else, or the numbers at the end differ.
pub async fn mirror(old: Cluster, new: Cluster, more: Vec<String>) -> Result<Mirrored, MirrorError> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || copy(&old, &new, &more, &runtime)).await?
}

fn copy(old: &Cluster, new: &Cluster, more: &[String], runtime: &Handle) -> Result<Mirrored, MirrorError> {
    let producer = producer(new)?;
    refuse_same(old, new, &producer)?;
    let opened = at_once(topics::all(), |name| {
        Ok(Topic::open(old, new, &name)?.map(|topic| (name, topic)))
    })?;
    let opened: BTreeMap<String, Topic> = opened.into_iter().flatten().collect();
    let counts = opened
        .iter()
        .map(|(name, topic)| (name.clone(), topic.layout.old));
    let counts: BTreeMap<String, usize> = counts.collect();
    let groups = at_once(groups_of(more), |name| {
        let positions = Group::new(old, Side::Old, &name)?.read(&counts)?;
        Ok((name, positions))
    })?;
    let groups = groups.into_iter().filter(|(_, positions)| !positions.is_empty());
    let groups: BTreeMap<String, Vec<Position>> = groups.collect();
    for (name, topic) in &opened {
        refuse_unread(name, topic, &groups)?;
    }
    let copied = at_once(opened, |(name, mut topic)| {
        let asked = groups
            .values()
            .flatten()
            .filter(|position| position.topic == name);
        let done = topic.copy(&producer, Places::of(asked), runtime)?;
        tracing::info!(topic = %name, messages = done.messages, "copied");
        Ok((name, (topic.layout, done)))
    })?;
    let copied: BTreeMap<String, (Layout, Copied)> = copied.into_iter().collect();
    at_once(&groups, |(name, positions)| {
        let continued: Vec<Position> = copied
            .iter()
            .flat_map(|(topic, (layout, Copied { places, ends, .. }))| {
                continued(&in_topic(positions, topic), *layout, places, ends)
            })
            .collect();
        Group::new(new, Side::New, name)?.write(&continued)
    })?;
    Ok(Mirrored {
        topics: copied.len(),
        messages: copied.values().map(|(_, copied)| copied.messages).sum(),
        groups: groups.len(),
    })
}

/// Works on all items at the same time: most of it is waiting for the brokers.
fn at_once<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> Result<R, MirrorError> + Sync,
) -> Result<Vec<R>, MirrorError> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items
            .into_iter()
            .map(|item| scope.spawn(move || work(item)))
            .collect();
        let ended = threads.into_iter().map(ScopedJoinHandle::join);
        ended
            .map(|ended| ended.map_err(|_| MirrorError::Panicked)?)
            .collect()
    })
}

/// A producer that keeps the order and writes nothing twice, but gives up at last, so that a person is told.
fn producer(new: &Cluster) -> Result<FutureProducer, MirrorError> {
    kafka::client(new, "mirror")
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", "60000")
        // The brokers say what is too large.
        .set("message.max.bytes", "50000000")
        .create()
        .map_err(MirrorError::kafka(
            Side::New,
            "making a client for",
            new.brokers(),
        ))
}

/// Two addresses may lead to one place.
fn refuse_same(old: &Cluster, new: &Cluster, producer: &FutureProducer) -> Result<(), MirrorError> {
    if old.prefix() != new.prefix() {
        return Ok(());
    }
    let reader: FutureProducer = kafka::client(old, "mirror").create().map_err(MirrorError::kafka(
        Side::Old,
        "making a client for",
        old.brokers(),
    ))?;
    let [first, second] = [&reader, producer].map(|client| client.client().fetch_cluster_id(TIMEOUT));
    match (first, second) {
        (Some(first), Some(second)) if first == second => Err(MirrorError::Same),
        _ => Ok(()),
    }
}

/// The consumer groups of the services, those of their dead letters, and more.
fn groups_of(more: &[String]) -> Vec<String> {
    let services = topics::CONSUMERS.iter();
    services
        .flat_map(|group| [(*group).to_owned(), format!("{group}-dead-letters")])
        .chain(more.iter().filter(|group| !group.is_empty()).cloned())
        .collect()
}

fn in_topic<'p>(positions: &'p [Position], topic: &str) -> Vec<&'p Position> {
    positions
        .iter()
        .filter(|position| position.topic == topic)
        .collect()
}

fn refuse_unread(
    name: &str,
    topic: &Topic,
    groups: &BTreeMap<String, Vec<Position>>,
) -> Result<(), MirrorError> {
    if topic.layout.is_same() {
        return Ok(());
    }
    let ends = topic.old_ends()?;
    for (group, positions) in groups {
        let messages = unread(&in_topic(positions, name), &ends);
        if messages > 0 {
            return Err(MirrorError::Unread {
                group: group.clone(),
                topic: name.to_owned(),
                messages,
                old_count: topic.layout.old,
                new_count: topic.layout.new,
            });
        }
    }
    Ok(())
}
