//! Finds this checkout's files, the programs compiled from it, and the directories that are kept between runs.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const PROJECT: &str = "food-delivery-platform";
/// The folder of this package in a checkout, by which a checkout is recognised.
const THIS_PACKAGE: &str = "dev/checkout/Cargo.toml";

static ROOT: LazyLock<PathBuf> =
    LazyLock::new(|| root_above(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|| PathBuf::from(".")));

/// The root of the checkout that this program was compiled from.
pub fn root() -> &'static Path {
    &ROOT
}

fn root_above(package: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| folder.join(THIS_PACKAGE).is_file();
    package.ancestors().find(is_root).map(Path::to_owned)
}

/// The folder where Cargo puts this checkout's programs, for the profile that the running program was compiled with.
pub fn programs() -> PathBuf {
    let running = env::current_exe().unwrap_or_default();
    programs_for(&running, &target_directory(env::var_os("CARGO_TARGET_DIR")))
}

/// A test runs from `<profile>/deps` of the build directory, which all checkouts share; other programs run from the
/// target directory.
fn programs_for(running: &Path, target: &Path) -> PathBuf {
    let folder = running.parent().unwrap_or(Path::new("."));
    if !folder.ends_with("deps") {
        return folder.to_owned();
    }
    let profile = folder.parent().and_then(Path::file_name);
    target.join(profile.unwrap_or("debug".as_ref()))
}

fn target_directory(chosen: Option<OsString>) -> PathBuf {
    let chosen = chosen.filter(|value| !value.is_empty());
    root().join(chosen.unwrap_or_else(|| "target".into()))
}

/// The cache directory, whose content can always be recreated: `$FDP_CACHE`, or `food-delivery-platform` in the
/// user's cache directory.
pub fn cache() -> PathBuf {
    directory("FDP_CACHE", "XDG_CACHE_HOME", ".cache")
}

/// The directory with the state of running clusters: `$FDP_STATE`, or `food-delivery-platform` in the user's state
/// directory.
pub fn state() -> PathBuf {
    directory("FDP_STATE", "XDG_STATE_HOME", ".local/state")
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
    fn the_checkout_is_the_workspace_root() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn a_package_outside_any_checkout_belongs_to_none() {
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(root_above(elsewhere.path()), None);
        assert_eq!(root_above(&root().join("dev/cluster")).as_deref(), Some(root()));
    }

    #[test]
    fn a_program_lies_among_the_others_and_a_test_below_the_build_directory() {
        let target = Path::new("/checkout/target");
        let of = |running: &str| programs_for(Path::new(running), target);
        assert_eq!(of("/checkout/target/debug/fdp-local"), target.join("debug"));
        assert_eq!(of("/build/debug/deps/saga-0123"), target.join("debug"));
        assert_eq!(
            of("/build/release-local/deps/saga-0123"),
            target.join("release-local")
        );
    }

    #[test]
    fn a_target_directory_that_was_chosen_is_used() {
        assert_eq!(target_directory(None), root().join("target"));
        assert_eq!(target_directory(Some("".into())), root().join("target"));
        assert_eq!(
            target_directory(Some("/elsewhere".into())),
            Path::new("/elsewhere")
        );
    }
}
