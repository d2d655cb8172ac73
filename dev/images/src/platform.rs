//! Builds all images of the platform together.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::archive::{Assembled, Image, assemble, sha256};
use crate::layer::{self, to_json};
use crate::{Error, kafka, postgres, service, shell};

/// The default prefix of references.
pub const DEFAULT_PREFIX: &str = "localhost/food-delivery";

#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The directory with our compiled programs, such as `target/debug`.
    pub binaries: PathBuf,
    /// The directory for layers, archives and downloads that are kept between builds.
    pub cache: PathBuf,
    /// Registry and path before each image's name.
    pub prefix: String,
}

/// All images of the platform, in versions that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSet {
    /// The common tag of our own images; it changes if and only if one of them changes.
    pub tag: String,
    /// Our own images first, then Kafka and PostgreSQL.
    pub images: Vec<Image>,
}

/// Builds every image, or finds it unchanged in the cache.
///
/// `report` gets a line before each step that takes long. Builds that share a cache run sequentially.
pub fn build(options: &BuildOptions, report: &mut dyn FnMut(&str)) -> Result<ImageSet, Error> {
    let BuildOptions {
        binaries,
        cache,
        prefix,
    } = options;
    // Maven, and later readers of the record, run in other working directories.
    let cache = &std::path::absolute(cache).map_err(Error::io("resolving", cache))?;
    let directory = cache.join("images");
    fs::create_dir_all(&directory).map_err(Error::io("creating", &directory))?;
    let _turn = take_turn(&directory)?;

    // The most likely failures first: when a program is not built, Kafka need not be downloaded.
    let own = assemble_own(binaries, cache, report)?;
    let tag = tag_of(&own);
    let shell = shell::shell()?;
    let others = [
        (kafka::recipe(&shell, cache, report)?, kafka::VERSION),
        (postgres::recipe(&shell, report)?, postgres::VERSION),
    ];
    let mut images = Vec::with_capacity(own.len() + others.len());
    for image in &own {
        images.push(image.write(&format!("{prefix}/{}:{tag}", image.name()), cache)?);
    }
    for (recipe, version) in &others {
        report(&format!("{}: packing", recipe.name));
        let reference = format!("{prefix}/{}:{version}", recipe.name);
        images.push(assemble(recipe, cache)?.write(&reference, cache)?);
    }
    layer::prune(&cache.join("layers"))?;

    let set = ImageSet { tag, images };
    let record = record_of(cache);
    layer::replace(&record, to_json(&set, &record)?.as_bytes())?;
    Ok(set)
}

/// The images of the last [`build`] in this cache.
pub fn load(cache: &Path) -> Result<ImageSet, Error> {
    let record = record_of(cache);
    if !record.exists() {
        return Err(Error::NotBuilt {
            path: cache.join("images"),
        });
    }
    let content = fs::read(&record).map_err(Error::io("reading", &record))?;
    serde_json::from_slice(&content).map_err(|source| Error::Record { path: record, source })
}

fn record_of(cache: &Path) -> PathBuf {
    cache.join("images/set.json")
}

fn take_turn(directory: &Path) -> Result<File, Error> {
    let path = directory.join("lock");
    let lock = File::create(&path).map_err(Error::io("creating", &path))?;
    lock.lock().map_err(Error::io("locking", &path))?;
    Ok(lock)
}

fn assemble_own(
    binaries: &Path,
    cache: &Path,
    report: &mut dyn FnMut(&str),
) -> Result<Vec<Assembled>, Error> {
    let recipes = service::recipes(binaries, report)?;
    report(&format!("packing {} of our own images", recipes.len()));
    recipes.iter().map(|recipe| assemble(recipe, cache)).collect()
}

/// The first twelve hexadecimal digits of a hash over all digests.
fn tag_of(images: &[Assembled]) -> String {
    let mut lines: Vec<String> = images
        .iter()
        .map(|image| format!("{} {}\n", image.name(), image.digest))
        .collect();
    lines.sort();
    let mut tag = sha256(lines.concat().as_bytes());
    tag.truncate(12);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_images;

    /// A directory like Cargo's, with a small system program under each of our names.
    fn binaries(directory: &Path) {
        for (_, binary, _) in own_images() {
            fs::copy("/bin/true", directory.join(binary)).unwrap();
        }
    }

    fn tag(binaries: &Path, cache: &Path) -> String {
        tag_of(&assemble_own(binaries, cache, &mut |_| {}).unwrap())
    }

    #[test]
    fn one_changed_program_changes_the_tag_and_a_rebuild_of_the_same_does_not() {
        let home = tempfile::tempdir().unwrap();
        let programs = home.path().join("debug");
        fs::create_dir(&programs).unwrap();
        binaries(&programs);
        let first = tag(&programs, home.path());
        assert_eq!(first.len(), 12);

        fs::remove_file(programs.join("order")).unwrap();
        fs::copy("/bin/true", programs.join("order")).unwrap();
        assert_eq!(tag(&programs, home.path()), first);

        fs::copy("/bin/false", programs.join("order")).unwrap();
        assert_ne!(tag(&programs, home.path()), first);
    }

    #[test]
    fn a_program_that_is_not_built_is_named_with_the_command_that_builds_it() {
        let home = tempfile::tempdir().unwrap();
        binaries(home.path());
        fs::remove_file(home.path().join("fdp")).unwrap();
        let options = BuildOptions {
            binaries: home.path().to_owned(),
            cache: home.path().join("cache"),
            prefix: DEFAULT_PREFIX.to_owned(),
        };
        let error = build(&options, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("fdp is missing"), "{error}");
        assert!(error.contains("cargo build -p fdp-operator"), "{error}");
    }

    #[test]
    fn asking_for_images_before_there_are_any_names_the_cure() {
        let home = tempfile::tempdir().unwrap();
        let error = load(home.path()).unwrap_err().to_string();
        assert!(error.contains("fdp-images build"), "{error}");
    }

    #[test]
    fn a_service_image_has_its_program_libraries_certificates_and_an_unprivileged_user() {
        let home = tempfile::tempdir().unwrap();
        binaries(home.path());
        for recipe in service::recipes(home.path(), &mut |_| {}).unwrap() {
            assert_eq!(recipe.config.user, "65532:65532");
            let program = &recipe.config.entrypoint[0];
            let paths: Vec<&str> = recipe.layers.iter().flat_map(crate::Tree::paths).collect();
            for wanted in [
                program.trim_start_matches('/'),
                "etc/passwd",
                "etc/nsswitch.conf",
                "etc/ssl/certs/ca-certificates.crt",
                "tmp",
            ] {
                assert!(paths.contains(&wanted), "{}: {wanted}", recipe.name);
            }
            assert!(paths.iter().any(|path| path.ends_with("libc.so.6")));
            assert!(
                !paths
                    .iter()
                    .any(|path| path.starts_with("home") || path.starts_with("root")),
                "nothing of the building machine's users: {paths:?}"
            );
        }
    }
}
