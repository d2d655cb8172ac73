//! A private PostgreSQL cluster with its data on disk, which can be killed and restarted.

use anyhow::{Context, Result, bail, ensure};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The directory of PostgreSQL 15 in Debian's layout.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// The administrator's role, which tests use through a socket without a password.
const ADMINISTRATOR: &str = "postgres";
const PASSWORD: &str = "administrator";
const START: Duration = Duration::from_secs(30);
/// The timeout for one statement; a suspended server never responds.
const ANSWER: Duration = Duration::from_mins(1);

/// The cluster and, while it is running, its server.
#[derive(Debug)]
pub struct Postgres {
    directory: PathBuf,
    log: PathBuf,
    port: u16,
    user: Option<User>,
    settings: Vec<String>,
    server: Option<Process>,
}

/// A cluster that is being created in the background.
#[derive(Debug)]
pub struct Making {
    postgres: Postgres,
    initdb: Process,
}

impl Postgres {
    /// Begins to create a cluster in `directory`, which must exist; its log goes to `logs`.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or there is no unprivileged user to run it as (it refuses to run as root).
    pub fn make(directory: &Path, logs: &Path, port: u16) -> Result<Making> {
        ensure!(
            binary("initdb").exists(),
            "there is no {}: apt-get install postgresql-15",
            binary("initdb").display()
        );
        let user = unprivileged_user()?;
        if let Some(user) = &user {
            std::os::unix::fs::chown(directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| format!("changing the owner of {} to {}", directory.display(), user.name))?;
        }
        let password = directory.join("password");
        std::fs::write(&password, PASSWORD).with_context(|| format!("writing {}", password.display()))?;
        let log = logs.join("postgres.log");
        let mut initdb = process::command(binary("initdb"), user.as_ref());
        initdb
            .current_dir(directory)
            .args(["--username", ADMINISTRATOR, "--no-locale", "--encoding=UTF8"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"])
            .arg("--pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(directory.join("data"));
        Ok(Making {
            initdb: Process::start("initdb", initdb, &log)?,
            postgres: Self {
                directory: directory.to_owned(),
                log,
                port,
                user,
                settings: Vec::new(),
                server: None,
            },
        })
    }

    /// Starts the server; [`Self::wait_ready`] waits until it responds.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let mut server = process::command(binary("postgres"), self.user.as_ref());
        server
            .current_dir(&self.directory)
            .arg("-D")
            .arg(self.directory.join("data"))
            .arg("-k")
            .arg(&self.directory)
            .args(["-p", &self.port.to_string()]);
        // As in production, data must survive a `kill -9` of the server: fsync stays on.
        for setting in [
            "listen_addresses=127.0.0.1",
            "max_connections=200",
            "shared_buffers=64MB",
            "fsync=on",
        ] {
            server.args(["-c", setting]);
        }
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        self.server = Some(Process::start("postgres", server, &self.log)?);
        Ok(())
    }

    /// Waits until it responds. A killed server leaves child processes behind for a short time, and a new server
    /// refuses to start meanwhile: it is restarted until that succeeds.
    ///
    /// # Errors
    /// When it does not respond in time.
    pub fn wait_ready(&mut self) -> Result<()> {
        wait::until("PostgreSQL to answer", START, || {
            if let Some(server) = &mut self.server
                && let Err(error) = server.still_runs()
            {
                self.start()?;
                return Err(error);
            }
            self.query("postgres", "SELECT 1").map(Some)
        })
        .map(|_| ())
    }

    /// The process ID of its server, if it is running; each session is a child process of it.
    pub fn id(&self) -> Option<u32> {
        self.server.as_ref().map(Process::id)
    }

    /// Kills the server as `kill -9` does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn crash(&mut self) -> Result<()> {
        self.server.take().context("PostgreSQL is not running")?.crash()
    }

    /// Shuts the server down.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            // SIGINT is PostgreSQL's fast shutdown: it ends sessions and loses no data.
            Some(server) => server.stop(Signal::SIGINT, Duration::from_secs(10)),
            None => Ok(()),
        }
    }

    /// The URL of `database` for `role`.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn administrator_url(&self) -> String {
        self.url(ADMINISTRATOR, PASSWORD, "postgres")
    }

    /// The rows of `select` in `database`, as a list of JSON objects.
    ///
    /// # Errors
    /// When the server does not respond or rejects the query.
    pub fn query(&self, database: &str, select: &str) -> Result<Vec<Value>> {
        let text = self.psql(
            database,
            &format!("SELECT coalesce(json_agg(r), '[]') FROM ({select}) r"),
        )?;
        serde_json::from_str(&text).with_context(|| format!("reading the rows of: {select}"))
    }

    /// The single number that `select` returns in `database`.
    ///
    /// # Errors
    /// As [`Self::query`], or when it is not a number.
    pub fn number(&self, database: &str, select: &str) -> Result<i64> {
        let text = self.psql(database, select)?;
        text.trim()
            .parse()
            .with_context(|| format!("'{text}' is no number: {select}"))
    }

    /// Executes `statement` in `database`.
    ///
    /// # Errors
    /// When the server does not respond or rejects it.
    pub fn execute(&self, database: &str, statement: &str) -> Result<()> {
        self.psql(database, statement).map(drop)
    }

    fn psql(&self, database: &str, statement: &str) -> Result<String> {
        let mut psql = process::command(binary("psql"), None);
        psql.arg("-h")
            .arg(&self.directory)
            .args(["-p", &self.port.to_string(), "-U", ADMINISTRATOR, "-d", database])
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]);
        let output = process::output("psql", psql, ANSWER)?;
        if !output.status.success() {
            bail!(
                "querying the database {database}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Making {
    /// Starts the server with `settings` such as `track_commit_timestamp=on`.
    #[must_use]
    pub fn with(mut self, settings: &[String]) -> Self {
        self.postgres.settings = settings.to_vec();
        self
    }

    /// Waits until the cluster is created, and starts its server.
    ///
    /// # Errors
    /// When either fails.
    pub fn finish(mut self) -> Result<Postgres> {
        self.initdb.finish(Duration::from_mins(1))?;
        self.postgres.start()?;
        Ok(self.postgres)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{error:#}");
        }
    }
}

fn binary(name: &str) -> PathBuf {
    Path::new(BINARIES).join(name)
}

/// The user to run the server as: `None` unless this process is root.
fn unprivileged_user() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user postgres or nobody: create one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "starts a server"]
    fn what_was_committed_survives_a_kill() {
        let directory = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        let data = directory.path().join("postgres");
        std::fs::create_dir(&data).unwrap();
        let making = Postgres::make(&data, directory.path(), fdp_ports::free().unwrap()).unwrap();
        let mut postgres = making.finish().unwrap();
        postgres.wait_ready().unwrap();
        postgres
            .psql("postgres", "CREATE TABLE dish AS SELECT 5 AS qty")
            .unwrap();
        postgres.crash().unwrap();
        assert!(postgres.query("postgres", "SELECT 1").is_err());
        postgres.start().unwrap();
        postgres.wait_ready().unwrap();
        let rows = postgres.query("postgres", "SELECT qty FROM dish").unwrap();
        assert_eq!(rows, [serde_json::json!({"qty": 5})]);
        postgres.stop().unwrap();
    }
}
