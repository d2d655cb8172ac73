//! Our own programs and their images, built from this checkout.

use crate::failure::{Failure, Result};
use fdp_cluster::Progress;
use fdp_images::{BuildOptions, ImageSet, own_images};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

/// The name that images have on a node of our own cluster.
pub const LOCAL_PREFIX: &str = "localhost/food-delivery";

/// The programs of the images, while Cargo compiles them.
///
/// Given up, it ends Cargo.
#[derive(Debug)]
pub struct Compilation {
    cargo: Child,
    printed: Receiver<String>,
}

/// Begins to compile the programs of all images, with whatever processor time nothing else takes.
///
/// The whole workspace is named, for the sake of its features: libraries are then the same in tests.
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
        // Read at once, whoever listens: Cargo would stand still before a full pipe.
        std::thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(std::result::Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
    }
    Ok(Compilation { cargo, printed })
}

impl Compilation {
    /// Waits for the end, and gives the folder where the programs lie.
    ///
    /// # Errors
    /// When the compiler says no; with its last words.
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
        // Neither does anything when it has ended, as it has after `wait`.
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
