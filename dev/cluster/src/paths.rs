//! The unique name of a cluster across all checkouts, and its directories.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::text::hex;

/// The folder of this crate in the checkout.
pub(crate) fn package() -> PathBuf {
    fdp_checkout::root().join("dev/cluster")
}

/// The state directory of the cluster `name` of this checkout.
pub fn state_dir(name: &str) -> PathBuf {
    fdp_checkout::state().join(identity(name, fdp_checkout::root()))
}

/// A name that is unique across checkouts: `name` and 8 hexadecimal digits of a hash of the checkout's path.
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
