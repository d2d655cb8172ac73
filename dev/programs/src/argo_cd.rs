//! Argo CD, as it publishes itself: its kinds and the settings that it starts with.

use std::path::PathBuf;

use crate::definitions::{copy, module_directory};
use crate::error::Result;
use crate::{cache, programs};

/// The folder in `dev/programs/go` that pins it.
const NAME: &str = "argocd";
const MODULE: &str = "github.com/argoproj/argo-cd/v3";
/// Where in the module the definitions and the settings lie.
const FOLDERS: [&str; 2] = ["manifests/crds", "manifests/base/config"];

/// The directory with the manifests that come before its programs, fetched on the first call and kept: definitions of
/// its kinds, and `ConfigMap`s and a Secret with its settings.
pub fn manifests() -> Result<PathBuf> {
    let [module, sum] = programs::sums(NAME)?;
    let mut sources: Vec<&[u8]> = vec![&module, &sum, MODULE.as_bytes()];
    sources.extend(FOLDERS.map(str::as_bytes));
    cache::kept("argocd-manifests", &cache::key(sources), |directory| {
        let published = module_directory(NAME, MODULE)?;
        FOLDERS
            .iter()
            .try_for_each(|folder| copy(&published.join(folder), directory))
    })
}
