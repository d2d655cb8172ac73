//! The description of a layer's content, which is read only when the layer is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;

/// Increase it when the same tree gives a different layer, so that old cached layers are not used.
const FORMAT: u32 = 1;

/// The owner of an entry in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub user: u32,
    pub group: u32,
}

impl Owner {
    /// The owner of everything that the image's user must not change.
    pub const ROOT: Self = Self { user: 0, group: 0 };
}

/// The source of an entry's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Directory,
    Bytes(Vec<u8>),
    /// A regular file of this machine.
    Host(PathBuf),
    /// A program of this machine, stripped of its symbols.
    Stripped(PathBuf),
    Symlink(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) source: Source,
    /// Permission bits, including the sticky bit.
    pub(crate) mode: u32,
    pub(crate) owner: Owner,
}

/// Files, directories and links of one layer, by their path in the image without a leading slash.
///
/// Parent directories are added automatically. The order of calls does not affect the layer, except that a later
/// entry replaces an earlier one with the same path.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

impl Tree {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory with permission bits `mode`.
    pub fn directory(&mut self, path: &str, mode: u32, owner: Owner) {
        self.insert(path, Source::Directory, mode, owner);
    }

    /// Adds a file with the given content, owned by root.
    pub fn file(&mut self, path: &str, content: impl Into<Vec<u8>>, mode: u32) {
        self.insert(path, Source::Bytes(content.into()), mode, Owner::ROOT);
    }

    /// Adds a copy of the regular file `from` (following links), owned by root.
    pub fn host_file(&mut self, path: &str, from: &Path, mode: u32) {
        self.insert(path, Source::Host(from.to_owned()), mode, Owner::ROOT);
    }

    /// Adds the program `from` without its symbols, owned by root and executable.
    pub fn stripped_program(&mut self, path: &str, from: &Path) {
        self.insert(path, Source::Stripped(from.to_owned()), 0o755, Owner::ROOT);
    }

    /// Adds a symbolic link that points to `target`.
    pub fn symlink(&mut self, path: &str, target: &str) {
        self.insert(path, Source::Symlink(target.to_owned()), 0o777, Owner::ROOT);
    }

    /// Adds the directory `from` with everything below it for which `keep` returns true.
    ///
    /// `keep` gets paths relative to `from`; a directory for which it returns false is skipped with its content.
    /// Links are kept as links. The owner is root; of the mode, only the executable bit is kept.
    pub fn host_directory(
        &mut self,
        path: &str,
        from: &Path,
        keep: &dyn Fn(&Path) -> bool,
    ) -> Result<(), Error> {
        self.directory(path, 0o755, Owner::ROOT);
        self.walk(path.trim_matches('/'), from, Path::new(""), keep)
    }

    /// Removes the entries that are identical in `below`, a lower layer.
    pub fn remove_all_of(&mut self, below: &Self) {
        self.entries
            .retain(|path, entry| below.entries.get(path) != Some(entry));
    }

    /// All paths, sorted, parents before their children.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Identifies the tree without reading file contents: size and modification time are used instead.
    pub(crate) fn fingerprint(&self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        hash.update(format!("tree {FORMAT}\n"));
        for (path, entry) in &self.entries {
            let Owner { user, group } = entry.owner;
            hash.update(format!("{path}\0{:o} {user}:{group} ", entry.mode));
            match &entry.source {
                Source::Directory => hash.update("directory"),
                Source::Bytes(content) => hash.update(Sha256::digest(content)),
                Source::Symlink(target) => hash.update(format!("symlink {target}")),
                Source::Host(from) => hash.update(format!("copy {}", state_of(from)?)),
                Source::Stripped(from) => hash.update(format!("strip {}", state_of(from)?)),
            }
            hash.update("\n");
        }
        Ok(hex(&hash.finalize()))
    }

    fn insert(&mut self, path: &str, source: Source, mode: u32, owner: Owner) {
        let path = path.trim_matches('/');
        for (end, _) in path.match_indices('/') {
            self.entries
                .entry(path[..end].to_owned())
                .or_insert_with(|| Entry {
                    source: Source::Directory,
                    mode: 0o755,
                    owner: Owner::ROOT,
                });
        }
        self.entries
            .insert(path.to_owned(), Entry { source, mode, owner });
    }

    fn walk(
        &mut self,
        path: &str,
        root: &Path,
        below: &Path,
        keep: &dyn Fn(&Path) -> bool,
    ) -> Result<(), Error> {
        let directory = root.join(below);
        let reading = || Error::io("reading", &directory);
        for found in fs::read_dir(&directory).map_err(reading())? {
            let found = found.map_err(reading())?;
            let relative = below.join(found.file_name());
            if !keep(&relative) {
                continue;
            }
            let inside = format!("{path}/{}", relative.to_string_lossy());
            let from = found.path();
            let metadata = found.metadata().map_err(Error::io("reading", &from))?;
            if metadata.is_symlink() {
                let target = fs::read_link(&from).map_err(Error::io("reading", &from))?;
                self.symlink(&inside, &target.to_string_lossy());
            } else if metadata.is_dir() {
                self.directory(&inside, 0o755, Owner::ROOT);
                self.walk(path, root, &relative, keep)?;
            } else {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                self.host_file(&inside, &from, if executable { 0o755 } else { 0o644 });
            }
        }
        Ok(())
    }
}

fn state_of(file: &Path) -> Result<String, Error> {
    let metadata = fs::metadata(file).map_err(Error::io("reading", file))?;
    Ok(format!(
        "{} {} {}.{:09}",
        file.display(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec()
    ))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
