//! Reads and writes locks even if a holder panicked: values are replaced as a whole, so no value is half written.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Locks for reading.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the value; returns whether it was another one.
pub(super) fn replace<T: PartialEq>(lock: &RwLock<T>, value: T) -> bool {
    let mut known = write(lock);
    let changed = *known != value;
    *known = value;
    changed
}

/// Locks for writing.
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
