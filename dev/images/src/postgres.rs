//! Builds the image of PostgreSQL 15 from Debian's package, with paths that let the same pod use the official image.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::archive::{Config, Recipe};
use crate::service::labels;
use crate::{Error, Tree, command, host, shell};

/// The image's tag.
pub(crate) const VERSION: &str = "15";
const PROGRAMS: &str = "/usr/lib/postgresql/15";
const SHARED: &str = "/usr/share/postgresql/15";
const LOCALE: &str = "/usr/lib/locale/C.utf8";
const TIME_ZONES: &str = "/usr/share/zoneinfo";
const LICENCE: &str = "/usr/share/doc/postgresql-15/copyright";

/// While this file exists, Debian's package does not create or start a database.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/food-delivery-images.conf";

/// The recipe; installs the package first if it is missing.
///
/// There is no entry point: the pod's script runs `initdb` on an empty volume and then executes `postgres`.
pub(crate) fn recipe(shell: &Tree, report: &mut dyn FnMut(&str)) -> Result<Recipe, Error> {
    install(report)?;
    let mut server = server()?;
    server.remove_all_of(shell);
    Ok(Recipe {
        name: "postgres".to_owned(),
        layers: vec![shell.clone(), server],
        config: Config {
            user: "999:999".to_owned(),
            environment: [
                ("PATH", "/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin"),
                ("LANG", "C.UTF-8"),
                ("PGDATA", "/var/lib/postgresql/data"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            entrypoint: Vec::new(),
            labels: labels("PostgreSQL", VERSION, "PostgreSQL"),
        },
    })
}

fn install(report: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let probe = Path::new(PROGRAMS).join("bin/postgres");
    if probe.exists() {
        return Ok(());
    }
    let switch = Path::new(NO_CLUSTER);
    // Without root the file cannot be created; the error is ignored because the package manager then reports the
    // problem more clearly.
    let switched = switch.parent().is_some_and(|directory| {
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(switch, "create_main_cluster = false\n"))
            .is_ok()
    });
    let installed = command::ensure_package(&probe, "postgresql-15", report);
    if switched {
        fs::remove_file(switch).map_err(Error::io("deleting", switch))?;
    }
    installed
}

fn server() -> Result<Tree, Error> {
    let mut tree = Tree::new();
    // Just-in-time compilation needs LLVM, 100 MB that our queries do not need; without it PostgreSQL uses its
    // interpreter.
    tree.host_directory(PROGRAMS, Path::new(PROGRAMS), &|path| {
        !path.starts_with("lib/bitcode")
            && !path.starts_with("lib/pgxs")
            && !path.to_string_lossy().contains("llvmjit")
    })?;
    tree.host_directory(SHARED, Path::new(SHARED), &|path| !path.starts_with("man"))?;
    tree.host_directory(LOCALE, Path::new(LOCALE), &|_| true)?;
    // `posix` and `right` repeat every zone; `localtime` is the zone of this machine.
    tree.host_directory(TIME_ZONES, Path::new(TIME_ZONES), &|path| {
        !["posix", "right", "localtime"]
            .iter()
            .any(|other| path.starts_with(other))
    })?;
    tree.host_file(LICENCE, Path::new(LICENCE), 0o644);
    let binaries = elf_files(&tree);
    host::add_libraries(&mut tree, &binaries, &[])?;
    add_link_targets(&mut tree)?;
    tree.directory("var/lib/postgresql", 0o755, shell::POSTGRES);
    tree.directory("var/lib/postgresql/data", 0o700, shell::POSTGRES);
    tree.directory("run/postgresql", 0o775, shell::POSTGRES);
    Ok(tree)
}

/// Programs and extension modules, whose libraries are needed.
fn elf_files(tree: &Tree) -> Vec<PathBuf> {
    tree.paths()
        .map(|path| Path::new("/").join(path))
        .filter(|path| path.is_file() && !path.is_symlink())
        .filter(|path| {
            path.starts_with(Path::new(PROGRAMS).join("bin"))
                || path.extension().is_some_and(|extension| extension == "so")
        })
        .collect()
}

/// Debian keeps some of these files elsewhere and links to them.
fn add_link_targets(tree: &mut Tree) -> Result<(), Error> {
    let links: BTreeSet<PathBuf> = tree
        .paths()
        .map(|path| Path::new("/").join(path))
        .filter(|path| path.is_symlink() && path.exists())
        .collect();
    host::add_files(tree, links.iter().map(PathBuf::as_path))
}
