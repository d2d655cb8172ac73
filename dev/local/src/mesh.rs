//! Istio for those who ask for it: its programs are compiled, packed and installed as any user of it installs them.

use crate::failure::Result;
use crate::target::Target;
use fdp_cluster::Progress;
use fdp_images::ImageSet;
use fdp_programs::istio::{self, Installation};
use std::path::Path;

/// The node's port of Istio's ingress gateway.
pub const INGRESS_PORT: u16 = 30090;

/// Its images. They are compiled on the first call, which takes minutes.
///
/// # Errors
/// When one of them cannot be made.
pub fn images() -> Result<ImageSet> {
    Ok(ImageSet {
        tag: istio::VERSION.to_owned(),
        images: istio::images().map_err(Box::new)?,
    })
}

/// Installs it, and waits until it is ready. `access_log` is whether its sidecars write down each request.
///
/// # Errors
/// When the nodes cannot get the images, or `istioctl` fails.
pub fn install(
    target: &Target,
    kubeconfig: &Path,
    images: &ImageSet,
    access_log: bool,
    progress: &dyn Progress,
) -> Result<()> {
    target.deliver(images, progress)?;
    let installation = Installation {
        port: INGRESS_PORT,
        access_log,
    };
    Ok(istio::install(kubeconfig, installation).map_err(Box::new)?)
}
