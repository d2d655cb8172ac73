//! Builds the programs of this checkout and their images.

use crate::failure::{Failure, Result};
use fdp_cluster::Progress;
use fdp_images::{BuildOptions, ImageSet, own_images};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

/// The prefix of images on the nodes of our own cluster.
pub const LOCAL_PREFIX: &str = "localhost/food-delivery";

/// A running compilation of the programs of all images.
///
/// Dropping it kills Cargo.
#[derive(Debug)]
pub struct Compilation {
    cargo: Child,
    printed: Receiver<String>,
}

/// Starts to compile the programs of all images, with a low priority.
///
/// It builds the whole workspace, so that libraries get the same features as in tests.
///
/// # Errors
/// When a library is missing and cannot be installed, or Cargo cannot be started.
pub fn compile(progress: &dyn Progress) -> Result<Compilation> {
    crate::packages::for_building()?;
    progress.detail("compiling the operator and the services meanwhile");
    let mut cargo = Command::new("nice")
        .args(["cargo", "build", "--workspace"])
        .args(own_images().map(|(_, binary, _)| format!("--bin={binary}")))
        .current_dir(fdp_checkout::root())
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start_error)?;
    let (sender, printed) = mpsc::channel();
    if let Some(stderr) = cargo.stderr.take() {
        // The output is read continuously, because Cargo would block on a full pipe.
        std::thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(std::result::Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
    }
    Ok(Compilation { cargo, printed })
}

impl Compilation {
    /// Waits for the end, and returns the folder of the programs.
    ///
    /// # Errors
    /// When the compilation fails; with the last lines of its output.
    pub fn wait(mut self, progress: &dyn Progress) -> Result<PathBuf> {
        let mut printed = Vec::new();
        for line in &self.printed {
            progress.detail(line.trim());
            printed.push(line);
        }
        let status = self.cargo.wait().map_err(start_error)?;
        if !status.success() {
            let output = printed[printed.len().saturating_sub(40)..].join("\n");
            return Err(Failure::Command {
                doing: "cargo build --workspace".into(),
                output,
            });
        }
        Ok(fdp_checkout::programs())
    }
}

impl Drop for Compilation {
    fn drop(&mut self) {
        // Both have no effect when it has already ended, as after `wait`.
        let _ = self.cargo.kill();
        let _ = self.cargo.wait();
    }
}

fn start_error(source: std::io::Error) -> Failure {
    Failure::Start {
        program: "cargo".into(),
        source,
    }
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
