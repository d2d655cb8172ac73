//! Where builds are kept, and where each cluster keeps what it writes.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::text::hex;

const PROJECT: &str = "food-delivery-platform";

static CHECKOUT: LazyLock<PathBuf> = LazyLock::new(|| {
    // Checkouts that share a target directory share compiled programs too, so what the compiler saw may be another
    // checkout's path. Cargo tells every program that it runs where its package lies, and children inherit that.
    let told = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    told.as_deref()
        .and_then(checkout_of)
        .or_else(|| checkout_of(Path::new(env!("CARGO_MANIFEST_DIR"))))
        .unwrap_or_else(|| PathBuf::from("."))
});

/// The checkout that Cargo runs this program for; without Cargo, the one it was compiled from.
pub fn checkout() -> &'static Path {
    &CHECKOUT
}

fn checkout_of(package: &Path) -> Option<PathBuf> {
    let holds_this_crate = |folder: &&Path| folder.join("tests/cluster/Cargo.toml").is_file();
    package.ancestors().find(holds_this_crate).map(Path::to_owned)
}

/// This crate's own folder in [`checkout`].
pub(crate) fn package() -> PathBuf {
    checkout().join("tests/cluster")
}

/// What may be deleted and is made again: `$FDP_CACHE`, or `food-delivery-platform` in the user's cache directory.
pub fn cache_dir() -> PathBuf {
    directory("FDP_CACHE", "XDG_CACHE_HOME", ".cache")
}

/// The directory that holds the state of every cluster of this user, whichever checkout started it.
pub fn state_root() -> PathBuf {
    directory("FDP_STATE", "XDG_STATE_HOME", ".local/state")
}

/// The state of the cluster `name` of this checkout.
pub fn state_dir(name: &str) -> PathBuf {
    state_root().join(identity(name, checkout()))
}

/// The name that keeps clusters of different checkouts apart: `name` and 8 hexadecimal digits of the checkout's path.
pub fn identity(name: &str, checkout: &Path) -> String {
    let digest = Sha256::digest(checkout.as_os_str().as_encoded_bytes());
    format!("{name}-{}", hex(&digest[..4]))
}

fn directory(own: &str, xdg: &str, below_home: &str) -> PathBuf {
    let set = |variable: &str| {
        env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = set(own) {
        return std::path::absolute(&chosen).unwrap_or(chosen);
    }
    let home = || {
        set("HOME")
            .unwrap_or_else(|| PathBuf::from("/root"))
            .join(below_home)
    };
    set(xdg).unwrap_or_else(home).join(PROJECT)
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

    #[test]
    fn the_checkout_is_the_workspace_root() {
        assert!(checkout().join("tests/cluster/Cargo.toml").is_file());
    }

    #[test]
    fn a_package_outside_any_checkout_belongs_to_none() {
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(checkout_of(elsewhere.path()), None);
        let inside = checkout().join("tests/e2e");
        assert_eq!(checkout_of(&inside).as_deref(), Some(checkout()));
    }
}
