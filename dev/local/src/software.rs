//! Our own programs and their images, built from this checkout.

use crate::failure::{Failure, Result};
use fdp_cluster::Progress;
use fdp_images::{BuildOptions, ImageSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name that images have on a node of our own cluster.
pub const LOCAL_PREFIX: &str = "localhost/food-delivery";

/// Compiles every program of the workspace, and gives the folder where they lie.
///
/// # Errors
/// When a library is missing and cannot be installed, or the compiler says no; with its last words.
pub fn compile(progress: &dyn Progress) -> Result<PathBuf> {
    crate::packages::for_building()?;
    let mut child = Command::new("cargo")
        .args(["build", "--workspace", "--bins"])
        .current_dir(fdp_checkout::root())
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Failure::Start {
            program: "cargo".into(),
            source,
        })?;
    let mut printed = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(std::result::Result::ok) {
            progress.detail(line.trim());
            printed.push(line);
        }
    }
    let status = child.wait().map_err(|source| Failure::Start {
        program: "cargo".into(),
        source,
    })?;
    if !status.success() {
        let output = printed[printed.len().saturating_sub(40)..].join("\n");
        return Err(Failure::Command {
            doing: "cargo build --workspace --bins".into(),
            output,
        });
    }
    Ok(fdp_checkout::programs())
}

/// Packs the images of everything that a platform runs.
///
/// # Errors
/// When a part of an image is missing or cannot be written.
pub fn pack(programs: &Path, prefix: &str, progress: &dyn Progress) -> Result<ImageSet> {
    let options = BuildOptions {
        binaries: programs.to_owned(),
        cache: fdp_checkout::cache(),
        prefix: prefix.to_owned(),
    };
    Ok(fdp_images::build(&options, &mut |line| progress.detail(line))?)
}
