//! The directory of a platform after its end, and the last lines of its logs.

use fdp_test_process::process;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Keeps `directory` after the end, and prints its path.
pub(crate) fn keep(directory: &mut TempDir) {
    println!("logs and data are kept in {}", directory.path().display());
    directory.disable_cleanup(true);
}

/// The last lines of every log in `directory`.
pub(crate) fn last_words(directory: &Path) -> String {
    let mut words = String::new();
    let mut logs: Vec<PathBuf> = std::fs::read_dir(directory.join("logs"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    logs.sort();
    for log in logs {
        let lines = process::last_lines(&log, 12);
        let _ = writeln!(words, "--- {}\n{lines}", log.display());
    }
    words
}
