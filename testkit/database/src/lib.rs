//! A private PostgreSQL server for the tests of one crate: one server for each test program, one database for each
//! test.

use anyhow::{Context, Result, bail, ensure};
use fdp_storage::database;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use uuid::Uuid;

const START: Duration = Duration::from_secs(30);
/// The timeout for creating the database cluster on a busy machine.
const MAKE: Duration = Duration::from_mins(2);

/// The server of this test program. A static value is never dropped, so the server ends when its standard input is
/// closed, which happens when this process ends.
struct Server {
    socket_directory: String,
    _supervisor: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// An empty database with the tables of the kit and those of `migrations`.
///
/// # Errors
/// When PostgreSQL is not installed, does not start, or rejects a migration.
pub async fn migrated(migrations: &Migrator) -> Result<PgPool> {
    let server = SERVER
        .get_or_init(|| start().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let options = PgConnectOptions::new()
        .socket(&server.socket_directory)
        .username("postgres");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let administration = answering(options.clone().database("postgres")).await?;
    // The name is built above from letters and digits only.
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&administration)
        .await
        .with_context(|| format!("creating the database {name}"))?;
    administration.close().await;
    let pool = PgPoolOptions::new()
        .max_connections(20)
        .acquire_timeout(START)
        .connect_with(options.database(&name))
        .await
        .with_context(|| format!("connecting to the database {name}"))?;
    database::migrate(&pool, migrations)
        .await
        .with_context(|| format!("migrating the database {name}"))?;
    Ok(pool)
}

fn start() -> Result<Server> {
    let binaries = binaries()?;
    let mut supervisor = Command::new("sh")
        .args(["-c", include_str!("server.sh"), "server.sh"])
        .arg(binaries)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C must only reach the tests; the server then ends with them, in an orderly way.
        .process_group(0)
        .spawn()
        .context("starting a shell for the PostgreSQL server")?;
    let output = supervisor.stdout.take().context("the shell has no output")?;
    let Ok(line) = first_line(output).recv_timeout(MAKE) else {
        // The server, if it was started, ends when its standard input is closed.
        drop(supervisor.stdin.take());
        bail!("no PostgreSQL cluster was created within {} s", MAKE.as_secs());
    };
    ensure!(
        !line.is_empty(),
        "the PostgreSQL cluster could not be created (see the error above)"
    );
    Ok(Server {
        socket_directory: line.trim().to_owned(),
        _supervisor: supervisor,
    })
}

/// The first line of `output`, or nothing if it is closed before.
fn first_line(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // A line that cannot be read is treated like no line.
        let _ = BufReader::new(output).read_line(&mut line);
        let _ = sender.send(line);
    });
    receiver
}

/// The directory of the newest PostgreSQL in Debian's layout.
fn binaries() -> Result<PathBuf> {
    let found = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|directory| directory.join("initdb").exists())
        .max();
    found.context("PostgreSQL is not installed: apt-get install postgresql")
}

/// Connects as soon as the server responds.
async fn answering(options: PgConnectOptions) -> Result<PgPool> {
    let deadline = Instant::now() + START;
    loop {
        let connected = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await;
        match connected {
            Ok(pool) => return Ok(pool),
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("waiting for the PostgreSQL server to answer");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
