//! Kubeconfig files: one for users with embedded certificates, and one per component that refers to certificate
//! files.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificates::{CLUSTER_AUTHORITY, certificate, key};
use crate::error::{Error, Result};

/// The administrator's kubeconfig for the cluster called `cluster` at `https://127.0.0.1:port`.
pub fn administrator(certificates: &Path, cluster: &str, port: u16) -> Result<String> {
    let embed = |path: &Path| -> Result<String> {
        fs::read(path)
            .map(|bytes| STANDARD.encode(bytes))
            .map_err(Error::file("read", path))
    };
    let context = format!("fdp-{cluster}");
    Ok(document(
        &context,
        &format!("https://127.0.0.1:{port}"),
        &format!(
            "certificate-authority-data: {}",
            embed(&certificate(certificates, CLUSTER_AUTHORITY))?
        ),
        &format!(
            "client-certificate-data: {}",
            embed(&certificate(certificates, "admin"))?
        ),
        &format!("client-key-data: {}", embed(&key(certificates, "admin"))?),
    ))
}

/// The kubeconfig of the component `identity`; `certificates` is the directory as the component sees it.
pub fn component(certificates: &Path, identity: &str, server: &str) -> String {
    document(
        "cluster",
        server,
        &format!(
            "certificate-authority: {}",
            certificate(certificates, CLUSTER_AUTHORITY).display()
        ),
        &format!(
            "client-certificate: {}",
            certificate(certificates, identity).display()
        ),
        &format!("client-key: {}", key(certificates, identity).display()),
    )
}

fn document(context: &str, server: &str, authority: &str, certificate: &str, key: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: {context}
  cluster:
    server: {server}
    {authority}
users:
- name: {context}
  user:
    {certificate}
    {key}
contexts:
- name: {context}
  context:
    cluster: {context}
    user: {context}
current-context: {context}
"
    )
}
