//! What the job is told through its environment.

use clap::Parser;
use std::path::PathBuf;

/// Creates the databases, roles and topics that the services need. May be run again at any time.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Settings {
    /// How to reach PostgreSQL as a role that may create roles and databases.
    #[arg(long, env = "POSTGRES_URL", hide_env_values = true)]
    pub postgres_url: String,
    /// Kafka brokers, as host:port, separated by commas.
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// Partitions of each new event topic.
    #[arg(long, env = "TOPIC_PARTITIONS", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    pub topic_partitions: i32,
    /// Replicas of each new topic.
    #[arg(long, env = "TOPIC_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub topic_replication: i32,
    /// One file per database: its name is the database and its role, its content the password.
    #[arg(long, env = "DATABASES_DIR", default_value = "/etc/fdp/databases")]
    pub databases_dir: PathBuf,
    /// Seconds to wait for both servers before giving up.
    #[arg(long, env = "SETUP_TIMEOUT", default_value_t = 600)]
    pub setup_timeout: u64,
}
