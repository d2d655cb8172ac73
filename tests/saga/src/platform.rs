//! The platform under test: PostgreSQL, Kafka and all services, started together and stopped together.

use crate::http::Client;
use crate::kafka::Kafka;
use crate::ports;
use crate::postgres::Postgres;
use crate::process::{self, Process};
use crate::services::{self, NAMES, WITH_DATABASE};
use crate::wait;
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const READY: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(25);
/// How long the store and the rider think before each step that they take by themselves.
const AUTOPILOT_DELAY_MS: &str = "300";

/// Everything that runs. Dropping it stops all of it, the services first.
#[derive(Debug)]
pub struct Platform {
    services: BTreeMap<String, Process>,
    addresses: BTreeMap<String, u16>,
    binaries: PathBuf,
    kafka: Kafka,
    postgres: Postgres,
    directory: TempDir,
}

impl Platform {
    /// Starts everything and waits until every service is ready.
    ///
    /// # Errors
    /// When something is missing or does not start: the message says what, and what to do. The logs' last
    /// lines are printed.
    pub fn start() -> Result<Self> {
        let binaries = services::binaries()?;
        let libraries = fdp_images::kafka_libs(&fdp_images::cache_dir())?;
        let mut directory = tempfile::Builder::new()
            .prefix("fdp-saga-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .context("making a temporary directory")?;
        let (kafka, postgres) = match bring_up(directory.path(), &binaries, &libraries) {
            Ok(servers) => servers,
            Err(error) => {
                println!("{}", last_words(directory.path()));
                keep(&mut directory);
                return Err(error);
            }
        };
        let mut platform = Self {
            services: BTreeMap::new(),
            addresses: BTreeMap::new(),
            binaries,
            kafka,
            postgres,
            directory,
        };
        for name in NAMES {
            platform.addresses.insert(name.to_owned(), ports::free()?);
        }
        if let Err(error) = platform.repair() {
            println!("{}", platform.last_words());
            platform.keep_directory();
            return Err(error);
        }
        Ok(platform)
    }

    /// The way in.
    pub fn gateway(&self) -> Client {
        self.client("gateway")
    }

    /// A client that speaks to one service, or one replica, directly.
    pub fn client(&self, name: &str) -> Client {
        // Port 0 refuses every connection, so a name that nobody has cannot pass for a service.
        Client::new(self.addresses.get(name).copied().unwrap_or_default())
    }

    /// The broker.
    pub fn kafka(&mut self) -> &mut Kafka {
        &mut self.kafka
    }

    /// The databases.
    pub fn postgres(&mut self) -> &mut Postgres {
        &mut self.postgres
    }

    /// Starts `name`; [`Self::wait_ready`] tells when it is ready.
    ///
    /// # Errors
    /// When the process cannot be made.
    pub fn start_service(&mut self, name: &str) -> Result<()> {
        self.launch(name, name)
    }

    /// Starts a further replica of `service` and gives the name under which it can be spoken to and stopped.
    ///
    /// # Errors
    /// When the process cannot be made.
    pub fn start_replica(&mut self, service: &str) -> Result<String> {
        let name = format!("{service}-replica");
        let port = ports::free()?;
        self.addresses.insert(name.clone(), port);
        self.launch(service, &name)?;
        Ok(name)
    }

    /// Waits until `name` says that it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub fn wait_ready(&mut self, name: &str) -> Result<()> {
        let client = self.client(name);
        let process = self.service(name)?;
        wait::until(&format!("{name} to be ready"), READY, || {
            if let Err(ended) = process.still_runs() {
                return Ok(Some(Err(ended)));
            }
            client.get("/readyz")?.expect(200)?;
            Ok(Some(Ok(())))
        })?
    }

    /// Kills `name` as `kill -9` does.
    ///
    /// # Errors
    /// When it did not run.
    pub fn crash_service(&mut self, name: &str) -> Result<()> {
        self.take(name)?.crash()
    }

    /// Stops `name` as a rollout does: with SIGTERM, and time to finish.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop_service(&mut self, name: &str) -> Result<()> {
        self.take(name)?.stop(Signal::SIGTERM, STOP)
    }

    /// Makes `name` hang: it keeps its connections and does nothing, until [`Self::resume_service`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn hang_service(&mut self, name: &str) -> Result<()> {
        self.service(name)?.signal(Signal::SIGSTOP)
    }

    /// Lets `name` go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume_service(&mut self, name: &str) -> Result<()> {
        self.service(name)?.signal(Signal::SIGCONT)
    }

    /// Starts every service that does not run, and waits for all of them.
    ///
    /// # Errors
    /// When one does not become ready.
    pub fn repair(&mut self) -> Result<()> {
        self.services.retain(|_, process| process.still_runs().is_ok());
        for process in self.services.values_mut() {
            process.signal(Signal::SIGCONT)?;
        }
        for name in NAMES {
            if !self.services.contains_key(name) {
                self.start_service(name)?;
            }
        }
        NAMES.iter().try_for_each(|name| self.wait_ready(name))
    }

    /// Fails when a service has ended that nobody stopped.
    ///
    /// # Errors
    /// With its last words.
    pub fn all_run(&mut self) -> Result<()> {
        self.services.values_mut().try_for_each(Process::still_runs)
    }

    /// The last lines of every log.
    pub fn last_words(&self) -> String {
        last_words(self.directory.path())
    }

    /// Keeps the directory with all logs and data after the end.
    pub fn keep_directory(&mut self) {
        keep(&mut self.directory);
    }

    fn service(&mut self, name: &str) -> Result<&mut Process> {
        self.services
            .get_mut(name)
            .with_context(|| format!("{name} does not run"))
    }

    fn take(&mut self, name: &str) -> Result<Process> {
        self.services
            .remove(name)
            .with_context(|| format!("{name} does not run"))
    }

    fn launch(&mut self, service: &str, name: &str) -> Result<()> {
        let port = self
            .addresses
            .get(name)
            .with_context(|| format!("there is no service {name}"))?;
        let mut command = process::command(self.binaries.join(service), None);
        command
            .env("PORT", port.to_string())
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("POD_NAME", name)
            .env("KAFKA_BROKERS", self.kafka.brokers())
            .env("AUTOPILOT", "true")
            .env("AUTOPILOT_DELAY_MS", AUTOPILOT_DELAY_MS)
            .envs(self.urls());
        if WITH_DATABASE.contains(&service) {
            let url = self.postgres.url(service, &password(service), service);
            command.env("DATABASE_URL", url);
        }
        let log = self.directory.path().join(format!("logs/{name}.log"));
        let process = Process::start(name, command, &log)?;
        self.services.insert(name.to_owned(), process);
        Ok(())
    }

    fn urls(&self) -> Vec<(String, String)> {
        NAMES
            .iter()
            .filter_map(|name| Some((name, self.addresses.get(*name)?)))
            .map(|(name, port)| (services::url_variable(name), format!("http://127.0.0.1:{port}")))
            .collect()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // All are told first, so that they end side by side; one that hangs must not hold up the end.
        for process in self.services.values_mut() {
            let _ = process.signal(Signal::SIGCONT);
            let _ = process.signal(Signal::SIGTERM);
        }
        for (_, process) in std::mem::take(&mut self.services) {
            if let Err(error) = process.stop(Signal::SIGTERM, STOP) {
                println!("{error:#}");
            }
        }
    }
}

/// PostgreSQL and Kafka, with the databases, roles and topics that the `setup` binary makes in them.
fn bring_up(directory: &Path, binaries: &Path, libraries: &Path) -> Result<(Kafka, Postgres)> {
    let subdirectory = |name: &str| -> Result<PathBuf> {
        let path = directory.join(name);
        std::fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(path)
    };
    let logs = subdirectory("logs")?;
    let postgres = Postgres::make(&subdirectory("postgres")?, &logs, ports::free()?)?;
    let kafka = Kafka::make(
        &subdirectory("kafka")?,
        libraries,
        &logs,
        [ports::free()?, ports::free()?],
    )?;
    let mut postgres = postgres.finish()?;
    let mut kafka = kafka.finish()?;
    postgres.wait_ready()?;
    kafka.wait_ready()?;

    let passwords = subdirectory("databases")?;
    for name in WITH_DATABASE {
        std::fs::write(passwords.join(name), password(name))?;
    }
    let mut setup = process::command(binaries.join("setup"), None);
    setup
        .env("POSTGRES_URL", postgres.administrator_url())
        .env("KAFKA_BROKERS", kafka.brokers())
        .env("DATABASES_DIR", &passwords);
    Process::start("setup", setup, &logs.join("setup.log"))?.finish(READY)?;
    Ok((kafka, postgres))
}

fn password(role: &str) -> String {
    format!("{role}-password")
}

fn keep(directory: &mut TempDir) {
    println!("logs and data stay in {}", directory.path().display());
    directory.disable_cleanup(true);
}

fn last_words(directory: &Path) -> String {
    let mut words = String::new();
    let mut logs: Vec<PathBuf> = std::fs::read_dir(directory.join("logs"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    logs.sort();
    for log in logs {
        let lines = process::last_lines(&log, 12);
        let _ = writeln!(words, "--- {}\n{lines}", log.display());
    }
    words
}
