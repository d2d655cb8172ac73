//! A private server that speaks MongoDB's protocol for tests, or a real MongoDB that the environment names.
//!
//! The stand-in keeps everything in memory, and knows neither transactions nor change streams: what works on it
//! needs neither.

use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Names a real MongoDB to test with: `mongodb://host:27017`, without a database.
pub const REAL_SERVER: &str = "FDP_TEST_MONGODB_URL";

const POM: &str = include_str!("../pom.xml");
const SERVER: &str = include_str!("Server.java");

/// A running server. It ends when its standard input does: when this is dropped, or the process that holds it ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    process: Option<Child>,
}

static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();

/// The URL of this test program's server (no database named), which runs until the program ends.
///
/// # Errors
/// When Java or Maven are missing, or the server does not start.
pub fn url() -> Result<&'static str> {
    SHARED
        .get_or_init(|| Server::start().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map(Server::url)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

impl Server {
    /// Starts a server of the caller's own, unless the environment names one.
    ///
    /// # Errors
    /// When Java or Maven are missing, or the server does not start.
    pub fn start() -> Result<Self> {
        if let Some(url) = std::env::var(REAL_SERVER).ok().filter(|url| !url.is_empty()) {
            return Ok(Self { url, process: None });
        }
        let libraries = fdp_images::maven_libraries(&fdp_images::cache_dir(), "mongodb", POM)?;
        // Java compiles a single file by itself.
        let directory = tempfile::tempdir().context("making a temporary directory")?;
        let file = directory.path().join("Server.java");
        std::fs::write(&file, SERVER).with_context(|| format!("writing {}", file.display()))?;
        launch(&file, &libraries)
    }

    /// Its URL, without a database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn launch(file: &Path, libraries: &Path) -> Result<Server> {
    let mut process = Command::new("java")
        .args(["-Xmx256m", "-XX:+UseSerialGC", "-cp"])
        .arg(format!("{}/*", libraries.display()))
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C is for the tests; the server then ends with them, in its own way.
        .process_group(0)
        .spawn()
        .context("starting java (apt-get install openjdk-17-jdk-headless)")?;
    let output = process.stdout.take().context("java has no output")?;
    let mut line = String::new();
    BufReader::new(output)
        .read_line(&mut line)
        .context("waiting for the MongoDB stand-in")?;
    ensure!(
        line.starts_with("mongodb://"),
        "the MongoDB stand-in did not start: {line}"
    );
    Ok(Server {
        url: line.trim().to_owned(),
        process: Some(process),
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}
