//! Creates the certificates of a cluster with openssl: two authorities and one certificate per identity.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::error::{Error, Result};
use crate::network::{API_SERVICE, CONTROL_PLANE, Node};

/// The authority that all components trust for client and server certificates.
pub const CLUSTER_AUTHORITY: &str = "ca";
/// Signs only the API server's calls to extension API servers such as metrics-server.
pub const FRONT_PROXY_AUTHORITY: &str = "front-proxy-ca";
/// The key pair that signs service account tokens.
pub const SERVICE_ACCOUNTS: &str = "service-accounts";

const DAYS: &str = "3650";

/// With openssl's defaults every certificate would be an authority.
const CONFIG: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
";

/// One certificate to create.
struct Leaf {
    file: String,
    authority: &'static str,
    subject: String,
    alternative_names: Option<String>,
}

/// The certificate file of `name` in the directory of certificates.
pub fn certificate(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.crt"))
}

/// The key file of `name` in the directory of certificates.
pub fn key(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.key"))
}

/// Creates all certificates of a cluster with this number of nodes in `directory`, which must exist.
pub fn make_all(directory: &Path, nodes: u8) -> Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
        .map_err(Error::file("protect", directory))?;
    let config = directory.join("openssl.cnf");
    fs::write(&config, CONFIG).map_err(Error::file("write", &config))?;
    for authority in [CLUSTER_AUTHORITY, FRONT_PROXY_AUTHORITY] {
        let mut command = request(
            directory,
            &config,
            authority,
            &format!("/CN={authority}"),
            "authority",
        );
        run(&mut command)?;
    }
    for leaf in leaves(nodes) {
        let mut command = request(directory, &config, &leaf.file, &leaf.subject, "leaf");
        command.arg("-CA").arg(certificate(directory, leaf.authority));
        command.arg("-CAkey").arg(key(directory, leaf.authority));
        if let Some(names) = &leaf.alternative_names {
            command.args(["-addext", &format!("subjectAltName = {names}")]);
        }
        run(&mut command)?;
    }
    // The API server reads the public key from a certificate; it cannot read it from the private keys that openssl
    // writes.
    run(&mut request(
        directory,
        &config,
        SERVICE_ACCOUNTS,
        &format!("/CN={SERVICE_ACCOUNTS}"),
        "leaf",
    ))?;
    Ok(())
}

fn request(directory: &Path, config: &Path, file: &str, subject: &str, extensions: &str) -> Command {
    let mut command = Command::new("openssl");
    command
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-sha256",
        ])
        .args(["-days", DAYS, "-subj", subject, "-extensions", extensions])
        .arg("-config")
        .arg(config)
        .arg("-keyout")
        .arg(key(directory, file))
        .arg("-out")
        .arg(certificate(directory, file));
    command
}

fn leaves(nodes: u8) -> Vec<Leaf> {
    let leaf = |file: &str, subject: &str| Leaf {
        file: file.to_owned(),
        authority: CLUSTER_AUTHORITY,
        subject: subject.to_owned(),
        alternative_names: None,
    };
    let mut leaves = vec![
        Leaf {
            alternative_names: Some(format!(
                "IP:127.0.0.1, IP:{CONTROL_PLANE}, IP:{API_SERVICE}, DNS:localhost, DNS:kubernetes, \
                 DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local"
            )),
            ..leaf("kube-apiserver", "/CN=kube-apiserver")
        },
        leaf(
            "kubelet-client",
            "/O=system:masters/CN=kube-apiserver-kubelet-client",
        ),
        Leaf {
            authority: FRONT_PROXY_AUTHORITY,
            ..leaf("front-proxy-client", "/CN=front-proxy-client")
        },
        leaf("admin", "/O=system:masters/CN=admin"),
        leaf("kube-controller-manager", "/CN=system:kube-controller-manager"),
        leaf("kube-scheduler", "/CN=system:kube-scheduler"),
        leaf("kube-proxy", "/CN=system:kube-proxy"),
        leaf("kube-router", "/CN=system:kube-router"),
    ];
    leaves.extend(Node::all(nodes).map(|node| {
        let name = node.name();
        Leaf {
            alternative_names: Some(format!("IP:{}, DNS:{name}", node.address())),
            ..leaf(&name, &format!("/O=system:nodes/CN=system:node:{name}"))
        }
    }));
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certificate_verifies_against_its_authority_and_none_of_them_can_sign() {
        let directory = tempfile::tempdir().unwrap();
        make_all(directory.path(), 1).unwrap();
        for leaf in leaves(1) {
            let file = certificate(directory.path(), &leaf.file);
            run(Command::new("openssl")
                .args(["verify", "-x509_strict", "-CAfile"])
                .arg(certificate(directory.path(), leaf.authority))
                .arg(&file))
            .unwrap();
            let text = run(Command::new("openssl")
                .args(["x509", "-noout", "-text", "-in"])
                .arg(&file))
            .unwrap();
            assert!(text.contains("CA:FALSE"), "{text}");
        }
    }

    #[test]
    fn the_api_server_may_be_called_by_its_loopback_address() {
        let directory = tempfile::tempdir().unwrap();
        make_all(directory.path(), 1).unwrap();
        let file = certificate(directory.path(), "kube-apiserver");
        let answer = run(Command::new("openssl")
            .args(["x509", "-noout", "-checkip", "127.0.0.1", "-in"])
            .arg(&file));
        assert!(answer.unwrap().contains("does match"));
    }
}
