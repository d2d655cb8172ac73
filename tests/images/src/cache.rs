//! Where everything that is slow to get or to make is kept.

use std::env;
use std::path::PathBuf;

/// What may be deleted and is made again: `$FDP_CACHE`, or `food-delivery-platform` in the user's cache directory.
pub fn cache_dir() -> PathBuf {
    let set = |variable: &str| {
        env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = set("FDP_CACHE") {
        return std::path::absolute(&chosen).unwrap_or(chosen);
    }
    let home = || {
        env::home_dir()
            .unwrap_or_else(|| PathBuf::from("/"))
            .join(".cache")
    };
    set("XDG_CACHE_HOME")
        .unwrap_or_else(home)
        .join("food-delivery-platform")
}
