//! Private servers with MongoDB's protocol for tests, or a real MongoDB from an environment variable.
//!
//! None of the stand-ins supports transactions or change streams, so they can only test code that needs neither.

mod stand_in;
mod words;

use anyhow::{Context, Result, bail};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};
use words::{Words, first_line};

pub use stand_in::StandIn;

/// The variable with the URL of a real MongoDB to test with, in place of [`StandIn::MongoJavaServer`]:
/// `mongodb://host:27017`, without a database.
pub const REAL_SERVER: &str = "FDP_TEST_MONGODB_URL";

/// The timeout for it to start on a busy machine; Java compiles it first.
const START: Duration = Duration::from_mins(2);
/// The timeout for it to end; after that it is killed.
const STOP: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A running server. It ends when its standard input is closed: when this is dropped, or the process that holds it
/// ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    process: Option<Child>,
    words: Words,
}

/// The URL of this test program's server (without a database), which runs until the program ends.
///
/// # Errors
/// When the server cannot be made (see [`StandIn`]), or does not start.
pub fn url(stand_in: StandIn) -> Result<&'static str> {
    static JAVA: OnceLock<Result<Server, String>> = OnceLock::new();
    static FERRETDB: OnceLock<Result<Server, String>> = OnceLock::new();
    let shared = match stand_in {
        StandIn::MongoJavaServer => &JAVA,
        StandIn::FerretDb => &FERRETDB,
    };
    shared
        .get_or_init(|| Server::start(stand_in).map_err(|error| format!("{error:#}")))
        .as_ref()
        .map(Server::url)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

impl Server {
    /// Starts a separate server, unless the environment names one that takes its place.
    ///
    /// # Errors
    /// When the server cannot be made (see [`StandIn`]), or does not start.
    pub fn start(stand_in: StandIn) -> Result<Self> {
        let real = std::env::var(REAL_SERVER).ok().filter(|url| !url.is_empty());
        match (stand_in, real) {
            (StandIn::MongoJavaServer, Some(url)) => Ok(Self {
                url,
                process: None,
                words: Words::default(),
            }),
            _ => stand_in.with_command(launch),
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its process; `None` for a server from the environment.
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The last lines of its log; empty for a server from the environment.
    pub fn last_words(&self) -> String {
        self.words.last()
    }
}

fn launch(command: &mut Command) -> Result<Server> {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C must only reach the tests; the server then ends with them, in an orderly way.
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let words = Words::default();
    words.listen(process.stderr.take().context("it has no errors")?);
    let output = process.stdout.take().context("it has no output")?;
    match first_line(output).recv_timeout(START) {
        Ok(line) if line.starts_with("mongodb://") => Ok(Server {
            url: line.trim().to_owned(),
            process: Some(process),
            words,
        }),
        said => {
            let _ = process.kill();
            let _ = process.wait();
            let how = said.map_or_else(
                |_| format!("it printed nothing for {} s", START.as_secs()),
                |line| format!("it said '{}'", line.trim()),
            );
            bail!("the MongoDB stand-in did not start: {how}\n{}", words.last());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            let until = Instant::now() + STOP;
            while matches!(process.try_wait(), Ok(None)) {
                if Instant::now() > until {
                    let _ = process.kill();
                    let _ = process.wait();
                    break;
                }
                thread::sleep(POLL_INTERVAL);
            }
        }
    }
}
