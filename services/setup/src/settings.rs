//! The settings of the job, from its environment.

use clap::Parser;
use fdp_catalogue::variables;
use std::path::PathBuf;

/// Creates the databases, roles and topics that the services need. May be run again at any time.
///
/// With `in-sync` it does something else: it tells whether a broker has every message that it should have; with `drain`, it
/// waits until every event is read; with `mirror`, it copies topics from one Kafka to another; with `reach`, it
/// tries whether servers can be reached. Each of them has `--help`.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Settings {
    /// How to reach PostgreSQL as a role that may create roles and databases. What it leaves out, the variables of
    /// libpq (PGUSER, PGPASSWORD, PGSSLMODE …) say.
    #[arg(long, env = variables::POSTGRES_URL, hide_env_values = true)]
    pub postgres_url: String,
    /// Kafka brokers, as host:port, separated by commas. How to sign in there, the variables
    /// `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_MECHANISM`, `KAFKA_USERNAME`, `KAFKA_PASSWORD` and `KAFKA_CA` say.
    #[arg(long, env = variables::KAFKA_BROKERS)]
    pub kafka_brokers: String,
    /// Where order keeps orders, if that is MongoDB. It is tried whether the URL opens it; nothing is made there but the mark
    /// whose it is.
    #[arg(long, env = variables::MONGODB_URL, hide_env_values = true)]
    pub mongodb_url: Option<String>,
    /// Partitions of each new event topic.
    #[arg(long, env = variables::TOPIC_PARTITIONS, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    pub topic_partitions: i32,
    /// Replicas of each new topic; -1 takes as many as the brokers themselves find right.
    #[arg(long, env = variables::TOPIC_REPLICATION, default_value_t = 1, allow_negative_numbers = true, value_parser = replicas)]
    pub topic_replication: i32,
    /// One file per database: its name is the database and its role, its content the password.
    #[arg(long, env = variables::DATABASES_DIR, default_value = "/etc/fdp/databases")]
    pub databases_dir: PathBuf,
    /// Put before the name of each database and role, where others may use the same server; may be empty.
    #[arg(long, env = variables::DATABASE_PREFIX)]
    pub database_prefix: Option<String>,
    /// Put before the name of each topic, where others may use the same brokers.
    #[arg(long, env = variables::KAFKA_PREFIX, default_value = "")]
    pub kafka_prefix: String,
    /// Whether others may use the same brokers although there is no prefix for topics. These are marked as well then; if they
    /// are marked for another platform, that is only told.
    #[arg(long, env = variables::MARK_TOPICS)]
    pub mark_topics: bool,
    /// Whether others may use the same MongoDB: the database is marked for the platform then, or refused if it is marked for
    /// another one.
    #[arg(long, env = variables::MARK_MONGODB)]
    pub mark_mongodb: bool,
    /// The platform, as namespace/name. Roles, and topics with a prefix, are marked for it, and those that are marked for
    /// another platform are not touched.
    #[arg(long, env = variables::OWNER)]
    pub owner: Option<String>,
    /// The id of the platform's resource.
    #[arg(long, env = variables::OWNER_UID)]
    pub owner_uid: Option<String>,
    /// Where to write in few words that something is another platform's, or that a server refuses the credentials, for the
    /// operator to read.
    #[arg(long, default_value = "/dev/termination-log")]
    pub clash_file: PathBuf,
    /// Seconds to wait for the servers before giving up.
    #[arg(long, env = variables::SETUP_TIMEOUT, default_value_t = 600)]
    pub setup_timeout: u64,
}

fn replicas(text: &str) -> Result<i32, String> {
    match text.parse() {
        Ok(replicas @ (-1 | 1..)) => Ok(replicas),
        _ => Err("expected a number of replicas, or -1 for the brokers' own default".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_may_decide_the_number_of_replicas_themselves() {
        let read = |replication: &str| {
            let arguments = [
                "setup",
                "--postgres-url=postgres://host/postgres",
                "--kafka-brokers=host:9092",
            ];
            Settings::try_parse_from(arguments.into_iter().chain(["--topic-replication", replication]))
        };
        assert_eq!(read("-1").unwrap().topic_replication, -1);
        assert_eq!(read("3").unwrap().topic_replication, 3);
        assert!(read("0").unwrap_err().to_string().contains("-1 for the brokers"));
        assert!(read("many").is_err());
    }
}
