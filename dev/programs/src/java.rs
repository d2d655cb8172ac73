//! Finds a Java installation that is new enough, which need not be the default one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};

/// Directories in which packages and users install Java, each version in a folder.
const SHELVES: [&str; 4] = ["/usr/lib/jvm", "/usr/local/lib/jvm", "/usr/java", "/opt"];

/// The program `java` of the first installation with at least the version `wanted`.
pub(crate) fn at_least(wanted: u32) -> Result<PathBuf> {
    let mut found = Vec::new();
    for java in candidates() {
        match version_of(&java) {
            Some(version) if version >= wanted => return Ok(java),
            Some(version) => found.push(format!("{} is Java {version}", java.display())),
            None => {}
        }
    }
    found.sort();
    found.dedup();
    let found = if found.is_empty() {
        "there is none".to_owned()
    } else {
        found.join(", ")
    };
    Err(Error::Java { wanted, found })
}

fn candidates() -> Vec<PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let on_path = env::var_os("PATH")
        .map(|path| {
            env::split_paths(&path)
                .map(|directory| directory.join("java"))
                .collect()
        })
        .unwrap_or_default();
    let on_shelves: Vec<PathBuf> = SHELVES
        .iter()
        .flat_map(|shelf| on_shelf(Path::new(shelf)))
        .collect();
    home.into_iter()
        .chain::<Vec<PathBuf>>(on_path)
        .chain(on_shelves)
        .filter(|java| java.is_file())
        .collect()
}

fn on_shelf(shelf: &Path) -> Vec<PathBuf> {
    let mut javas: Vec<PathBuf> = fs::read_dir(shelf)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/java"))
        .collect();
    javas.sort();
    javas
}

fn version_of(java: &Path) -> Option<u32> {
    let output = Command::new(java).arg("-version").output().ok()?;
    parse(&String::from_utf8_lossy(&output.stderr))
}

/// The feature version in the output of `java -version`, such as 25 in `openjdk version "25.0.1" 2025-10-21`.
fn parse(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    let mut numbers = version
        .split(['.', '-', '_', '+'])
        .map_while(|number| number.parse().ok());
    match numbers.next()? {
        // Versions up to 8 are written as 1.8.
        1 => numbers.next(),
        version => Some(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_whatever_its_shape() {
        assert_eq!(
            parse("openjdk version \"25.0.1\" 2025-10-21 LTS\nOpenJDK"),
            Some(25)
        );
        assert_eq!(parse("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(parse("openjdk version \"24-ea\" 2025-03-18"), Some(24));
        assert_eq!(parse("java version \"1.8.0_412\""), Some(8));
        assert_eq!(parse("command not found"), None);
    }

    #[test]
    fn a_version_that_nobody_has_is_missed_with_a_cure() {
        let error = at_least(9999).unwrap_err().to_string();
        assert!(
            error.contains("Java 9999") && error.contains("JAVA_HOME"),
            "{error}"
        );
    }
}
