//! What can go wrong while images are made, and what to do about it.

use std::path::{Path, PathBuf};

/// Every failure names the object it happened to; most name the cure as well.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused something.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done, as a gerund: "reading".
        doing: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program could not be started at all.
    #[error("{program} could not be started for {doing}: {source}; {cure}")]
    Start {
        /// Its name on the `PATH`.
        program: String,
        /// What it was meant to do.
        doing: String,
        /// How to get it.
        cure: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("{program} failed at {doing}: {detail}")]
    Command {
        /// Its name on the `PATH`.
        program: String,
        /// What it was meant to do.
        doing: String,
        /// The end of what it printed.
        detail: String,
    },
    /// A Debian package is missing and cannot be installed from here.
    #[error("{} is missing; run as root, or: apt-get install {package}", probe.display())]
    PackageMissing {
        /// The package that holds the file.
        package: &'static str,
        /// The file that was looked for.
        probe: PathBuf,
    },
    /// A binary that goes into an image has not been built.
    #[error("{} is missing; build it first: cargo build -p {package}", path.display())]
    BinaryMissing {
        /// Where it was expected.
        path: PathBuf,
        /// The crate that makes it.
        package: &'static str,
    },
    /// A shared library that a program needs is not on this machine.
    #[error("{needed_by} needs {library}, which this machine does not have")]
    LibraryMissing {
        /// The library's name as the linker looks for it.
        library: String,
        /// Who asks for it.
        needed_by: String,
    },
    /// The Java development kit is too old.
    #[error(
        "{} is Java {found:?}, Kafka needs 17 or newer; apt-get install openjdk-17-jdk-headless",
        home.display()
    )]
    JavaTooOld {
        /// Where it lies.
        home: PathBuf,
        /// The version it claims.
        found: String,
    },
    /// A record that an earlier run left cannot be read.
    #[error("{} is not readable ({source}); delete it and build again", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Something was asked about images before there were any.
    #[error("no images in {}; make them with: fdp-images build --binaries DIR", path.display())]
    NotBuilt {
        /// Where they would be.
        path: PathBuf,
    },
    /// A registry did not take an image.
    #[error(
        "pushing {image} to {destination}: {detail}; check the registry's address and log in with: skopeo login {registry}"
    )]
    Push {
        /// The image's name here.
        image: String,
        /// Where it should have gone.
        destination: String,
        /// The registry's host.
        registry: String,
        /// What skopeo said.
        detail: String,
    },
}

impl Error {
    /// For `map_err`: an [`Error::Io`] about `path`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
