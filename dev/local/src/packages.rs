//! Debian packages that the platform and its tests need besides those of the cluster.

use crate::failure::{Failure, Result};
use std::process::Command;

/// A file that must be there to compile the platform, and the package that brings it: Kafka's client encrypts with OpenSSL.
const FOR_BUILDING: [(&str, &str); 2] = [
    ("/usr/include/openssl/ssl.h", "libssl-dev"),
    ("/usr/bin/pkg-config", "pkg-config"),
];
/// The same for the tests.
const FOR_TESTS: [(&str, &str); 7] = [
    ("/usr/lib/postgresql/15/bin/postgres", "postgresql-15"),
    ("/usr/bin/chromium", "chromium"),
    ("/usr/bin/chromedriver", "chromium-driver"),
    ("/usr/bin/wrk", "wrk"),
    // Runs the script by which MongoDB gets its administrator.
    ("/usr/bin/node", "nodejs"),
    // What Argo CD keeps between its programs.
    ("/usr/bin/redis-server", "redis-server"),
    // The pages speak Korean, and pictures of them should too.
    ("/usr/share/fonts/truetype/nanum", "fonts-nanum"),
];

/// Installs what is missing of the database servers, the browser and the load generator.
///
/// # Errors
/// When a package cannot be installed; with what apt-get said.
pub fn for_tests() -> Result<()> {
    install(&FOR_TESTS)
}

/// Installs what is missing of the libraries that the platform is compiled with.
///
/// # Errors
/// When a package cannot be installed; with what apt-get said.
pub fn for_building() -> Result<()> {
    install(&FOR_BUILDING)
}

fn install(needed: &[(&str, &'static str)]) -> Result<()> {
    let missing: Vec<&str> = needed
        .iter()
        .filter(|(program, _)| !std::path::Path::new(program).exists())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(", "));
    apt_get(&["update", "--quiet=2"])?;
    apt_get(
        &[
            &["install", "--yes", "--quiet=2", "--no-install-recommends"],
            missing.as_slice(),
        ]
        .concat(),
    )
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let output = Command::new("apt-get")
        // Another installation may be under way.
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Servers are started by whoever needs them, not by their package.
        .env("RUNLEVEL", "1")
        .output()
        .map_err(|source| Failure::Start {
            program: "apt-get".into(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::Command {
        doing: format!("apt-get {}", arguments.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
