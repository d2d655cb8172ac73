//! Builds the images of our own programs: one shared layer, and one layer with the program.

use fdp_catalogue::Service;
use std::fs;
use std::path::{Path, PathBuf};

use crate::archive::{Config, Recipe};
use crate::{Error, Tree, command, host, shell};

/// `(image, binary, crate)` of every program that this workspace publishes.
pub fn own_images() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let services = Service::ALL.map(Service::name).into_iter();
    let alike = services.chain(["setup", "drill"]).map(|name| (name, name, name));
    std::iter::once(("operator", "fdp", "fdp-operator")).chain(alike)
}

/// Mozilla's certificates in Debian's package, without certificates that this machine's owner has added.
const CERTIFICATES: &str = "/usr/share/ca-certificates/mozilla";

/// Recipes for all our own images, from the programs in `binaries`.
pub(crate) fn recipes(binaries: &Path, report: &mut dyn FnMut(&str)) -> Result<Vec<Recipe>, Error> {
    let programs = own_images()
        .map(|(_, binary, package)| {
            let path = binaries.join(binary);
            if path.is_file() {
                Ok(path)
            } else {
                Err(Error::BinaryMissing { path, package })
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    command::ensure_program("strip", "binutils", report)?;
    command::ensure_package(Path::new(CERTIFICATES), "ca-certificates", report)?;
    let base = base(&programs)?;
    Ok(own_images()
        .zip(&programs)
        .map(|((image, binary, _), program)| recipe(image, binary, program, &base))
        .collect())
}

fn recipe(image: &str, binary: &str, program: &Path, base: &Tree) -> Recipe {
    let inside = format!("/usr/local/bin/{binary}");
    let mut layer = Tree::new();
    layer.stripped_program(&inside, program);
    Recipe {
        name: image.to_owned(),
        layers: vec![base.clone(), layer],
        config: Config {
            user: "65532:65532".to_owned(),
            environment: vec![
                ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
                (
                    "SSL_CERT_FILE".to_owned(),
                    "/etc/ssl/certs/ca-certificates.crt".to_owned(),
                ),
            ],
            entrypoint: vec![inside],
            labels: labels(
                &format!("food-delivery {image}"),
                env!("CARGO_PKG_VERSION"),
                "Apache-2.0",
            ),
        },
    }
}

/// Labels for registries and scanners.
pub(crate) fn labels(title: &str, version: &str, licences: &str) -> Vec<(String, String)> {
    [("title", title), ("version", version), ("licenses", licences)]
        .map(|(name, value)| (format!("org.opencontainers.image.{name}"), value.to_owned()))
        .to_vec()
}

/// The C library and the other libraries of all programs, in one layer that nodes and registries store only once.
fn base(programs: &[PathBuf]) -> Result<Tree, Error> {
    let mut tree = Tree::new();
    host::skeleton(&mut tree);
    shell::accounts(&mut tree);
    host::add_libraries(&mut tree, programs, &[])?;
    tree.file("etc/ssl/certs/ca-certificates.crt", certificates()?, 0o644);
    Ok(tree)
}

fn certificates() -> Result<Vec<u8>, Error> {
    let directory = Path::new(CERTIFICATES);
    let reading = || Error::io("reading", directory);
    let mut files = fs::read_dir(directory)
        .map_err(reading())?
        .map(|found| found.map(|found| found.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(reading())?;
    files.sort();
    let mut bundle = Vec::new();
    for file in files {
        bundle.extend(fs::read(&file).map_err(Error::io("reading", &file))?);
        if bundle.last() != Some(&b'\n') {
            bundle.push(b'\n');
        }
    }
    Ok(bundle)
}
