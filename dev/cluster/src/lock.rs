//! A lock between processes, which the kernel releases when the holder ends, even if it is killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::wait::{Poll, until};

/// The holder may be running a long build.
const LIMIT: Duration = Duration::from_mins(45);

/// The lock; released when dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock on the file `path`, which is created if it does not exist.
    pub fn acquire(path: &Path) -> Result<Self> {
        until(&format!("the lock {}", path.display()), LIMIT, path, || {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)
                .map_err(Error::file("open", path))?;
            match file.try_lock() {
                Ok(()) if is_still_at(&file, path) => Ok(Poll::Done(Self {
                    file,
                    path: path.to_owned(),
                })),
                Ok(()) => Ok(Poll::NotYet("its holder removed it".to_owned())),
                Err(TryLockError::WouldBlock) => Ok(Poll::NotYet("another process holds it".to_owned())),
                Err(TryLockError::Error(error)) => Err(Error::file("lock", path)(error)),
            }
        })
    }

    /// Releases the lock and deletes its file.
    pub(crate) fn remove(self) -> Result<()> {
        let result = fs::remove_file(&self.path).map_err(Error::file("remove", &self.path));
        drop(self.file);
        result
    }
}

/// Whether the locked file is still the one at `path`; another process may have deleted and recreated it.
fn is_still_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(locked), Ok(there)) => (locked.dev(), locked.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    #[test]
    fn holders_follow_one_another_even_when_each_removes_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let (inside, total) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let lock = Lock::acquire(&path).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two holders at once");
                    thread::yield_now();
                    total.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    lock.remove().unwrap();
                });
            }
        });
        assert_eq!(total.into_inner(), 4);
        assert!(!path.exists());
    }
}
