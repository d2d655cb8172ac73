//! The platform under test: PostgreSQL, Kafka and all services, started together and stopped together.

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
/// How long a program that does something and ends may take.
const RUN: Duration = Duration::from_mins(2);
/// How long the store and the rider think before each step that they take by themselves.
const AUTOPILOT_DELAY_MS: &str = "300";

/// Everything that runs. Dropping it stops all of it, the services first.
#[derive(Debug)]
pub struct Platform {
    services: BTreeMap<String, Process>,
    addresses: BTreeMap<String, u16>,
    /// Where the gateway tells its metrics.
    management: u16,
    binaries: PathBuf,
    kafka: Kafka,
    postgres: Postgres,
    settings: Settings,
    directory: TempDir,
}

/// What is particular about a platform; the default is what the tests want.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Variables of services: service, name and value. They win over what every service is told.
    pub environment: Vec<(String, String, String)>,
    /// Settings of PostgreSQL, like `track_commit_timestamp=on`.
    pub postgres: Vec<String>,
}

impl Platform {
    /// Starts everything and waits until every service is ready.
    ///
    /// # Errors
    /// When something is missing or does not start: the message says what, and what to do. The logs' last
    /// lines are printed.
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

    /// The way in.
    pub fn gateway(&self) -> Client {
        self.client("gateway")
    }

    /// A client that speaks to one service, or one replica, directly.
    pub fn client(&self, name: &str) -> Client {
        // Port 0 refuses every connection, so a name that nobody has cannot pass for a service.
        Client::new(self.addresses.get(name).copied().unwrap_or_default())
    }

    /// Where the service `name` tells its metrics: the gateway does not do so where everybody can reach it.
    pub fn metrics_of(&self, name: &str) -> Client {
        if name == "gateway" {
            return Client::new(self.management);
        }
        self.client(name)
    }

    /// Where the logs and data are; a test may put files of its own there.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The log of one service, or one replica.
    pub fn log(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("logs/{name}.log"))
    }

    /// The broker.
    pub fn kafka(&mut self) -> &mut Kafka {
        &mut self.kafka
    }

    /// The databases.
    pub fn postgres(&mut self) -> &mut Postgres {
        &mut self.postgres
    }

    /// The port that `name` serves on.
    pub fn port(&self, name: &str) -> Option<u16> {
        self.addresses.get(name).copied()
    }

    /// The process ids of all that runs, by name; a session of PostgreSQL is a child of its server.
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
        let name = (1..=u8::MAX)
            .map(|number| format!("{service}-replica-{number}"))
            .find(|name| !self.services.contains_key(name))
            .with_context(|| format!("naming a replica of {service}"))?;
        let port = fdp_ports::free()?;
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

    /// Sets the variable `name` for every service (or takes it away again), and starts all of them anew.
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

    /// All are told first, so that they end side by side; one that hangs must not hold up the end.
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

    /// Starts every service that does not run, and waits for all of them.
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

    /// Fails when a service has ended that nobody stopped.
    ///
    /// # Errors
    /// With its last words.
    pub fn all_run(&mut self) -> Result<()> {
        self.services.values_mut().try_for_each(Process::still_runs)
    }

    /// Whether `service` keeps its data in the PostgreSQL of this platform.
    pub(crate) fn lies_in_postgres(&self, service: &str) -> bool {
        let elsewhere = ["ORDER_STORE", "mongodb"];
        let mut environment = self.settings.environment.iter();
        !environment.any(|(of, name, value)| of == service && [name, value] == elsewhere)
    }

    /// The last lines of every log.
    pub fn last_words(&self) -> String {
        last_words(self.directory.path())
    }

    /// Keeps the directory with all logs and data after the end.
    pub fn keep_directory(&mut self) {
        keep(&mut self.directory);
    }

    /// Runs the program of `service` with `arguments`, which make it do something and end, beside what runs; gives
    /// what it prints.
    ///
    /// # Errors
    /// When it fails, with its last words.
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
            // Nothing is redeployed under load here: whoever stops a service waits for it.
            .env(variables::CONNECTION_DRAIN_SECONDS, "0")
            .env(variables::POD_NAME, name)
            .env(variables::KAFKA_BROKERS, self.kafka.brokers())
            .env(variables::AUTOPILOT, "true")
            .env(variables::AUTOPILOT_DELAY_MS, AUTOPILOT_DELAY_MS)
            .envs(self.urls());
        if service == "order" {
            // Two replicas on one machine cannot share the port that each has in its pod.
            command.env(variables::GRPC_PORT, fdp_ports::free()?.to_string());
        }
        if service == "gateway" {
            command.env(variables::MANAGEMENT_PORT, self.management.to_string());
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
