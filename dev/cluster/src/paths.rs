//! The name of a cluster among those of all checkouts, and where each keeps what it writes.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::text::hex;

/// This crate's own folder in the checkout.
pub(crate) fn package() -> PathBuf {
    fdp_checkout::root().join("dev/cluster")
}

/// The state of the cluster `name` of this checkout.
pub fn state_dir(name: &str) -> PathBuf {
    fdp_checkout::state().join(identity(name, fdp_checkout::root()))
}

/// The name that keeps clusters of different checkouts apart: `name` and 8 hexadecimal digits of the checkout's path.
pub fn identity(name: &str, checkout: &Path) -> String {
    let digest = Sha256::digest(checkout.as_os_str().as_encoded_bytes());
    format!("{name}-{}", hex(&digest[..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_checkouts_have_different_identities_for_the_same_name() {
        let first = identity("local", Path::new("/home/a/platform"));
        let second = identity("local", Path::new("/home/b/platform"));
        assert_ne!(first, second);
        assert!(first.starts_with("local-"));
        assert_eq!(first.len(), "local-".len() + 8);
    }
}
