//! Packs layers into an image: an OCI image layout in one tar file that can be imported directly.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::layer::{self, Layer};
use crate::tree::hex;
use crate::{Error, Tree};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// How containers of an image start.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Numeric `user:group`; never root in our own images.
    pub user: String,
    /// `(name, value)`, in the order in which they are written.
    pub environment: Vec<(String, String)>,
    /// The program and its fixed arguments; if empty, the pod sets the command.
    pub entrypoint: Vec<String>,
    /// `(name, value)`; the standard names begin with `org.opencontainers.image.`.
    pub labels: Vec<(String, String)>,
}

/// The content of an image.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Short name; also the archive's name.
    pub name: String,
    /// From the bottom up.
    pub layers: Vec<Tree>,
    pub config: Config,
}

/// A finished image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Short name, such as `order`.
    pub name: String,
    /// The name that pods use, such as `localhost/food-delivery/order:0123456789ab`.
    pub reference: String,
    /// The tar file to import.
    pub archive: PathBuf,
    /// The digest of the manifest, with `sha256:`.
    pub digest: String,
}

/// Builds one image and writes its archive to `cache/images/NAME.tar`.
///
/// Nothing is written if the archive there already contains this image with this reference. The digest depends on the
/// content only, not on the reference.
pub fn pack(recipe: &Recipe, reference: &str, cache: &Path) -> Result<Image, Error> {
    assemble(recipe, cache)?.write(reference, cache)
}

/// An image without a reference.
pub(crate) struct Assembled {
    name: String,
    layers: Vec<Layer>,
    config: Vec<u8>,
    manifest: Vec<u8>,
    /// The digest of the manifest, with `sha256:`.
    pub(crate) digest: String,
}

/// Builds the layers, or finds them in the cache, and computes the digest.
pub(crate) fn assemble(recipe: &Recipe, cache: &Path) -> Result<Assembled, Error> {
    let store = cache.join("layers");
    let layers = recipe
        .layers
        .iter()
        .map(|tree| layer::make(tree, &store))
        .collect::<Result<Vec<_>, _>>()?;
    let config = config_json(&recipe.config, &layers).to_string().into_bytes();
    let manifest = manifest_json(&config, &layers).to_string().into_bytes();
    Ok(Assembled {
        name: recipe.name.clone(),
        digest: format!("sha256:{}", sha256(&manifest)),
        layers,
        config,
        manifest,
    })
}

impl Assembled {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the archive, unless it exists.
    pub(crate) fn write(&self, reference: &str, cache: &Path) -> Result<Image, Error> {
        let directory = cache.join("images");
        fs::create_dir_all(&directory).map_err(Error::io("creating", &directory))?;
        let archive = directory.join(format!("{}.tar", self.name));
        let record = directory.join(format!("{}.json", self.name));
        let image = Image {
            name: self.name.clone(),
            reference: reference.to_owned(),
            archive: archive.clone(),
            digest: self.digest.clone(),
        };
        if archive.exists() && read_record(&record).as_ref() == Some(&image) {
            return Ok(image);
        }
        // The record is deleted first: without it, an archive that was only partly replaced is written again.
        if record.exists() {
            fs::remove_file(&record).map_err(Error::io("deleting", &record))?;
        }
        let draft = archive.with_extension(format!("draft-{}", std::process::id()));
        self.write_tar(reference, &draft)?;
        fs::rename(&draft, &archive).map_err(Error::io("writing", &archive))?;
        layer::replace(&record, layer::to_json(&image, &record)?.as_bytes())?;
        Ok(image)
    }

    fn write_tar(&self, reference: &str, draft: &Path) -> Result<(), Error> {
        let writing = || Error::io("writing", draft);
        let out = BufWriter::with_capacity(1 << 18, File::create(draft).map_err(writing())?);
        let mut tar = tar::Builder::new(out);
        let mut add = |path: &str, content: &[u8]| {
            append(&mut tar, path, content.len() as u64, content).map_err(writing())
        };
        add("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        add("index.json", self.index_json(reference).to_string().as_bytes())?;
        add(
            "manifest.json",
            self.docker_json(reference).to_string().as_bytes(),
        )?;
        add(&blob_path(&sha256(&self.manifest)), &self.manifest)?;
        add(&blob_path(&sha256(&self.config)), &self.config)?;
        let mut written: Vec<&str> = Vec::new();
        for layer in &self.layers {
            if written.contains(&layer.digest.as_str()) {
                continue;
            }
            written.push(&layer.digest);
            let file = File::open(&layer.file).map_err(Error::io("reading", &layer.file))?;
            append(&mut tar, &blob_path(&layer.digest), layer.size, file).map_err(writing())?;
        }
        let mut out = tar.into_inner().map_err(writing())?;
        out.flush().map_err(writing())
    }

    /// containerd takes the name from the first annotation, other programs from the second.
    fn index_json(&self, reference: &str) -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{
                "mediaType": MANIFEST,
                "digest": self.digest,
                "size": self.manifest.len(),
                "platform": {"architecture": architecture(), "os": "linux"},
                "annotations": {
                    "io.containerd.image.name": reference,
                    "org.opencontainers.image.ref.name": reference,
                },
            }],
        })
    }

    /// For `docker load` before version 25, which does not support OCI layouts.
    fn docker_json(&self, reference: &str) -> Value {
        let layers: Vec<String> = self.layers.iter().map(|layer| blob_path(&layer.digest)).collect();
        json!([{
            "Config": blob_path(&sha256(&self.config)),
            "RepoTags": [reference],
            "Layers": layers,
        }])
    }
}

fn config_json(config: &Config, layers: &[Layer]) -> Value {
    let environment: Vec<String> = config
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let labels: serde_json::Map<String, Value> = config
        .labels
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let mut start = json!({"User": config.user, "Env": environment, "WorkingDir": "/", "Labels": labels});
    if !config.entrypoint.is_empty() {
        start["Entrypoint"] = json!(config.entrypoint);
    }
    json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture(),
        "os": "linux",
        "config": start,
        "rootfs": {
            "type": "layers",
            "diff_ids": layers.iter().map(prefixed).collect::<Vec<_>>(),
        },
    })
}

fn manifest_json(config: &[u8], layers: &[Layer]) -> Value {
    let layers: Vec<Value> = layers
        .iter()
        .map(|layer| json!({"mediaType": LAYER, "digest": prefixed(layer), "size": layer.size}))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": CONFIG,
            "digest": format!("sha256:{}", sha256(config)),
            "size": config.len(),
        },
        "layers": layers,
    })
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    path: &str,
    size: u64,
    content: impl Read,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    tar.append_data(&mut header, path, content)
}

fn read_record(record: &Path) -> Option<Image> {
    serde_json::from_slice(&fs::read(record).ok()?).ok()
}

/// This machine's architecture, under its name in Go and OCI.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn blob_path(digest: &str) -> String {
    format!("blobs/sha256/{digest}")
}

fn prefixed(layer: &Layer) -> String {
    format!("sha256:{}", layer.digest)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
