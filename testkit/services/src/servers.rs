//! Starts PostgreSQL and Kafka, with the databases, roles and topics of the setup.

use crate::kafka::Kafka;
use crate::postgres::Postgres;
use crate::services::with_database;
use anyhow::{Context, Result};
use fdp_catalogue::variables;
use fdp_test_process::process::{self, Process};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The timeout for the setup.
const SETUP: Duration = Duration::from_mins(1);

/// Starts PostgreSQL with `settings`, and Kafka, and creates the databases, roles and topics with the `setup` binary.
pub(crate) fn bring_up(
    directory: &Path,
    binaries: &Path,
    libraries: &Path,
    settings: &[String],
) -> Result<(Kafka, Postgres)> {
    let subdirectory = |name: &str| -> Result<PathBuf> {
        let path = directory.join(name);
        std::fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(path)
    };
    let logs = subdirectory("logs")?;
    let postgres = Postgres::make(&subdirectory("postgres")?, &logs, fdp_ports::free()?)?.with(settings);
    let kafka = Kafka::make(
        &subdirectory("kafka")?,
        libraries,
        &logs,
        [fdp_ports::free()?, fdp_ports::free()?],
    )?;
    let mut postgres = postgres.finish()?;
    let mut kafka = kafka.finish()?;
    postgres.wait_ready()?;
    kafka.wait_ready()?;

    let passwords = subdirectory("databases")?;
    for name in with_database() {
        std::fs::write(passwords.join(name), password(name))?;
    }
    let mut setup = process::command(binaries.join("setup"), None);
    setup
        .env(variables::POSTGRES_URL, postgres.administrator_url())
        .env(variables::KAFKA_BROKERS, kafka.brokers())
        .env(variables::DATABASES_DIR, &passwords);
    Process::start("setup", setup, &logs.join("setup.log"))?.finish(SETUP)?;
    Ok((kafka, postgres))
}

/// The password of a database's role.
pub(crate) fn password(role: &str) -> String {
    format!("{role}-password")
}
