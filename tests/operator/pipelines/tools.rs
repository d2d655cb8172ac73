//! Installs the programs that pipelines call and that a machine may lack, from Debian packages and `PyPI`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use fdp_cluster::lock::Lock;

const AWS_VERSION: &str = "1.45.11";

/// The AWS CLI. `CodeBuild` has version 2, which supports the same calls.
pub(crate) fn aws() -> PathBuf {
    static AWS: LazyLock<PathBuf> = LazyLock::new(|| {
        let environment =
            fdp_images::python_tool(&fdp_checkout::cache(), "awscli", AWS_VERSION, &mut |line| {
                eprintln!("{line}");
            });
        environment.unwrap().join("bin/aws")
    });
    AWS.clone()
}

/// A program of a Debian package, which is installed if it is missing.
pub(crate) fn debian(package: &str) -> PathBuf {
    let program = Path::new("/usr/bin").join(package);
    let _lock = locked();
    if !program.exists() {
        apt_get(Path::new("/"), &["update"]);
        apt_get(
            Path::new("/"),
            &["install", "--yes", "--no-install-recommends", package],
        );
    }
    program
}

/// Debian's registry. Its package is only unpacked, because installing it would start a server.
pub(crate) fn registry() -> PathBuf {
    let home = fdp_checkout::cache().join("docker-registry");
    let program = home.join("usr/bin/docker-registry");
    let _lock = locked();
    if !program.exists() {
        fs::create_dir_all(&home).unwrap();
        let directory = tempfile::tempdir().unwrap();
        apt_get(directory.path(), &["update"]);
        apt_get(directory.path(), &["download", "docker-registry"]);
        let package = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap();
        let unpacked = Command::new("dpkg-deb")
            .arg("--extract")
            .arg(package.path())
            .arg(&home)
            .status()
            .unwrap();
        assert!(unpacked.success());
    }
    program
}

/// A folder with these programs under their names, for the `PATH`.
pub(crate) fn folder_of(programs: &[&Path]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for program in programs {
        symlink(program, folder.path().join(program.file_name().unwrap())).unwrap();
    }
    folder
}

fn locked() -> Lock {
    let cache = fdp_checkout::cache();
    fs::create_dir_all(&cache).unwrap();
    Lock::acquire(&cache.join("pipelines.lock")).unwrap()
}

fn apt_get(directory: &Path, arguments: &[&str]) {
    let output = Command::new("apt-get")
        // Another installation may be in progress.
        .args(["-o", "DPkg::Lock::Timeout=300", "--quiet=2"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "apt-get {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
