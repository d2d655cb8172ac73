//! Builds Kubernetes and its add-ons from their Go modules, once for each version of their sources.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::command::run;
use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::progress::Progress;
use crate::text::hex;
use crate::{go, images, paths, registry};

const VERSION: &str = "v1.34.4";
const MINOR: &str = "34";
/// The components that the single program `kubernetes` contains; it runs the one that it is called as.
const PARTS: [&str; 8] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-router",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];
/// What to build, in this order. The provisioner is built separately: Go rejects two spellings of one import path in
/// one build.
const BUILDS: [&[&str]; 2] = [
    &["./kubernetes", "./coredns", "./metrics-server"],
    &["github.com/rancher/local-path-provisioner"],
];
/// How long an old build is kept after a newer one, because another checkout may still use it.
const KEPT_AT_LEAST: Duration = Duration::from_hours(24);
/// Increase it when the same sources give a different result.
const RECIPE: u32 = 1;

#[derive(Clone, Debug)]
pub struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The kubectl of this build.
    pub fn kubectl(&self) -> PathBuf {
        self.directory.join("kubectl")
    }

    pub(crate) fn archives(&self) -> Result<Vec<PathBuf>> {
        let directory = self.directory.join("images");
        let mut archives = fs::read_dir(&directory)
            .and_then(|entries| {
                entries
                    .map(|entry| entry.map(|entry| entry.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(Error::file("list", &directory))?;
        archives.sort();
        Ok(archives)
    }
}

/// Builds what is missing from the cache.
pub fn build(progress: &dyn Progress) -> Result<Binaries> {
    let cache = fdp_checkout::cache().join("kubernetes");
    fs::create_dir_all(&cache).map_err(Error::file("create", &cache))?;
    let _lock = Lock::acquire(&cache.join("lock"))?;
    let directory = cache.join(fingerprint(&sources()?));
    if !directory.is_dir() {
        // Built in another directory and renamed at the end, so that an interrupted build is never taken for a
        // complete one.
        let partial = directory.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::file("remove", &partial))?;
        }
        build_into(&partial, progress)?;
        fs::rename(&partial, &directory).map_err(Error::file("rename", &partial))?;
        remove_old(&cache, &directory)?;
    }
    Ok(Binaries { directory })
}

/// Whether [`build`] has nothing to do.
pub(crate) fn are_built() -> bool {
    sources().is_ok_and(|sources| {
        fdp_checkout::cache()
            .join("kubernetes")
            .join(fingerprint(&sources))
            .is_dir()
    })
}

/// Removes builds of earlier sources, half a gigabyte each, except those that a cluster uses or may be about to use.
fn remove_old(cache: &Path, current: &Path) -> Result<()> {
    let in_use: Vec<PathBuf> = registry::all_running()
        .into_iter()
        .map(|spec| spec.binaries)
        .collect();
    for entry in fs::read_dir(cache).map_err(Error::file("list", cache))?.flatten() {
        let path = entry.path();
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|built| built.elapsed().ok());
        let old = age.is_some_and(|age| age > KEPT_AT_LEAST);
        if path.is_dir() && old && path != current && !in_use.contains(&path) {
            fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

fn build_into(directory: &Path, progress: &dyn Progress) -> Result<()> {
    let archives = directory.join("images");
    fs::create_dir_all(&archives).map_err(Error::file("create", &archives))?;
    for packages in BUILDS {
        progress.detail(&format!("compiling {}", packages.join(", ")));
        compile(packages, directory, progress)?;
    }
    for part in PARTS {
        let link = directory.join(part);
        symlink("kubernetes", &link).map_err(Error::file("create", &link))?;
    }
    progress.detail("packing the images of the add-ons");
    images::pack_all(directory, &archives)?;
    Ok(())
}

fn compile(packages: &[&str], directory: &Path, progress: &dyn Progress) -> Result<()> {
    let version = "k8s.io/component-base/version";
    let link_flags = format!(
        "-X {version}.gitVersion={VERSION} -X {version}.gitMajor=1 -X {version}.gitMinor={MINOR} \
         -X k8s.io/client-go/pkg/version.gitVersion={VERSION}"
    );
    go::Build {
        module: &module(),
        packages,
        tags: "",
        link_flags: &link_flags,
        // A trailing slash means a directory, for any number of programs.
        output: &directory.join(""),
    }
    .run(progress)
}

fn module() -> PathBuf {
    paths::package().join("kubernetes")
}

/// All files that determine the result of the build.
fn sources() -> Result<BTreeMap<String, Vec<u8>>> {
    let mut sources = BTreeMap::new();
    collect(&module(), &mut sources)?;
    sources.insert(
        "go version".to_owned(),
        run(Command::new("go").arg("version"))?.into_bytes(),
    );
    let busybox = Path::new(images::BUSYBOX_PROGRAM);
    sources.insert(
        "busybox".to_owned(),
        fs::read(busybox).map_err(Error::file("read", busybox))?,
    );
    for (name, source) in [
        ("images.rs", &include_bytes!("images.rs")[..]),
        ("oci.rs", &include_bytes!("oci.rs")[..]),
    ] {
        sources.insert(name.to_owned(), source.to_vec());
    }
    Ok(sources)
}

fn collect(directory: &Path, into: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(Error::file("list", directory))? {
        let path = entry.map_err(Error::file("list", directory))?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else {
            let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
            // Relative, so that all checkouts of the same sources share one build.
            let name = path.strip_prefix(module()).unwrap_or(&path);
            into.insert(name.display().to_string(), bytes);
        }
    }
    Ok(())
}

fn fingerprint(sources: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{RECIPE} {VERSION}"));
    for (name, bytes) in sources {
        hash.update(format!("\n{name} {}\n", bytes.len()));
        hash.update(bytes);
    }
    hex(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> String {
        fingerprint(
            &entries
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        )
    }

    #[test]
    fn any_change_of_a_source_asks_for_a_new_build_and_nothing_else_does() {
        let before = of(&[("go.mod", "a"), ("main.go", "b")]);
        assert_eq!(before, of(&[("main.go", "b"), ("go.mod", "a")]));
        assert_ne!(before, of(&[("go.mod", "a"), ("main.go", "c")]));
        assert_ne!(before, of(&[("go.mod", "a"), ("renamed.go", "b")]));
    }
}
