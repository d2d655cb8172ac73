//! A private server with MongoDB's protocol for tests, or a real MongoDB from an environment variable.
//!
//! The stand-in keeps everything in memory and supports neither transactions nor change streams, so it can only test
//! code that needs neither.

use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The variable with the URL of a real MongoDB to test with: `mongodb://host:27017`, without a database.
pub const REAL_SERVER: &str = "FDP_TEST_MONGODB_URL";

const POM: &str = include_str!("../pom.xml");
const SERVER: &str = include_str!("Server.java");
/// The timeout for Java to compile and start it on a busy machine.
const START: Duration = Duration::from_mins(2);
/// The timeout for it to end; after that it is killed.
const STOP: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The number of its last output lines that are kept.
const WORDS: usize = 40;

/// A running server. It ends when its standard input is closed: when this is dropped, or the process that holds it
/// ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    process: Option<Child>,
    words: Words,
}

/// The last lines that a server has written to standard error.
#[derive(Debug, Clone, Default)]
struct Words(Arc<Mutex<VecDeque<String>>>);

static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();

/// The URL of this test program's server (without a database), which runs until the program ends.
///
/// # Errors
/// When Java or Maven is missing, or the server does not start.
pub fn url() -> Result<&'static str> {
    SHARED
        .get_or_init(|| Server::start().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map(Server::url)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

impl Server {
    /// Starts a separate server, unless the environment names one.
    ///
    /// # Errors
    /// When Java or Maven is missing, or the server does not start.
    pub fn start() -> Result<Self> {
        if let Some(url) = std::env::var(REAL_SERVER).ok().filter(|url| !url.is_empty()) {
            return Ok(Self {
                url,
                process: None,
                words: Words::default(),
            });
        }
        let libraries = fdp_images::maven_libraries(&fdp_checkout::cache(), "mongodb", POM)?;
        // Java can run a single source file directly.
        let directory = tempfile::tempdir().context("making a temporary directory")?;
        let file = directory.path().join("Server.java");
        std::fs::write(&file, SERVER).with_context(|| format!("writing {}", file.display()))?;
        launch(&file, &libraries)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The last lines of its log; empty for a server from the environment.
    pub fn last_words(&self) -> String {
        self.words.last()
    }
}

impl Words {
    /// Reads `pipe` until it is closed.
    fn listen(&self, pipe: impl Read + Send + 'static) {
        let words = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut lines = words.0.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == WORDS {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
    }

    fn last(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

fn launch(file: &Path, libraries: &Path) -> Result<Server> {
    let mut process = Command::new("java")
        .args(["-Xmx256m", "-XX:+UseSerialGC", "-cp"])
        .arg(format!("{}/*", libraries.display()))
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C must only reach the tests; the server then ends with them, in an orderly way.
        .process_group(0)
        .spawn()
        .context("starting java (apt-get install openjdk-17-jdk-headless)")?;
    let words = Words::default();
    words.listen(process.stderr.take().context("java has no errors")?);
    let output = process.stdout.take().context("java has no output")?;
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

/// The first line of `output`, or the part of it before it was closed. The rest is read too, so that the writer never
/// blocks.
fn first_line(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        // A line that cannot be read is treated like no address.
        let _ = output.read_line(&mut line);
        let _ = sender.send(line);
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    receiver
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_enough_and_none_is_no_line() {
        let line = |output: &'static str| first_line(output.as_bytes()).recv_timeout(START).unwrap();
        assert_eq!(line("mongodb://here\nand more"), "mongodb://here\n");
        assert_eq!(line(""), "");
    }

    #[test]
    fn the_last_words_are_bounded() {
        let words = Words::default();
        let (sender, heard) = mpsc::channel();
        let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        let many = lines.join("\n");
        let speaker = words.clone();
        speaker.listen(Spoken(many.into_bytes().into(), sender));
        heard.recv_timeout(START).unwrap_err();
        let last = words.last();
        assert!(
            last.starts_with("line 60\n") && last.ends_with("line 99"),
            "{last}"
        );
    }

    /// Bytes, and a sender that is dropped once they have been read.
    struct Spoken(
        VecDeque<u8>,
        #[expect(dead_code, reason = "its end is the message")] mpsc::Sender<()>,
    );

    impl Read for Spoken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
}
