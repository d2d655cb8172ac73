//! A PostgreSQL cluster of its own, on disk, that may be killed and started again.

use anyhow::{Context, Result, bail, ensure};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Debian's directory of PostgreSQL 15.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// The administrator; the tests ask as this role, through a socket that needs no password.
const ADMINISTRATOR: &str = "postgres";
const PASSWORD: &str = "administrator";
const START: Duration = Duration::from_secs(30);
/// How long one statement may take; a server that hangs answers none.
const ANSWER: Duration = Duration::from_mins(1);

/// The cluster and, while it runs, its server.
#[derive(Debug)]
pub struct Postgres {
    directory: PathBuf,
    log: PathBuf,
    port: u16,
    user: Option<User>,
    settings: Vec<String>,
    server: Option<Process>,
}

/// A cluster that is still being made, so that other things can be made meanwhile.
#[derive(Debug)]
pub struct Making {
    postgres: Postgres,
    initdb: Process,
}

impl Postgres {
    /// Begins to make a cluster in `directory`, which must exist; its log goes to `logs`.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or nobody is there to run it as (it refuses to run as root).
    pub fn make(directory: &Path, logs: &Path, port: u16) -> Result<Making> {
        ensure!(
            binary("initdb").exists(),
            "there is no {}: apt-get install postgresql-15",
            binary("initdb").display()
        );
        let user = unprivileged_user()?;
        if let Some(user) = &user {
            std::os::unix::fs::chown(directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| format!("giving {} to {}", directory.display(), user.name))?;
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

    /// Starts the server; [`Self::wait_ready`] tells when it answers.
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
        // Data must survive a kill -9 of the server, as it must in production: fsync stays on.
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

    /// Waits until it answers. A server that was killed leaves children behind for a moment, and the next
    /// one refuses to start beside them: it is started again until it may.
    ///
    /// # Errors
    /// When it does not answer in time.
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

    /// The process id of its server, if it runs; each session has a child of it.
    pub fn id(&self) -> Option<u32> {
        self.server.as_ref().map(Process::id)
    }

    /// Kills the server as `kill -9` does.
    ///
    /// # Errors
    /// When it did not run.
    pub fn crash(&mut self) -> Result<()> {
        self.server.take().context("PostgreSQL does not run")?.crash()
    }

    /// Stops the server in an orderly way.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            // SIGINT is PostgreSQL's fast shutdown: it ends sessions, and loses nothing.
            Some(server) => server.stop(Signal::SIGINT, Duration::from_secs(10)),
            None => Ok(()),
        }
    }

    /// The URL of `database` for `role`.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL for the administrator.
    pub fn administrator_url(&self) -> String {
        self.url(ADMINISTRATOR, PASSWORD, "postgres")
    }

    /// The rows that `select` gives in `database`, as a list of JSON objects.
    ///
    /// # Errors
    /// When the server does not answer or refuses the query.
    pub fn query(&self, database: &str, select: &str) -> Result<Vec<Value>> {
        let text = self.psql(
            database,
            &format!("SELECT coalesce(json_agg(r), '[]') FROM ({select}) r"),
        )?;
        serde_json::from_str(&text).with_context(|| format!("reading the rows of: {select}"))
    }

    /// The one number that `select` gives in `database`.
    ///
    /// # Errors
    /// As [`Self::query`], or when it is no number.
    pub fn number(&self, database: &str, select: &str) -> Result<i64> {
        let text = self.psql(database, select)?;
        text.trim()
            .parse()
            .with_context(|| format!("'{text}' is no number: {select}"))
    }

    /// Does to `database` what `statement` says.
    ///
    /// # Errors
    /// When the server does not answer or refuses it.
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
                "asking the database {database}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Making {
    /// Has the server started with `settings`, like `track_commit_timestamp=on`.
    #[must_use]
    pub fn with(mut self, settings: &[String]) -> Self {
        self.postgres.settings = settings.to_vec();
        self
    }

    /// Waits until the cluster is made, and starts its server.
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

/// Whom to run it as: nobody else, unless we are root.
fn unprivileged_user() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user postgres or nobody: add one")
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
