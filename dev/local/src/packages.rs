//! Debian packages that the platform and its tests need in addition to those of the cluster.

use crate::failure::{Failure, Result};
use std::process::Command;

/// A file that compiling the platform needs, and the package that contains it: the Kafka client uses OpenSSL for TLS.
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
    // Runs the script that creates MongoDB's administrator.
    ("/usr/bin/node", "nodejs"),
    // The cache and shared store of Argo CD's programs.
    ("/usr/bin/redis-server", "redis-server"),
    // The pages are in Korean, so screenshots need a Korean font.
    ("/usr/share/fonts/truetype/nanum", "fonts-nanum"),
];

/// Installs the missing packages of the database servers, the browser and the load generator.
///
/// # Errors
/// When a package cannot be installed; with the output of apt-get.
pub fn for_tests() -> Result<()> {
    install(&FOR_TESTS)
}

/// Installs the missing packages of libraries that the platform is compiled with.
///
/// # Errors
/// When a package cannot be installed; with the output of apt-get.
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
        // Another installation may be in progress.
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // The tests start servers themselves; installing a package must not start one.
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
