//! Installs tools from Python packages, each in a separate virtual environment.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, command};

/// A file that is written last, with the Python version of the environment: if it is missing or names another
/// version, the environment is created again.
const WHOLE: &str = "whole";

/// The virtual environment with exactly this version of `package`, created in the folder `package-version` of the
/// cache on the first call. Its programs are in `bin`.
///
/// Python is installed first if it is missing.
///
/// # Errors
/// When Python or the package cannot be installed.
pub fn python_tool(
    cache: &Path,
    package: &str,
    version: &str,
    report: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    let cache = std::path::absolute(cache).map_err(Error::io("resolving", cache))?;
    let name = format!("{package}-{version}");
    let home = cache.join(&name);
    let python = match python() {
        Some(python) => python,
        None => install_python(report)?,
    };
    if is_whole(&home, &python) {
        return Ok(home);
    }
    fs::create_dir_all(&cache).map_err(Error::io("creating", &cache))?;
    // Two processes that need the same tool must not create it at the same time.
    let lock = cache.join(format!("{name}.lock"));
    let held = File::create(&lock).map_err(Error::io("creating", &lock))?;
    held.lock().map_err(Error::io("locking", &lock))?;
    if !is_whole(&home, &python) {
        report(&format!("installing {package} {version} from PyPI"));
        make(&home, &format!("{package}=={version}"))?;
        let whole = home.join(WHOLE);
        fs::write(&whole, &python).map_err(Error::io("writing", &whole))?;
    }
    Ok(home)
}

/// An environment cannot be created elsewhere and renamed, because it contains its own path.
fn make(home: &Path, requirement: &str) -> Result<(), Error> {
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv", "--clear"]).arg(home);
    command::run(&mut environment, "making a Python environment")?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", requirement]);
    command::run(&mut pip, &format!("installing {requirement}"))?;
    Ok(())
}

fn is_whole(home: &Path, python: &str) -> bool {
    fs::read_to_string(home.join(WHOLE)).is_ok_and(|made_by| made_by == python)
}

/// The version of the machine's Python, if it can create environments: on Debian that needs a separate package.
fn python() -> Option<String> {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import ensurepip, venv, sys; print(sys.version)"]);
    let answer = command::output(&mut probe, "looking for Python").ok()?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    (answer.status.success() && !version.is_empty()).then_some(version)
}

fn install_python(report: &mut dyn FnMut(&str)) -> Result<String, Error> {
    let package = "python3-venv";
    command::ensure(
        &|| python().is_some(),
        Path::new("python3 with ensurepip and venv"),
        package,
        report,
    )?;
    python().ok_or_else(|| Error::PackageMissing {
        package,
        probe: PathBuf::from("python3 with ensurepip and venv"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_was_left_half_made_or_made_by_another_python_is_not_whole() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_whole(home.path(), "3.13.1"));
        fs::write(home.path().join(WHOLE), "").unwrap();
        assert!(!is_whole(home.path(), "3.13.1"));
        fs::write(home.path().join(WHOLE), "3.13.1").unwrap();
        assert!(is_whole(home.path(), "3.13.1"));
        assert!(!is_whole(home.path(), "3.14.0"));
    }
}
