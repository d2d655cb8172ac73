//! Waits until every event is published and read, while no customer is let in: the outboxes of the services are empty, and their
//! consumer groups are at the ends of their topics.

use crate::databases::{self, Database, DatabasesError};
use crate::mirror::{Group, MirrorError, Position, Side};
use crate::postgres_sign_in::connect;
use clap::Parser;
use fdp_catalogue::{Service, topic, variables};
use fdp_messaging::kafka::Cluster;
use fdp_messaging::topic_reader::{ReadError, TopicReader};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often somebody looks.
const PAUSE: Duration = Duration::from_millis(500);
const CLIENT: &str = "drain";

/// Waits until every event is published and read, or the time is up, and says what is left. Nothing is lost by what is left: events
/// that are not published lie in the databases, and the copy of Kafka knows what nobody has read.
#[derive(Debug, Clone, Parser)]
#[command(name = "setup drain", version)]
pub struct Settings {
    /// How to reach PostgreSQL; the role and the database in it are replaced by those of each service.
    #[arg(long, env = variables::POSTGRES_URL, hide_env_values = true)]
    pub postgres_url: String,
    /// One file per database: its name is the database and its role, its content the password.
    #[arg(long, env = variables::DATABASES_DIR, default_value = "/etc/fdp/databases")]
    pub databases_dir: PathBuf,
    /// Put before the name of each database and role.
    #[arg(long, env = variables::DATABASE_PREFIX, default_value = "")]
    pub database_prefix: String,
    /// The consumer groups that have to read everything, without their prefix.
    #[arg(long, env = variables::GROUPS, value_delimiter = ',')]
    pub groups: Vec<String>,
    /// For how many seconds to wait.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Where to write in few words what is left, for the operator to read.
    #[arg(long, default_value = "/dev/termination-log")]
    pub told_file: PathBuf,
}

/// Why nobody could look.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// The passwords cannot be read, or `POSTGRES_URL` is invalid.
    #[error(transparent)]
    Databases(#[from] DatabasesError),
    /// An outbox cannot be read.
    #[error("reading the outbox of {database}: {source}")]
    Outbox {
        /// The database.
        database: String,
        /// The error of PostgreSQL.
        source: sqlx::Error,
    },
    /// Kafka does not tell how far it was read.
    #[error(transparent)]
    Kafka(#[from] MirrorError),
    /// The thread that asks Kafka was stopped.
    #[error("asking Kafka was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// What is not published or not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// How many events lie in the outbox of a database.
    pub events: BTreeMap<String, i64>,
    /// How many messages of a topic a group has not read.
    pub messages: Messages,
}

impl Left {
    fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.messages.is_empty()
    }
}

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.events.iter();
        let events = events.map(|(database, count)| format!("{count} events in the outbox of {database}"));
        let messages = self.messages.iter();
        let messages = messages
            .map(|((group, topic), count)| format!("{count} messages of {topic} that {group} has not read"));
        let all: Vec<String> = events.chain(messages).collect();
        formatter.write_str(&all.join(", "))
    }
}

/// What there is at one moment.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    left: Left,
    /// Where the topics end.
    ends: Ends,
}

/// Waits until nothing is left, or the time is up; gives what is left then.
///
/// # Errors
/// When nobody could look at last.
pub async fn drain(settings: &Settings, cluster: &Cluster) -> Result<Left, DrainError> {
    let databases = databases::read_directory(&settings.databases_dir, &settings.database_prefix)?;
    let url: PgConnectOptions = settings.postgres_url.parse().map_err(DatabasesError::Url)?;
    let deadline = Instant::now() + Duration::from_secs(settings.seconds);
    let mut before: Option<Snapshot> = None;
    loop {
        let now = snapshot(&url, &databases, cluster, &settings.groups).await;
        // Between two looks an event may go from an outbox to a topic: if the topics end where they did, none did.
        if let (Some(before), Ok(now)) = (&before, &now)
            && now.left.is_nothing()
            && before == now
        {
            return Ok(Left::default());
        }
        if Instant::now() + PAUSE > deadline {
            return now.map(|snapshot| snapshot.left);
        }
        match now {
            Ok(now) => {
                tracing::info!(left = %now.left, "waiting");
                before = Some(now);
            }
            Err(error) => {
                tracing::info!(%error, "not yet");
                before = None;
            }
        }
        sleep(PAUSE).await;
    }
}

async fn snapshot(
    url: &PgConnectOptions,
    databases: &[Database],
    cluster: &Cluster,
    groups: &[String],
) -> Result<Snapshot, DrainError> {
    // First what was read, then what that has led to: an effect is in the database before its message counts as read.
    let (cluster, groups) = (cluster.clone(), groups.to_vec());
    let (ends, messages) = tokio::task::spawn_blocking(move || ask_kafka(&cluster, &groups)).await??;
    let mut events = BTreeMap::new();
    for database in databases {
        let count = outbox(url, database).await.map_err(|source| DrainError::Outbox {
            database: database.name.clone(),
            source,
        })?;
        if count > 0 {
            events.insert(database.name.clone(), count);
        }
    }
    let left = Left { events, messages };
    Ok(Snapshot { left, ends })
}

/// How many events lie in the outbox of a database; one that no service has ever opened has none.
async fn outbox(url: &PgConnectOptions, database: &Database) -> Result<i64, sqlx::Error> {
    let Database { name, password } = database;
    let options = url.clone().username(name).password(password).database(name);
    let options = options.disable_statement_logging();
    let mut connection = connect(&options).await?;
    let is_there: bool = sqlx::query_scalar("SELECT to_regclass('outbox') IS NOT NULL")
        .fetch_one(&mut connection)
        .await?;
    if !is_there {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT count(*) FROM outbox")
        .fetch_one(&mut connection)
        .await
}

/// Between which offsets each partition of a topic has messages.
type Ends = BTreeMap<String, Vec<(i64, i64)>>;
/// How many messages of a topic a group has not read.
pub type Messages = BTreeMap<(String, String), i64>;

/// Where the topics end, and what of them groups have not read.
fn ask_kafka(cluster: &Cluster, groups: &[String]) -> Result<(Ends, Messages), MirrorError> {
    let mut ends = Ends::new();
    for topic in topic::EVENTS {
        let known = ends_of(cluster, topic).map_err(MirrorError::read(Side::Old))?;
        ends.insert(topic.to_owned(), known);
    }
    let counts = ends.iter().map(|(topic, ends)| (topic.clone(), ends.len()));
    let counts: BTreeMap<String, usize> = counts.collect();
    let mut messages = Messages::new();
    for group in groups.iter().filter(|group| !group.is_empty()) {
        let positions = Group::new(cluster, Side::Old, group)?.read(&counts)?;
        for (topic, ends) in &ends {
            let count = unread(group, topic, &positions, ends);
            if count > 0 {
                messages.insert((group.clone(), topic.clone()), count);
            }
        }
    }
    Ok((ends, messages))
}

fn ends_of(cluster: &Cluster, topic: &str) -> Result<Vec<(i64, i64)>, ReadError> {
    let reader = TopicReader::new(cluster, CLIENT, CLIENT, topic)?;
    let partitions = reader.partitions()?.into_iter();
    partitions.map(|partition| reader.ends(partition)).collect()
}

/// How many messages of a topic a group has not read. A service reads its topics from their start; what others read is known from
/// their positions only.
fn unread(group: &str, topic: &str, positions: &[Position], ends: &[(i64, i64)]) -> i64 {
    let mut services = Service::ALL.into_iter();
    let service = services.find(|service| service.consumer_group() == Some(group));
    if service.is_some_and(|service| !service.consumes().contains(&topic)) {
        return 0;
    }
    (0..)
        .zip(ends)
        .map(|(partition, (start, end))| {
            let mut known = positions.iter();
            let known = known.find(|position| position.topic == topic && position.partition == partition);
            let next = match known {
                Some(position) => position.next.max(*start),
                None if service.is_some() => *start,
                None => *end,
            };
            (end - next).max(0)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(topic: &str, partition: i32, next: i64) -> Position {
        Position {
            topic: topic.to_owned(),
            partition,
            next,
        }
    }

    #[test]
    fn a_service_has_to_read_its_own_topics_from_their_start() {
        let ends = [(2, 10), (0, 5)];
        let positions = [at(topic::ORDER, 0, 7)];
        assert_eq!(unread("store", topic::ORDER, &positions, &ends), 3 + 5);
        assert_eq!(unread("store", topic::PAY, &positions, &ends), 0);
        let done = [at(topic::ORDER, 0, 10), at(topic::ORDER, 1, 5)];
        assert_eq!(unread("store", topic::ORDER, &done, &ends), 0);
    }

    #[test]
    fn what_others_read_is_known_from_their_positions() {
        let ends = [(0, 10), (0, 5)];
        assert_eq!(unread("coupons", topic::ORDER, &[], &ends), 0);
        assert_eq!(
            unread("coupons", topic::ORDER, &[at(topic::ORDER, 0, 4)], &ends),
            6
        );
    }

    #[test]
    fn what_is_left_is_said_with_its_place() {
        let left = Left {
            events: BTreeMap::from([("order".to_owned(), 2)]),
            messages: BTreeMap::from([(("store".to_owned(), topic::ORDER.to_owned()), 3)]),
        };
        assert_eq!(
            left.to_string(),
            "2 events in the outbox of order, 3 messages of fooddelivery.order that store has not read"
        );
    }
}
