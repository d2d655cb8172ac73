//! Gives our own images a second tag, so that Kubernetes treats the same programs as another version.

use fdp_cluster::Cluster;
use fdp_local::software::LOCAL_PREFIX;
use libtest_mimic::Failed;
use std::process::Command;

pub(crate) fn tag_images(cluster: &Cluster, tag: &str, next: &str) -> Result<(), Failed> {
    for (image, _, _) in fdp_images::own_images() {
        let reference = |tag: &str| format!("{LOCAL_PREFIX}/{image}:{tag}");
        let output = Command::new("ctr")
            // The full path may be too long for a socket's address.
            .current_dir(cluster.state().join("nodes/node-1"))
            .args(["--address", "containerd.sock", "--namespace", "k8s.io"])
            .args(["images", "tag", "--force", &reference(tag), &reference(next)])
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("tagging {}: {said}", reference(tag)).into());
        }
    }
    Ok(())
}
