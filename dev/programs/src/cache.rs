//! Directories in the cache that are created once for each version of their sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fdp_cluster::lock::Lock;
use fdp_cluster::text::hex;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// How long an old directory is kept after a newer one, because another checkout may still use it.
const KEPT_AT_LEAST: Duration = Duration::from_hours(24);

/// A short hash of the sources of a directory.
pub(crate) fn key<'a>(sources: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(source.len().to_le_bytes());
        hash.update(source);
    }
    hex(&hash.finalize()[..8])
}

/// The directory `name/key` of the cache, which `make` fills if it does not exist.
pub(crate) fn kept(name: &str, key: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    kept_in(&fdp_checkout::cache().join("peers"), name, key, make)
}

fn kept_in(cache: &Path, name: &str, key: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let versions = cache.join(name);
    let done = versions.join(key);
    if done.is_dir() {
        return Ok(done);
    }
    fs::create_dir_all(&versions).map_err(Error::file("create", &versions))?;
    let _lock = Lock::acquire(&versions.join("lock"))?;
    // Another process may have created it while this one waited for the lock.
    if !done.is_dir() {
        // Created in another directory and renamed at the end, so that an interrupted run is never taken for a
        // complete one.
        let partial = done.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::file("remove", &partial))?;
        }
        fs::create_dir(&partial).map_err(Error::file("create", &partial))?;
        make(&partial)?;
        fs::rename(&partial, &done).map_err(Error::file("rename", &partial))?;
        remove_old(&versions, &done)?;
    }
    Ok(done)
}

fn remove_old(versions: &Path, current: &Path) -> Result<()> {
    let entries = fs::read_dir(versions).map_err(Error::file("list", versions))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|made| made.elapsed().ok());
        if path.is_dir() && path != current && age.is_some_and(|age| age > KEPT_AT_LEAST) {
            fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &'static str) -> impl FnOnce(&Path) -> Result<()> {
        move |directory| {
            let file = directory.join("file");
            fs::write(&file, text).map_err(Error::file("write", &file))
        }
    }

    #[test]
    fn what_is_there_is_not_made_again_and_other_sources_make_another() {
        let cache = tempfile::tempdir().unwrap();
        let read = |directory: PathBuf| fs::read_to_string(directory.join("file")).unwrap();
        let make = |key, text| read(kept_in(cache.path(), "thing", key, write(text)).unwrap());
        assert_eq!(make("one", "first"), "first");
        assert_eq!(make("one", "second"), "first");
        assert_eq!(make("two", "third"), "third");
    }

    #[test]
    fn what_failed_halfway_is_made_again() {
        let cache = tempfile::tempdir().unwrap();
        let fail = |directory: &Path| {
            write("half")(directory)?;
            Err(Error::file("read", "nowhere")(std::io::Error::from(
                std::io::ErrorKind::NotFound,
            )))
        };
        kept_in(cache.path(), "thing", "one", fail).unwrap_err();
        let done = kept_in(cache.path(), "thing", "one", write("whole")).unwrap();
        assert_eq!(fs::read_to_string(done.join("file")).unwrap(), "whole");
    }

    #[test]
    fn moving_a_byte_from_one_source_to_the_next_changes_the_key() {
        assert_ne!(key([&b"ab"[..], b"c"]), key([&b"a"[..], b"bc"]));
        assert_eq!(key([&b"ab"[..], b"c"]), key([&b"ab"[..], b"c"]));
    }
}
