//! What CloudNativePG runs, from a program compiled here: its operator, and PostgreSQL in the shape that it expects.

use std::path::Path;

use crate::archive::{Config, Image, Recipe, pack};
use crate::service::labels;
use crate::{DEFAULT_PREFIX, Error, Owner, Tree, host, postgres, shell};

/// The user that its operator's pod runs as, by its manifest.
const MANAGER: Owner = Owner {
    user: 10001,
    group: 10001,
};
/// The user that it gives to pods with PostgreSQL.
const POSTGRES: Owner = Owner { user: 26, group: 26 };

/// The operator's image, under the name `reference`, from its compiled program.
///
/// # Errors
/// When a part of it cannot be read or the archive cannot be written.
pub fn operator(program: &Path, version: &str, cache: &Path) -> Result<Image, Error> {
    let mut tree = Tree::new();
    host::skeleton(&mut tree);
    // It looks for one program an architecture there, and for itself at the root.
    let inside = "/operator/manager_amd64";
    tree.host_file(inside, program, 0o755);
    tree.symlink("manager", inside.trim_start_matches('/'));
    let recipe = Recipe {
        name: "cloudnative-pg".to_owned(),
        layers: vec![tree],
        config: Config {
            user: format!("{}:{}", MANAGER.user, MANAGER.group),
            environment: Vec::new(),
            entrypoint: vec!["/manager".to_owned()],
            labels: labels("CloudNativePG", version, "Apache-2.0"),
        },
    };
    pack(
        &recipe,
        &format!("{DEFAULT_PREFIX}/cloudnative-pg:{version}"),
        cache,
    )
}

/// Debian's PostgreSQL with a name for the user that CloudNativePG starts it as.
///
/// # Errors
/// When a part of it cannot be read or the archive cannot be written.
pub fn postgresql(cache: &Path, report: &mut dyn FnMut(&str)) -> Result<Image, Error> {
    let mut recipe = postgres::recipe(&shell::shell()?, report)?;
    let mut accounts = Tree::new();
    let Owner { user, group } = POSTGRES;
    accounts.file(
        "etc/passwd",
        format!("postgres:x:{user}:{group}:postgres:/var/lib/postgresql:/usr/sbin/nologin\n"),
        0o644,
    );
    accounts.file("etc/group", format!("postgres:x:{group}:\n"), 0o644);
    recipe.layers.push(accounts);
    "cloudnative-pg-postgresql".clone_into(&mut recipe.name);
    recipe.config.user = format!("{user}:{group}");
    let reference = format!("{DEFAULT_PREFIX}/{}:{}", recipe.name, postgres::VERSION);
    pack(&recipe, &reference, cache)
}
