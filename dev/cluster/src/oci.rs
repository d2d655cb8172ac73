//! Packs a few files into an OCI image archive.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::text::hex;

/// An image of a few files in one layer.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// Its full name, with registry and tag.
    pub(crate) reference: &'static str,
    /// Executable files: source path, and path in the image (without a leading slash).
    pub(crate) executables: Vec<(PathBuf, String)>,
    /// Symbolic links: path in the image, and target.
    pub(crate) links: Vec<(String, String)>,
    /// The program that a container runs, with its fixed arguments.
    pub(crate) entrypoint: Vec<String>,
    /// `uid:gid`.
    pub(crate) user: &'static str,
}

/// Writes `image` as an archive at `archive`. The same files always give the same bytes.
pub(crate) fn pack(image: &Image, archive: &Path) -> Result<()> {
    let write_error = |source| Error::File {
        action: "write",
        path: archive.to_owned(),
        source,
    };
    let layer = layer(image)?;
    let layer_digest = digest(&layer);
    let configuration = encode(&json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": image.entrypoint,
            "User": image.user,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        },
        "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
    }));
    let manifest = encode(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &configuration),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    }));
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    entry["annotations"] = json!({
        "io.containerd.image.name": image.reference,
        "org.opencontainers.image.ref.name": image.reference,
    });
    let index = encode(&json!({"schemaVersion": 2, "manifests": [entry]}));
    let marker = encode(&json!({"imageLayoutVersion": "1.0.0"}));

    let mut builder = tar::Builder::new(File::create(archive).map_err(write_error)?);
    let mut add = |name: &str, bytes: &[u8]| append(&mut builder, name, 0o644, bytes).map_err(write_error);
    add("oci-layout", &marker)?;
    add("index.json", &index)?;
    for blob in [&configuration, &manifest, &layer] {
        add(&digest(blob).replacen("sha256:", "blobs/sha256/", 1), blob)?;
    }
    builder.finish().map_err(write_error)
}

fn layer(image: &Image) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (source, target) in &image.executables {
        let bytes = fs::read(source).map_err(Error::file("read", source))?;
        append(&mut builder, target, 0o755, &bytes).map_err(Error::file("pack", source))?;
    }
    for (link, target) in &image.links {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        builder
            .append_link(&mut header, link, target)
            .map_err(Error::file("pack", Path::new(link)))?;
    }
    builder.into_inner().map_err(Error::file("pack", image.reference))
}

fn append<W: io::Write>(
    builder: &mut tar::Builder<W>,
    name: &str,
    mode: u32,
    bytes: &[u8],
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    builder.append_data(&mut header, name, bytes)
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn encode(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_every_blob_is_named_by_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        let image = Image {
            reference: "localhost/example:1",
            executables: vec![(program, "bin/program".to_owned())],
            links: vec![("bin/alias".to_owned(), "program".to_owned())],
            entrypoint: vec!["/bin/program".to_owned()],
            user: "65532:65532",
        };
        let (first, second) = (directory.path().join("1.tar"), directory.path().join("2.tar"));
        pack(&image, &first).unwrap();
        pack(&image, &second).unwrap();
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());

        let mut blobs = 0;
        for entry in tar::Archive::new(File::open(&first).unwrap()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            if let Some(hash) = name.strip_prefix("blobs/sha256/") {
                assert_eq!(digest(&bytes), format!("sha256:{hash}"));
                blobs += 1;
            }
        }
        assert_eq!(blobs, 3);
    }
}
