//! The errors of building images, most with a solution.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// The attempted action, as a gerund: "reading".
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("{program} could not be started for {doing}: {source}; {cure}")]
    Start {
        program: String,
        /// What the program was started for.
        doing: String,
        /// How to install it.
        cure: &'static str,
        source: std::io::Error,
    },
    #[error("{program} failed at {doing}: {detail}")]
    Command {
        program: String,
        /// What the program was started for.
        doing: String,
        /// The end of its output.
        detail: String,
    },
    /// A Debian package is missing and cannot be installed automatically.
    #[error("{} is missing; run as root, or: apt-get install {package}", probe.display())]
    PackageMissing {
        package: &'static str,
        /// The file that was expected.
        probe: PathBuf,
    },
    /// A binary for an image has not been built.
    #[error("{} is missing; build it first: cargo build -p {package}", path.display())]
    BinaryMissing {
        /// The expected path.
        path: PathBuf,
        /// The crate that builds it.
        package: &'static str,
    },
    #[error("{needed_by} needs {library}, which this machine does not have")]
    LibraryMissing {
        /// The library's name as the linker uses it.
        library: String,
        /// The file that needs it.
        needed_by: String,
    },
    #[error(
        "{} is Java {found:?}, Kafka needs 17 or newer; apt-get install openjdk-17-jdk-headless",
        home.display()
    )]
    JavaTooOld {
        home: PathBuf,
        /// The reported version.
        found: String,
    },
    /// A record of an earlier run cannot be parsed.
    #[error("{} is not readable ({source}); delete it and build again", path.display())]
    Record {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// No images have been built yet.
    #[error("no images in {}; make them with: fdp-images build --binaries DIR", path.display())]
    NotBuilt {
        /// The expected directory.
        path: PathBuf,
    },
    /// A registry did not accept an image.
    #[error(
        "pushing {image} to {destination}: {detail}; check the registry's address and log in with: skopeo login {registry}"
    )]
    Push {
        image: String,
        /// The requested name at the registry.
        destination: String,
        registry: String,
        /// The output of skopeo.
        detail: String,
    },
}

impl Error {
    /// Builds an [`Error::Io`] about `path`, for use with `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
