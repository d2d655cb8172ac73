//! Runs external programs, and installs them when they are missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Error;

/// How to install each program that is called here.
fn cure(program: &str) -> &'static str {
    match program {
        "mvn" => "apt-get install maven",
        "jlink" => "apt-get install openjdk-17-jdk-headless",
        "skopeo" => "apt-get install skopeo",
        "strip" => "apt-get install binutils",
        "python3" => "apt-get install python3-venv",
        _ => "install it",
    }
}

/// Runs `command` to completion and returns its output, even if it fails.
pub(crate) fn output(command: &mut Command, doing: &str) -> Result<Output, Error> {
    command.output().map_err(|source| {
        let program = name_of(command);
        Error::Start {
            cure: cure(&program),
            program,
            doing: doing.to_owned(),
            source,
        }
    })
}

/// Runs `command` and returns its standard output.
pub(crate) fn run(command: &mut Command, doing: &str) -> Result<String, Error> {
    let output = output(command, doing)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Command {
            program: name_of(command),
            doing: doing.to_owned(),
            detail: last_words(&output),
        })
    }
}

/// The last lines of a failed program's output: enough to see the cause.
pub(crate) fn last_words(output: &Output) -> String {
    let said = if output.stderr.trim_ascii().is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.trim().lines().collect();
    let tail = lines[lines.len().saturating_sub(6)..].join("\n");
    if tail.is_empty() {
        output.status.to_string()
    } else {
        tail
    }
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Finds `program` in `PATH`, and follows symbolic links.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
        .and_then(|found| found.canonicalize().ok())
}

/// Finds `program`, and installs Debian's `package` if it is missing.
pub(crate) fn ensure_program(
    program: &str,
    package: &'static str,
    report: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    if let Some(found) = find(program) {
        return Ok(found);
    }
    let probe = Path::new("/usr/bin").join(program);
    ensure_package(&probe, package, report)?;
    find(program).ok_or(Error::PackageMissing { package, probe })
}

/// Installs Debian's `package` unless `probe`, one of its files, exists.
pub(crate) fn ensure_package(
    probe: &Path,
    package: &'static str,
    report: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    ensure(&|| probe.exists(), probe, package, report)
}

/// Installs Debian's `package` unless `is_there` returns true; `what` is used in messages.
pub(crate) fn ensure(
    is_there: &dyn Fn() -> bool,
    what: &Path,
    package: &'static str,
    report: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    if is_there() {
        return Ok(());
    }
    report(&format!("installing the Debian package {package}"));
    let install = || {
        run(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .env("LC_ALL", "C")
                .args(["-o", "DPkg::Lock::Timeout=300", "install", "--yes"])
                .args(["--no-install-recommends", package]),
            &format!("installing {package}"),
        )
    };
    let installed = match install() {
        // The package lists are missing or old, so they do not have this version.
        Err(Error::Command { .. }) => run(
            Command::new("apt-get").args(["-o", "DPkg::Lock::Timeout=300", "update"]),
            "refreshing the package lists",
        )
        .and_then(|_| install()),
        other => other,
    };
    match installed {
        Ok(_) if is_there() => Ok(()),
        // The user is not root, or the system is not Debian: the cure is more useful than the output of apt-get.
        Err(Error::Command { detail, .. }) if !detail.contains("Permission denied") => Err(Error::Command {
            program: "apt-get".to_owned(),
            doing: format!("installing {package}"),
            detail,
        }),
        _ => Err(Error::PackageMissing {
            package,
            probe: what.to_owned(),
        }),
    }
}
