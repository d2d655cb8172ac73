//! Downloads jars with Maven, once, into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::sha256;
use crate::{Error, command};

/// The directory with the jars that `pom` depends on, which Maven downloads on the first call.
///
/// They are kept in the folder `name` of the cache.
pub fn maven_libraries(cache: &Path, name: &str, pom: &str) -> Result<PathBuf, Error> {
    let cache = std::path::absolute(cache).map_err(Error::io("resolving", cache))?;
    resolve(&cache, name, pom, &mut |_| {})
}

pub(crate) fn resolve(
    cache: &Path,
    name: &str,
    pom: &str,
    report: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    let done = cache.join(name).join(format!("libs-{}", key(pom)));
    if done.exists() {
        return Ok(done);
    }
    command::ensure_program("mvn", "maven", report)?;
    report(&format!("{name}: resolving the jars with Maven"));
    let work = draft(&done)?;
    let file = work.join("pom.xml");
    let libraries = work.join("libs");
    fs::write(&file, pom).map_err(Error::io("writing", &file))?;
    let mut maven = Command::new("mvn");
    maven
        .args(["--batch-mode", "--quiet", "--strict-checksums", "--file"])
        .arg(&file)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", libraries.display()));
    command::run(&mut maven, &format!("resolving the jars of {name}"))?;
    settle(&libraries, &done)?;
    fs::remove_dir_all(&work).map_err(Error::io("deleting", &work))?;
    Ok(done)
}

pub(crate) fn key(input: &str) -> String {
    let mut digest = sha256(input.as_bytes());
    digest.truncate(12);
    digest
}

/// An empty directory next to `done`, for work that may be interrupted.
pub(crate) fn draft(done: &Path) -> Result<PathBuf, Error> {
    let draft = done.with_extension(format!("draft-{}", std::process::id()));
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(Error::io("deleting", &draft))?;
    }
    fs::create_dir_all(&draft).map_err(Error::io("creating", &draft))?;
    Ok(draft)
}

/// Moves finished work to its final path; if another process was faster, its result is kept.
pub(crate) fn settle(work: &Path, done: &Path) -> Result<(), Error> {
    match fs::rename(work, done) {
        Err(source) if !done.exists() => Err(Error::Io {
            doing: "writing",
            path: done.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}
