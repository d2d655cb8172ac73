//! The kinds and default settings of Argo CD, from its published manifests.

use std::path::PathBuf;

use crate::definitions::{copy, module_directory};
use crate::error::Result;
use crate::{cache, programs};

/// The folder in `dev/programs/go` that pins its version.
const NAME: &str = "argocd";
const MODULE: &str = "github.com/argoproj/argo-cd/v3";
/// The folders of the definitions and the settings in the module.
const FOLDERS: [&str; 2] = ["manifests/crds", "manifests/base/config"];

/// The directory with the manifests that Argo CD's programs need: the definitions of its kinds, and `ConfigMap`s and
/// a Secret with its settings. They are downloaded on the first call and kept.
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
