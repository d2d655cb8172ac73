//! Creates volumes of a pod on disk with the kubelet's layout.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use serde_json::Value;

/// The directory with the current files; the kubelet names it after the time.
const VERSION: &str = "..2026_11_28_09_00_00.0123456789";

/// The files of a `ConfigMap` or Secret: each is a link to `..data`, which is a link to the directory of the current
/// version.
pub(crate) fn projected(directory: &Path, files: &[(String, String)], group: u32) {
    let version = directory.join(VERSION);
    fs::create_dir_all(&version).unwrap();
    symlink(VERSION, directory.join("..data")).unwrap();
    for (name, content) in files {
        let file = version.join(name);
        fs::write(&file, content).unwrap();
        owned(&file, 0o644, group);
        symlink(Path::new("..data").join(name), directory.join(name)).unwrap();
    }
    owned(&version, 0o2755, group);
    owned(directory, 0o2777, group);
}

/// An `emptyDir`.
pub(crate) fn scratch(directory: &Path, group: u32) {
    fs::create_dir_all(directory).unwrap();
    owned(directory, 0o2777, group);
}

/// The volume of a claim, which is a new file system with the content that `mkfs` creates.
pub(crate) fn claim(directory: &Path, group: u32) {
    fs::create_dir_all(directory.join("lost+found")).unwrap();
    owned(&directory.join("lost+found"), 0o700, 0);
    owned(directory, 0o2775, group);
}

fn owned(path: &Path, mode: u32, group: u32) {
    // Changing the owner clears the upper bits of the mode.
    chown(path, Some(0), Some(group)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Name and content of all files of a `ConfigMap`, or of those in `wanted`.
pub(crate) fn files_of(config_map: &Value, wanted: Option<&Value>) -> Vec<(String, String)> {
    let wanted: Option<Vec<&str>> = wanted
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(|item| item["key"].as_str()).collect());
    let files = config_map["data"].as_object().into_iter().flatten();
    files
        .filter(|(name, _)| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&name.as_str()))
        })
        .map(|(name, content)| (name.clone(), content.as_str().unwrap().to_owned()))
        .collect()
}
