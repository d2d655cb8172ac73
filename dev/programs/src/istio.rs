//! Istio, as its command installs it, from images that are made here.

use std::path::{Path, PathBuf};
use std::process::Command;

use fdp_cluster::command::run;
use fdp_images::Image;
use fdp_images::istio::{ProxyParts, pilot, proxy};

use crate::definitions::{copy, module_directory};
use crate::error::{Error, Result};
use crate::{cache, programs};

/// The folder in `dev/programs/go` that pins it.
pub(crate) const FOLDER: &str = "istio";
const MODULE: &str = "istio.io/istio";
/// The tag of its images: the commit of its version in `go.mod`.
pub const VERSION: &str = "eed52ebb66ad";
/// The template of Envoy's first configuration in the module.
const BOOTSTRAP: &str = "tools/packaging/common/envoy_bootstrap.json";
/// The settings that it is installed with.
const SETTINGS: &str = include_str!("../istio/settings.yaml");
/// How long its control plane and its gateway may take to be ready.
const INSTALLED: &str = "180s";

/// The images of the proxy and the control plane. Their programs are compiled and Envoy is downloaded on the first call.
///
/// # Errors
/// When a part of them cannot be had.
pub fn images() -> Result<Vec<Image>> {
    let kept = fdp_checkout::cache();
    let agent = programs::program("pilot-agent")?;
    let discovery = programs::program("pilot-discovery")?;
    let envoy = fdp_images::envoy(&kept, &mut |_| {})?;
    let bootstrap = bootstrap()?;
    let parts = ProxyParts {
        agent: &agent,
        envoy: &envoy,
        bootstrap: &bootstrap,
    };
    Ok(vec![
        proxy(&parts, VERSION, &kept, &mut |_| {})?,
        pilot(&discovery, VERSION, &kept)?,
    ])
}

/// How it is installed.
#[derive(Clone, Copy, Debug)]
pub struct Installation {
    /// The node's port of its gateway.
    pub port: u16,
    /// Whether sidecars write a line for each request to their logs, which costs them and the container runtime a part of
    /// what a request costs.
    pub access_log: bool,
}

/// Installs it in the cluster of a kubeconfig whose nodes have the images, and waits until it is ready.
///
/// # Errors
/// When `istioctl` fails; with what it says.
pub fn install(kubeconfig: &Path, installation: Installation) -> Result<()> {
    let home = tempfile::tempdir().map_err(Error::file("create", "a temporary directory"))?;
    let settings = home.path().join("settings.yaml");
    std::fs::write(&settings, filled_in(installation)).map_err(Error::file("write", &settings))?;
    let mut istioctl = Command::new(programs::program("istioctl")?);
    istioctl
        .args(["install", "--skip-confirmation", "--readiness-timeout", INSTALLED])
        .arg("--filename")
        .arg(&settings)
        .env("KUBECONFIG", kubeconfig)
        // It must not use settings of the user.
        .env("HOME", home.path())
        .current_dir(home.path());
    run(&mut istioctl)?;
    Ok(())
}

fn filled_in(installation: Installation) -> String {
    let access_log = if installation.access_log {
        "/dev/stdout"
    } else {
        ""
    };
    SETTINGS
        .replace("ACCESS_LOG", access_log)
        .replace("IMAGE_PREFIX", fdp_images::DEFAULT_PREFIX)
        .replace("IMAGE_TAG", VERSION)
        .replace("NODE_PORT", &installation.port.to_string())
}

fn bootstrap() -> Result<PathBuf> {
    let [module, sum] = programs::sums(FOLDER)?;
    let key = cache::key([&module[..], &sum, MODULE.as_bytes(), BOOTSTRAP.as_bytes()]);
    let directory = cache::kept("istio-bootstrap", &key, |directory| {
        copy(&module_directory(FOLDER, MODULE)?.join(BOOTSTRAP), directory)
    })?;
    let name = Path::new(BOOTSTRAP).file_name().unwrap_or_default();
    Ok(directory.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_its_images_is_the_commit_that_the_module_pins() {
        let [module, _] = programs::sums(FOLDER).unwrap();
        let module = String::from_utf8(module).unwrap();
        let is_pinned =
            |line: &str| line.trim().starts_with(&format!("{MODULE} v")) && line.contains(VERSION);
        assert!(module.lines().any(is_pinned), "{module}");
    }

    #[test]
    fn the_settings_name_the_images_that_are_made_here() {
        let settings = filled_in(Installation {
            port: 30090,
            access_log: false,
        });
        for wanted in [
            fdp_images::DEFAULT_PREFIX,
            VERSION,
            "nodePort: 30090",
            "accessLogFile: \"\"",
        ] {
            assert!(settings.contains(wanted), "{settings}");
        }
        for placeholder in ["IMAGE_PREFIX", "IMAGE_TAG", "NODE_PORT", "ACCESS_LOG"] {
            assert!(!settings.contains(placeholder), "{settings}");
        }
    }
}
