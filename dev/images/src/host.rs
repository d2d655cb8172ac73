//! Copies programs of this machine into images, with the libraries that they need.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Owner, Tree, command};

/// Adds what every root file system needs: the merged `/usr` links, mount points, `/tmp`.
pub(crate) fn skeleton(tree: &mut Tree) {
    for link in ["bin", "sbin", "lib", "lib64"] {
        let on_host = Path::new("/").join(link);
        if let Ok(target) = fs::read_link(on_host) {
            tree.directory(&format!("usr/{link}"), 0o755, Owner::ROOT);
            tree.symlink(link, target.to_string_lossy().trim_start_matches('/'));
        }
    }
    for mount_point in ["dev", "proc", "sys", "run"] {
        tree.directory(mount_point, 0o755, Owner::ROOT);
    }
    tree.symlink("var/run", "/run");
    tree.directory("tmp", 0o1777, Owner::ROOT);
    // Kubernetes and Docker mount their own file over it; a container without them needs one.
    tree.file("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", 0o644);
}

/// Adds files of this machine under the same paths, both links and their targets.
pub(crate) fn add_files<'a>(tree: &mut Tree, files: impl IntoIterator<Item = &'a Path>) -> Result<(), Error> {
    for file in files {
        add_file(tree, file, 0)?;
    }
    Ok(())
}

fn add_file(tree: &mut Tree, file: &Path, links: u32) -> Result<(), Error> {
    let reading = || Error::io("reading", file);
    let place = place_of(file)?;
    let inside = place.to_string_lossy().into_owned();
    let metadata = fs::symlink_metadata(&place).map_err(reading())?;
    if metadata.is_symlink() && links < 16 {
        let target = fs::read_link(&place).map_err(reading())?;
        tree.symlink(&inside, &target.to_string_lossy());
        let next = place.parent().unwrap_or(Path::new("/")).join(target);
        return add_file(tree, &next, links + 1);
    }
    let executable = metadata.permissions().mode() & 0o100 != 0;
    tree.host_file(&inside, &place, if executable { 0o755 } else { 0o644 });
    Ok(())
}

/// The real path of `file`: links among its directories are followed (`/lib` is `/usr/lib`), but not the file itself
/// if it is a link.
fn place_of(file: &Path) -> Result<PathBuf, Error> {
    match (file.parent(), file.file_name()) {
        (Some(parent), Some(name)) => parent
            .canonicalize()
            .map(|parent| parent.join(name))
            .map_err(Error::io("reading", file)),
        _ => Ok(file.to_owned()),
    }
}

/// Adds the libraries that `programs` (or libraries) need, directly and indirectly.
///
/// `own` are directories, without links in their paths, whose libraries the loader finds as well but which are not
/// added.
pub(crate) fn add_libraries(tree: &mut Tree, programs: &[PathBuf], own: &[PathBuf]) -> Result<(), Error> {
    let libraries = libraries(programs, own)?;
    let foreign = libraries
        .iter()
        .filter(|library| !own.iter().any(|directory| library.starts_with(directory)));
    add_files(tree, foreign.map(PathBuf::as_path))?;
    add_rest_of_c_library(tree, &libraries)
}

/// Adds parts of the C library that older programs still load by name, including libraries that Java unpacks from its
/// jars.
fn add_rest_of_c_library(tree: &mut Tree, libraries: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let Some(directory) = libraries
        .iter()
        .find(|library| library.ends_with("libc.so.6"))
        .and_then(|library| library.parent())
    else {
        return Ok(());
    };
    let parts = [
        "libdl.so.2",
        "libm.so.6",
        "libnss_dns.so.2",
        "libnss_files.so.2",
        "libpthread.so.0",
        "libresolv.so.2",
        "librt.so.1",
    ]
    .map(|part| directory.join(part));
    add_files(
        tree,
        parts.iter().filter(|part| part.exists()).map(PathBuf::as_path),
    )
}

fn libraries(programs: &[PathBuf], own: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Error> {
    let mut needed = BTreeSet::new();
    // One call of `ldd` for each file would start a shell each time, so it is called once for all files.
    let mut ldd = Command::new("ldd");
    ldd.env("LC_ALL", "C").args(programs);
    if !own.is_empty() {
        let paths: Vec<_> = own.iter().map(|path| path.to_string_lossy()).collect();
        ldd.env("LD_LIBRARY_PATH", paths.join(":"));
    }
    // Its exit status only says whether one of the files was static.
    let output = command::output(&mut ldd, "looking for shared libraries")?;
    let mut needed_by = programs
        .first()
        .map_or_else(String::new, |program| program.to_string_lossy().into_owned());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match parse(line) {
            Line::Program(path) => path.clone_into(&mut needed_by),
            Line::Library(path) => {
                needed.insert(place_of(Path::new(path))?);
            }
            Line::Missing(library) => {
                return Err(Error::LibraryMissing {
                    library: library.to_owned(),
                    needed_by,
                });
            }
            Line::Other => {}
        }
    }
    Ok(needed)
}

#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Program(&'a str),
    Library(&'a str),
    Missing(&'a str),
    Other,
}

fn parse(line: &str) -> Line<'_> {
    if !line.starts_with(char::is_whitespace) {
        return line.strip_suffix(':').map_or(Line::Other, Line::Program);
    }
    let line = line.trim();
    if let Some((name, found)) = line.split_once(" => ") {
        return match found.split(" (").next() {
            Some("not found") => Line::Missing(name),
            Some(path) if path.starts_with('/') => Line::Library(path),
            _ => Line::Other,
        };
    }
    match line.split(" (").next() {
        Some(path) if path.starts_with('/') => Line::Library(path),
        _ => Line::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_ldd_are_understood() {
        assert_eq!(parse("/usr/bin/id:"), Line::Program("/usr/bin/id"));
        assert_eq!(
            parse("\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)"),
            Line::Library("/lib/x86_64-linux-gnu/libc.so.6")
        );
        assert_eq!(
            parse("\t/lib64/ld-linux-x86-64.so.2 (0x00007f)"),
            Line::Library("/lib64/ld-linux-x86-64.so.2")
        );
        assert_eq!(parse("\tlibx.so => not found"), Line::Missing("libx.so"));
        assert_eq!(parse("\tlinux-vdso.so.1 (0x00007f)"), Line::Other);
        assert_eq!(parse("\tstatically linked"), Line::Other);
    }

    #[test]
    fn a_program_brings_its_libraries_and_the_links_to_them() {
        let mut tree = Tree::new();
        add_libraries(&mut tree, &[PathBuf::from("/bin/sh")], &[]).unwrap();
        let paths: Vec<&str> = tree.paths().collect();
        assert!(paths.iter().any(|path| path.ends_with("libc.so.6")));
        assert!(paths.iter().any(|path| path.contains("/ld-linux")));
        assert!(
            paths.iter().all(|path| !path.starts_with("lib/")),
            "libraries lie where /lib points to: {paths:?}"
        );
    }
}
