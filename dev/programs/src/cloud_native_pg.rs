//! CloudNativePG, as it publishes itself: its kinds, its rights and the Deployment of its operator, in one file.

use std::path::PathBuf;

use crate::definitions::{copy, module_directory};
use crate::error::Result;
use crate::{cache, programs};

/// The folder in `dev/programs/go` that pins it.
const NAME: &str = "cloudnative-pg";
const MODULE: &str = "github.com/cloudnative-pg/cloudnative-pg";
/// Its version, as in `go.mod`.
pub const VERSION: &str = "1.27.0";

/// The manifest by which users install it, fetched on the first call and kept.
pub fn manifest() -> Result<PathBuf> {
    let file = format!("cnpg-{VERSION}.yaml");
    let [module, sum] = programs::sums(NAME)?;
    let key = cache::key([&module[..], &sum, MODULE.as_bytes(), file.as_bytes()]);
    let directory = cache::kept("cloudnative-pg-manifest", &key, |directory| {
        copy(
            &module_directory(NAME, MODULE)?.join("releases").join(&file),
            directory,
        )
    })?;
    Ok(directory.join(file))
}

/// The manifest with `image`, which is on the nodes already, in place of the published one.
pub fn with_image(manifest: &str, image: &str) -> String {
    let published = format!("/cloudnative-pg:{VERSION}");
    let found = manifest
        .split_whitespace()
        .find(|word| word.ends_with(&published));
    manifest
        .replace(found.unwrap_or_default(), image)
        .replace("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_version_is_the_one_that_the_module_pins() {
        let [module, _] = programs::sums(NAME).unwrap();
        let module = String::from_utf8(module).unwrap();
        assert!(module.contains(&format!("{MODULE} v{VERSION} ")), "{module}");
    }

    #[test]
    fn the_image_of_the_nodes_takes_the_place_of_the_published_one() {
        let published = format!("registry.example/cloudnative-pg/cloudnative-pg:{VERSION}");
        let manifest = format!("value: {published}\nimage: {published}\nimagePullPolicy: Always\n");
        assert_eq!(
            with_image(&manifest, "here:1"),
            "value: here:1\nimage: here:1\nimagePullPolicy: IfNotPresent\n"
        );
    }
}
