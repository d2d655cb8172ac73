//! The servers that stand in for MongoDB, and how each is started.

use anyhow::{Context, Result};
use std::process::Command;

const POM: &str = include_str!("../pom.xml");
const SERVER: &str = include_str!("Server.java");

/// A server that speaks MongoDB's protocol. What all of them do, MongoDB does as well; none of them does all that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandIn {
    /// It needs Java and Maven (`apt-get install openjdk-17-jdk-headless maven`).
    MongoJavaServer,
    /// It is compiled with Go on first use, which takes a minute or two.
    FerretDb,
}

impl StandIn {
    /// What `start` makes of the command that serves, prints the address, and ends when its standard input does.
    pub(crate) fn with_command<T>(self, start: impl FnOnce(&mut Command) -> Result<T>) -> Result<T> {
        match self {
            Self::MongoJavaServer => {
                let libraries = fdp_images::maven_libraries(&fdp_checkout::cache(), "mongodb", POM)?;
                // Java can run a single source file directly, and has read it when the server serves.
                let directory = tempfile::tempdir().context("making a temporary directory")?;
                let file = directory.path().join("Server.java");
                std::fs::write(&file, SERVER).with_context(|| format!("writing {}", file.display()))?;
                let mut java = Command::new("java");
                java.args(["-Xmx256m", "-XX:+UseSerialGC", "-cp"])
                    .arg(format!("{}/*", libraries.display()))
                    .arg(file);
                start(&mut java)
            }
            Self::FerretDb => start(&mut Command::new(fdp_programs::program("ferretdb")?)),
        }
    }
}
