//! Tests the guarantees of the function that packs files into an image.

#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use fdp_images::{Config, Image, Owner, Recipe, Tree, pack};
use serde_json::Value;

const REFERENCE: &str = "localhost/test/thing:1";

fn recipe(program: &Path) -> Recipe {
    let mut below = Tree::new();
    below.directory("tmp", 0o1777, Owner::ROOT);
    below.symlink("bin", "usr/bin");
    let mut above = Tree::new();
    above.host_file("usr/bin/thing", program, 0o755);
    above.file("etc/thing.conf", "answer = 42\n", 0o644);
    let data = Owner {
        user: 999,
        group: 998,
    };
    above.directory("var/lib/thing", 0o700, data);
    Recipe {
        name: "thing".to_owned(),
        layers: vec![below, above],
        config: Config {
            user: "999:998".to_owned(),
            environment: vec![("PATH".to_owned(), "/usr/bin".to_owned())],
            entrypoint: vec!["/usr/bin/thing".to_owned()],
            labels: vec![("org.opencontainers.image.title".to_owned(), "thing".to_owned())],
        },
    }
}

fn program(directory: &Path, content: &str) -> PathBuf {
    let path = directory.join("program");
    fs::write(&path, content).unwrap();
    path
}

fn files_of(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(File::open(archive).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(path, content);
    }
    files
}

fn blob<'a>(files: &'a BTreeMap<String, Vec<u8>>, descriptor: &Value) -> &'a [u8] {
    let digest = descriptor["digest"].as_str().unwrap();
    let content = &files[&format!("blobs/{}", digest.replace(':', "/"))];
    assert_eq!(descriptor["size"], content.len());
    content
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn packed(cache: &Path, content: &str) -> Image {
    pack(&recipe(&program(cache, content)), REFERENCE, cache).unwrap()
}

#[test]
fn the_archive_is_an_oci_layout_that_names_the_image() {
    let cache = tempfile::tempdir().unwrap();
    let image = packed(cache.path(), "one");
    let files = files_of(&image.archive);
    assert_eq!(json(&files["oci-layout"])["imageLayoutVersion"], "1.0.0");
    let index = json(&files["index.json"]);
    let entry = &index["manifests"][0];
    assert_eq!(entry["digest"], image.digest);
    for annotation in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] {
        assert_eq!(entry["annotations"][annotation], REFERENCE);
    }
    let manifest = json(blob(&files, entry));
    let config = json(blob(&files, &manifest["config"]));
    assert_eq!(config["config"]["User"], "999:998");
    assert_eq!(config["config"]["Entrypoint"][0], "/usr/bin/thing");
    assert_eq!(config["config"]["Env"][0], "PATH=/usr/bin");
    assert_eq!(
        config["config"]["Labels"]["org.opencontainers.image.title"],
        "thing"
    );
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 2);
    for (layer, diff_id) in layers
        .iter()
        .zip(config["rootfs"]["diff_ids"].as_array().unwrap())
    {
        assert_eq!(&layer["digest"], diff_id, "an uncompressed layer is its own diff");
        blob(&files, layer);
    }
}

#[test]
fn a_layer_holds_what_was_asked_for_with_its_owner_and_mode_and_no_time() {
    let cache = tempfile::tempdir().unwrap();
    let image = packed(cache.path(), "one");
    let files = files_of(&image.archive);
    let manifest = json(blob(&files, &json(&files["index.json"])["manifests"][0]));
    let mut found = Vec::new();
    for layer in manifest["layers"].as_array().unwrap() {
        let mut layer = tar::Archive::new(blob(&files, layer));
        for entry in layer.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 0);
            found.push(format!(
                "{} {:o} {}:{}",
                entry.path_bytes().escape_ascii(),
                header.mode().unwrap(),
                header.uid().unwrap(),
                header.gid().unwrap()
            ));
        }
    }
    assert_eq!(
        found,
        [
            "bin 777 0:0",
            "tmp/ 1777 0:0",
            "etc/ 755 0:0",
            "etc/thing.conf 644 0:0",
            "usr/ 755 0:0",
            "usr/bin/ 755 0:0",
            "usr/bin/thing 755 0:0",
            "var/ 755 0:0",
            "var/lib/ 755 0:0",
            "var/lib/thing/ 700 999:998",
        ]
    );
}

#[test]
fn the_same_content_gives_the_same_archive_wherever_and_whenever_it_is_packed() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (packed(here.path(), "one"), packed(there.path(), "one"));
    assert_eq!(one.digest, other.digest);
    assert_eq!(fs::read(one.archive).unwrap(), fs::read(other.archive).unwrap());
}

#[test]
fn other_content_gives_another_digest() {
    let cache = tempfile::tempdir().unwrap();
    let first = packed(cache.path(), "one");
    let second = packed(cache.path(), "other");
    assert_ne!(first.digest, second.digest);
    let index = json(&files_of(&second.archive)["index.json"]);
    assert_eq!(index["manifests"][0]["digest"], second.digest);
}

#[test]
fn another_reference_is_written_into_the_archive_but_is_the_same_image() {
    let cache = tempfile::tempdir().unwrap();
    let first = packed(cache.path(), "one");
    let recipe = recipe(&cache.path().join("program"));
    let second = pack(&recipe, "localhost/test/thing:2", cache.path()).unwrap();
    assert_eq!(first.digest, second.digest);
    let index = json(&files_of(&second.archive)["index.json"]);
    assert_eq!(
        index["manifests"][0]["annotations"]["io.containerd.image.name"],
        "localhost/test/thing:2"
    );
}

#[test]
fn an_image_whose_input_did_not_change_is_not_written_again() {
    let cache = tempfile::tempdir().unwrap();
    let recipe = recipe(&program(cache.path(), "one"));
    let first = pack(&recipe, REFERENCE, cache.path()).unwrap();
    let written = fs::metadata(&first.archive).unwrap().modified().unwrap();
    let second = pack(&recipe, REFERENCE, cache.path()).unwrap();
    assert_eq!(first, second);
    assert_eq!(
        written,
        fs::metadata(&second.archive).unwrap().modified().unwrap()
    );
}

#[test]
fn a_lost_archive_and_a_damaged_layer_are_made_again() {
    let cache = tempfile::tempdir().unwrap();
    let recipe = recipe(&program(cache.path(), "one"));
    let first = pack(&recipe, REFERENCE, cache.path()).unwrap();
    let whole = fs::read(&first.archive).unwrap();
    fs::remove_file(&first.archive).unwrap();
    for found in fs::read_dir(cache.path().join("layers")).unwrap() {
        let path = found.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_len(100)
                .unwrap();
        }
    }
    let second = pack(&recipe, REFERENCE, cache.path()).unwrap();
    assert_eq!(fs::read(second.archive).unwrap(), whole);
}

#[test]
fn a_missing_file_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let missing = cache.path().join("no-such-program");
    let error = pack(&recipe(&missing), REFERENCE, cache.path()).unwrap_err();
    assert!(error.to_string().contains("no-such-program"), "{error}");
}

#[test]
fn a_layer_need_not_repeat_what_the_layer_below_has() {
    let mut below = Tree::new();
    below.file("etc/same", "same", 0o644);
    below.file("etc/other", "below", 0o644);
    let mut above = Tree::new();
    above.file("etc/same", "same", 0o644);
    above.file("etc/other", "above", 0o644);
    above.remove_all_of(&below);
    assert_eq!(above.paths().collect::<Vec<_>>(), ["etc/other"]);
}
