//! What Istio runs, from programs compiled here: its control plane, and the proxy of its sidecars and gateways.

use std::path::{Path, PathBuf};

use crate::archive::{Config, Image, Recipe, pack};
use crate::service::labels;
use crate::{DEFAULT_PREFIX, Error, Owner, Tree, command, host};

/// The user that Istio's containers run as, whose connections a sidecar's rules leave alone.
const ISTIO: Owner = Owner {
    user: 1337,
    group: 1337,
};
/// The programs of Debian's iptables behind all names that it has; each does what its name says.
const IPTABLES: [&str; 2] = ["xtables-nft-multi", "xtables-legacy-multi"];
/// The names under which Istio's agent looks for them.
const NAMES: [&str; 6] = [
    "iptables",
    "iptables-save",
    "iptables-restore",
    "ip6tables",
    "ip6tables-save",
    "ip6tables-restore",
];

/// What the proxy's image is made of.
#[derive(Debug, Clone, Copy)]
pub struct ProxyParts<'a> {
    /// Istio's `pilot-agent`, which starts Envoy and gets its certificates.
    pub agent: &'a Path,
    pub envoy: &'a Path,
    /// Istio's template of Envoy's first configuration.
    pub bootstrap: &'a Path,
}

/// The image of sidecars and gateways, under the name that Istio gives it.
///
/// # Errors
/// When a part of it cannot be read or installed, or the archive cannot be written.
pub fn proxy(
    parts: &ProxyParts<'_>,
    version: &str,
    cache: &Path,
    report: &mut dyn FnMut(&str),
) -> Result<Image, Error> {
    command::ensure_package(Path::new("/usr/sbin/iptables-nft"), "iptables", report)?;
    let mut tree = base();
    tree.host_file("usr/local/bin/pilot-agent", parts.agent, 0o755);
    tree.host_file("usr/local/bin/envoy", parts.envoy, 0o755);
    tree.host_file(
        "var/lib/istio/envoy/envoy_bootstrap_tmpl.json",
        parts.bootstrap,
        0o644,
    );
    let mut programs = iptables(&mut tree)?;
    programs.push(parts.envoy.to_owned());
    host::add_libraries(&mut tree, &programs, &[])?;
    let recipe = Recipe {
        name: "istio-proxyv2".to_owned(),
        layers: vec![tree],
        config: config("/usr/local/bin/pilot-agent", "Istio's proxy", version),
    };
    pack(&recipe, &format!("{DEFAULT_PREFIX}/proxyv2:{version}"), cache)
}

/// The image of the control plane, under the name that Istio gives it.
///
/// # Errors
/// When a part of it cannot be read or the archive cannot be written.
pub fn pilot(discovery: &Path, version: &str, cache: &Path) -> Result<Image, Error> {
    let mut tree = base();
    tree.host_file("usr/local/bin/pilot-discovery", discovery, 0o755);
    let recipe = Recipe {
        name: "istio-pilot".to_owned(),
        layers: vec![tree],
        config: config("/usr/local/bin/pilot-discovery", "Istio's control plane", version),
    };
    pack(&recipe, &format!("{DEFAULT_PREFIX}/pilot:{version}"), cache)
}

fn base() -> Tree {
    let mut tree = Tree::new();
    host::skeleton(&mut tree);
    let Owner { user, group } = ISTIO;
    tree.file(
        "etc/passwd",
        format!(
            "root:x:0:0:root:/root:/usr/sbin/nologin\nistio-proxy:x:{user}:{group}:istio-proxy:/tmp:/usr/sbin/nologin\n"
        ),
        0o644,
    );
    tree.file("etc/group", format!("root:x:0:\nistio-proxy:x:{group}:\n"), 0o644);
    tree.file("etc/nsswitch.conf", "hosts: files dns\n", 0o644);
    tree
}

fn config(program: &str, title: &str, version: &str) -> Config {
    Config {
        user: format!("{}:{}", ISTIO.user, ISTIO.group),
        environment: vec![(
            "PATH".to_owned(),
            "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        )],
        entrypoint: vec![program.to_owned()],
        labels: labels(title, version, "Apache-2.0"),
    }
}

/// Adds iptables with everything that it loads; gives the files whose libraries it needs.
fn iptables(tree: &mut Tree) -> Result<Vec<PathBuf>, Error> {
    // Where Debian keeps the parts that they load.
    let extensions = format!("/usr/lib/{}-linux-gnu/xtables", std::env::consts::ARCH);
    tree.host_directory(&extensions, Path::new(&extensions), &|_| true)?;
    let mut files: Vec<PathBuf> = tree
        .paths()
        .map(|path| Path::new("/").join(path))
        .filter(|path| path.extension().is_some_and(|extension| extension == "so") && !path.is_symlink())
        .collect();
    for program in IPTABLES {
        let path = Path::new("/usr/sbin").join(program);
        tree.host_file(&path.to_string_lossy(), &path, 0o755);
        files.push(path);
    }
    for name in NAMES {
        let [nft, legacy] = IPTABLES;
        tree.symlink(&format!("usr/sbin/{name}"), nft);
        // As Debian has it: iptables-nft-save, iptables-legacy-save.
        let (family, rest) = name
            .split_once('-')
            .map_or((name, String::new()), |(family, rest)| {
                (family, format!("-{rest}"))
            });
        tree.symlink(&format!("usr/sbin/{family}-nft{rest}"), nft);
        tree.symlink(&format!("usr/sbin/{family}-legacy{rest}"), legacy);
    }
    Ok(files)
}
