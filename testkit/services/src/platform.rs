//! The platform under test: PostgreSQL, Kafka and all services, started and stopped together.

use crate::http::Client;
use crate::kafka::Kafka;
use crate::postgres::Postgres;
use crate::remains::{keep, last_words};
use crate::servers::{bring_up, password};
use crate::services::{self, names, with_database};
use anyhow::{Context, Result, bail};
use fdp_catalogue::{Service, variables};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const READY: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(25);
/// The timeout for a program that runs a task and exits.
const RUN: Duration = Duration::from_mins(2);
/// The delay before each step of the store's and the rider's autopilot.
const AUTOPILOT_DELAY_MS: &str = "300";

/// All processes. Dropping it stops all of them, the services first.
#[derive(Debug)]
pub struct Platform {
    services: BTreeMap<String, Process>,
    addresses: BTreeMap<String, u16>,
    /// The port of the gateway's metrics.
    management: u16,
    /// The port of pay's fault injection.
    drills: u16,
    binaries: PathBuf,
    kafka: Kafka,
    postgres: Postgres,
    settings: Settings,
    directory: TempDir,
}

/// The settings of a platform; the default is what most tests need.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Environment variables of services: service, name and value. They override those that all services get.
    pub environment: Vec<(String, String, String)>,
    /// Settings of PostgreSQL, such as `track_commit_timestamp=on`.
    pub postgres: Vec<String>,
}

impl Platform {
    /// Starts everything and waits until every service is ready.
    ///
    /// # Errors
    /// When something is missing or does not start: the message says what, and how to solve it. The last lines of the
    /// logs are printed.
    pub fn start() -> Result<Self> {
        Self::start_with(Settings::default())
    }

    /// The same with `settings`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(settings: Settings) -> Result<Self> {
        let binaries = services::binaries()?;
        let libraries = fdp_images::kafka_libs(&fdp_checkout::cache())?;
        let mut directory = tempfile::Builder::new()
            .prefix("fdp-services-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .context("making a temporary directory")?;
        let (kafka, postgres) = match bring_up(directory.path(), &binaries, &libraries, &settings.postgres) {
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
            management: fdp_ports::free()?,
            drills: fdp_ports::free()?,
            binaries,
            kafka,
            postgres,
            settings,
            directory,
        };
        for name in names() {
            platform.addresses.insert(name.to_owned(), fdp_ports::free()?);
        }
        if let Err(error) = platform.repair() {
            println!("{}", platform.last_words());
            platform.keep_directory();
            return Err(error);
        }
        Ok(platform)
    }

    /// A client of the gateway.
    pub fn gateway(&self) -> Client {
        self.client("gateway")
    }

    /// A client of one service, or one replica, without the gateway.
    pub fn client(&self, name: &str) -> Client {
        // Port 0 refuses every connection, so that an unknown name cannot be mistaken for a service.
        Client::new(self.addresses.get(name).copied().unwrap_or_default())
    }

    /// A client of the metrics of service `name`: those of the gateway are not on its public port.
    pub fn metrics_of(&self, name: &str) -> Client {
        if name == "gateway" {
            return Client::new(self.management);
        }
        self.client(name)
    }

    /// A client of pay's fault injection, of its first replica only.
    pub fn drills(&self) -> Client {
        Client::new(self.drills)
    }

    /// The port of pay's fault injection, of its first replica only.
    pub fn drills_port(&self) -> u16 {
        self.drills
    }

    /// The directory of the logs and data; a test may add files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The log of one service, or one replica.
    pub fn log(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("logs/{name}.log"))
    }

    pub fn kafka(&mut self) -> &mut Kafka {
        &mut self.kafka
    }

    pub fn postgres(&mut self) -> &mut Postgres {
        &mut self.postgres
    }

    /// The port of `name`.
    pub fn port(&self, name: &str) -> Option<u16> {
        self.addresses.get(name).copied()
    }

    /// The process IDs of everything that is running, by name; a session of PostgreSQL is a child of its server.
    pub fn processes(&self) -> BTreeMap<String, u32> {
        let servers = [("kafka", self.kafka.id()), ("postgres", self.postgres.id())];
        self.services
            .iter()
            .map(|(name, process)| (name.clone(), process.id()))
            .chain(
                servers
                    .into_iter()
                    .filter_map(|(name, id)| Some((name.to_owned(), id?))),
            )
            .collect()
    }

    /// Starts `name`; [`Self::wait_ready`] waits until it is ready.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start_service(&mut self, name: &str) -> Result<()> {
        self.launch(name, name)
    }

    /// Starts another replica of `service` and returns its name, which works like the name of a service.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start_replica(&mut self, service: &str) -> Result<String> {
        let name = (1..=u8::MAX)
            .map(|number| format!("{service}-replica-{number}"))
            .find(|name| !self.services.contains_key(name))
            .with_context(|| format!("naming a replica of {service}"))?;
        let port = fdp_ports::free()?;
        self.addresses.insert(name.clone(), port);
        self.launch(service, &name)?;
        Ok(name)
    }

    /// Waits until `name` reports that it is ready.
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
    /// When it is not running.
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

    /// Suspends `name`: it keeps its connections and does nothing, until [`Self::resume_service`].
    ///
    /// # Errors
    /// When it is not running.
    pub fn hang_service(&mut self, name: &str) -> Result<()> {
        self.service(name)?.signal(Signal::SIGSTOP)
    }

    /// Resumes `name`.
    ///
    /// # Errors
    /// When it is not running.
    pub fn resume_service(&mut self, name: &str) -> Result<()> {
        self.service(name)?.signal(Signal::SIGCONT)
    }

    /// Sets the variable `name` for every service (or removes it), and restarts all of them.
    ///
    /// # Errors
    /// When one does not end or does not become ready.
    pub fn restart_with(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        self.settings.environment.retain(|(_, other, _)| other != name);
        for service in names() {
            let setting = value.map(|value| (service.to_owned(), name.to_owned(), value.to_owned()));
            self.settings.environment.extend(setting);
        }
        self.stop_all().into_iter().collect::<Result<()>>()?;
        self.repair()
    }

    /// The signal is sent to all of them first, so that they end concurrently; one that hangs must not delay the
    /// others.
    fn stop_all(&mut self) -> Vec<Result<()>> {
        for process in self.services.values_mut() {
            let _ = process.signal(Signal::SIGCONT);
            let _ = process.signal(Signal::SIGTERM);
        }
        std::mem::take(&mut self.services)
            .into_values()
            .map(|process| process.stop(Signal::SIGTERM, STOP))
            .collect()
    }

    /// Starts every service that is not running, and waits for all of them.
    ///
    /// # Errors
    /// When one does not become ready.
    pub fn repair(&mut self) -> Result<()> {
        self.services.retain(|_, process| process.still_runs().is_ok());
        for process in self.services.values_mut() {
            process.signal(Signal::SIGCONT)?;
        }
        for name in names() {
            if !self.services.contains_key(name) {
                self.start_service(name)?;
            }
        }
        names().iter().try_for_each(|name| self.wait_ready(name))
    }

    /// Fails if a service has ended that was not stopped.
    ///
    /// # Errors
    /// With its last lines.
    pub fn all_run(&mut self) -> Result<()> {
        self.services.values_mut().try_for_each(Process::still_runs)
    }

    /// Whether `service` stores its data in the PostgreSQL of this platform.
    pub(crate) fn lies_in_postgres(&self, service: &str) -> bool {
        let elsewhere = ["ORDER_STORE", "mongodb"];
        let mut environment = self.settings.environment.iter();
        !environment.any(|(of, name, value)| of == service && [name, value] == elsewhere)
    }

    pub fn last_words(&self) -> String {
        last_words(self.directory.path())
    }

    /// Keeps the directory with all logs and data after the end.
    pub fn keep_directory(&mut self) {
        keep(&mut self.directory);
    }

    /// Runs the program of `service` with `arguments` that make it run a task and exit, and returns its output.
    ///
    /// # Errors
    /// When it fails, with its last lines.
    pub fn run(&self, service: &str, arguments: &[&str]) -> Result<String> {
        let mut command = process::command(self.binaries.join(service), None);
        command
            .args(arguments)
            .env(variables::KAFKA_BROKERS, self.kafka.brokers());
        if with_database().contains(&service) {
            let url = self.postgres.url(service, &password(service), service);
            command.env(variables::DATABASE_URL, url);
        }
        let output = process::output(&format!("{service} {}", arguments.join(" ")), command, RUN)?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            bail!("{service} {} failed: {}", arguments.join(" "), words.trim());
        }
        Ok(String::from_utf8(output.stdout)?)
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
            .env(variables::PORT, port.to_string())
            .env(variables::BIND_ADDRESS, "127.0.0.1")
            // No service is stopped under load here, so draining connections would only take time.
            .env(variables::CONNECTION_DRAIN_SECONDS, "0")
            .env(variables::POD_NAME, name)
            .env(variables::KAFKA_BROKERS, self.kafka.brokers())
            .env(variables::AUTOPILOT, "true")
            .env(variables::AUTOPILOT_DELAY_MS, AUTOPILOT_DELAY_MS)
            .envs(self.urls());
        if service == "order" {
            // In a cluster all replicas use the same port, each in its pod; on one machine they cannot.
            command.env(variables::GRPC_PORT, fdp_ports::free()?.to_string());
        }
        if service == "gateway" {
            command.env(variables::MANAGEMENT_PORT, self.management.to_string());
        }
        // A further replica would need a port of its own, and gets no drills.
        if name == "pay" {
            command.env(variables::DRILL_PORT, self.drills.to_string());
        }
        if with_database().contains(&service) {
            let url = self.postgres.url(service, &password(service), service);
            command.env(variables::DATABASE_URL, url);
        }
        for (of, name, value) in &self.settings.environment {
            if of == service {
                command.env(name, value);
            }
        }
        let log = self.log(name);
        let process = Process::start(name, command, &log)?;
        self.services.insert(name.to_owned(), process);
        Ok(())
    }

    fn urls(&self) -> Vec<(String, String)> {
        Service::ALL
            .into_iter()
            .filter_map(|service| Some((service, self.addresses.get(service.name())?)))
            .map(|(service, port)| (variables::url(service), format!("http://127.0.0.1:{port}")))
            .collect()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        for error in self.stop_all().into_iter().filter_map(Result::err) {
            println!("{error:#}");
        }
    }
}
