//! Finds this crate's own program, which runs as the keeper and the supervisor of a cluster.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

use crate::command::run;
use crate::error::{Error, Result};
use crate::paths;

const PROGRAM: &str = "fdp-cluster";

/// The program `fdp-cluster`: the running program itself, or the one in this checkout's target directory if it is up
/// to date, or a new build by Cargo.
///
/// The callers include tests of other crates, whose build does not build this program. Cargo runs one build at a
/// time, so call this before starting a long build.
///
/// # Errors
/// When Cargo cannot build it.
pub fn program() -> Result<PathBuf> {
    let running = env::current_exe().map_err(Error::file("find", "the running program"))?;
    if running.file_name().is_some_and(|name| name == PROGRAM) {
        return Ok(running);
    }
    // Calling Cargo would wait for every other build on the machine.
    let built = fdp_checkout::programs().join(PROGRAM);
    if is_up_to_date(&built) {
        return Ok(built);
    }
    let output = run(Command::new("cargo")
        .current_dir(fdp_checkout::root())
        .args(["build", "--quiet", "-p", PROGRAM, "--bin", PROGRAM])
        .arg("--message-format=json-render-diagnostics"))?;
    executable(&output)
        .ok_or_else(|| Error::file("find", PROGRAM)(std::io::Error::from(std::io::ErrorKind::NotFound)))
}

/// Whether `program` was built from this checkout and none of its sources has changed since.
fn is_up_to_date(program: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Ok(rule) = fs::read_to_string(program.with_extension("d")) else {
        return false;
    };
    let sources = sources(&rule);
    let ours = paths::package().join("src/main.rs");
    modified(program).is_some_and(|built: SystemTime| {
        sources.contains(&ours)
            && sources
                .iter()
                .all(|source| modified(source).is_some_and(|changed| changed <= built))
    })
}

/// The files in a rule of Cargo's dependency file (`program: source source …`).
fn sources(rule: &str) -> Vec<PathBuf> {
    // Spaces in paths are escaped; such a path is split in two and not found, and then Cargo is called instead.
    rule.split_once(": ").map_or_else(Vec::new, |(_, list)| {
        list.split_whitespace().map(PathBuf::from).collect()
    })
}

fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|path| path.file_name().is_some_and(|name| name == PROGRAM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","executable":null}
{"reason":"compiler-artifact","executable":"/target/debug/fdp-cluster"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            executable(messages),
            Some(PathBuf::from("/target/debug/fdp-cluster"))
        );
        assert_eq!(executable("not json"), None);
    }

    #[test]
    fn a_program_is_out_of_date_once_a_source_is_newer_or_gone() {
        let directory = tempfile::tempdir().unwrap();
        let (program, rule) = (
            directory.path().join("program"),
            directory.path().join("program.d"),
        );
        let ours = paths::package().join("src/main.rs");
        fs::write(&program, "").unwrap();
        fs::write(&rule, format!("{}: {}\n", program.display(), ours.display())).unwrap();
        assert!(is_up_to_date(&program));
        fs::write(
            &rule,
            format!("{}: {} /no/such/source.rs\n", program.display(), ours.display()),
        )
        .unwrap();
        assert!(!is_up_to_date(&program));
        fs::write(&rule, format!("{}: /etc/hostname\n", program.display())).unwrap();
        assert!(!is_up_to_date(&program), "built from another checkout");
    }
}
