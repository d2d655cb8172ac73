//! Downloads Keycloak's distribution with Maven, once.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const POM: &str = include_str!("../pom.xml");
/// The name of the directory, in the cache and in the archive.
const NAME: &str = "keycloak-26.4.2";
const ARCHIVE: &str = "keycloak-quarkus-dist-26.4.2.zip";
/// Not every mirror of the repository has checksums of this archive, so it is verified with this one.
const SHA_256: &str = "2a30e4602d63d4501a4a8263bfa4e14cbd5970b4116c618ea28f339b16190233";

/// The directory with `bin/kc.sh`.
///
/// # Errors
/// When Maven cannot download it; with its output.
pub(crate) fn home() -> Result<PathBuf> {
    let cache = fdp_checkout::cache().join("keycloak");
    let done = cache.join(NAME);
    if !done.exists() {
        std::fs::create_dir_all(&cache).with_context(|| format!("making {}", cache.display()))?;
        // Unpacked in another directory and then renamed, so that an interrupted run leaves nothing incomplete there.
        let draft = tempfile::tempdir_in(&cache).context("making a directory to unpack Keycloak in")?;
        unpack(draft.path())?;
        if let Err(error) = std::fs::rename(draft.path().join(NAME), &done) {
            // Another process was faster.
            ensure!(done.exists(), "putting Keycloak into {}: {error}", done.display());
        }
    }
    Ok(done)
}

fn unpack(draft: &Path) -> Result<()> {
    let pom = draft.join("pom.xml");
    std::fs::write(&pom, POM).with_context(|| format!("writing {}", pom.display()))?;
    let mut maven = Command::new("mvn");
    maven
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeTypes=zip"])
        .arg(format!("-DoutputDirectory={}", draft.display()));
    run(&mut maven, "getting Keycloak (apt-get install maven)")?;
    let archive = draft.join(ARCHIVE);
    let bytes = std::fs::read(&archive).with_context(|| format!("reading {}", archive.display()))?;
    let mut found = String::new();
    for byte in Sha256::digest(&bytes) {
        // Writing to a String cannot fail.
        let _ = write!(found, "{byte:02x}");
    }
    ensure!(
        found == SHA_256,
        "{} has the wrong SHA-256: {found}, not {SHA_256}",
        archive.display()
    );
    run(
        Command::new("jar")
            .current_dir(draft)
            .args(["--extract", "--file", ARCHIVE]),
        "unpacking Keycloak (apt-get install openjdk-17-jdk-headless)",
    )
}

fn run(command: &mut Command, doing: &str) -> Result<()> {
    let output = command.output().with_context(|| doing.to_owned())?;
    ensure!(
        output.status.success(),
        "{doing}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
