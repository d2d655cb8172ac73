//! Writes a tree to a tar file, with the same bytes for the same content, and caches it.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::tree::{Entry, Source, hex};
use crate::{Error, Tree, command};

/// How long an unused layer is kept.
const KEEP: Duration = Duration::from_hours(24);

/// An uncompressed layer on disk.
///
/// It is not compressed because local imports are faster without gzip; skopeo compresses when it pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    /// SHA-256 of the tar file, in hexadecimal.
    pub(crate) digest: String,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Record {
    digest: String,
    size: u64,
}

/// Builds the layer of `tree` in `store`, or finds it there.
pub(crate) fn make(tree: &Tree, store: &Path) -> Result<Layer, Error> {
    let record_file = store.join(format!("{}.json", tree.fingerprint()?));
    if let Some(layer) = find(&record_file, store) {
        touch(&record_file)?;
        return Ok(layer);
    }
    fs::create_dir_all(store).map_err(Error::io("creating", store))?;
    let draft = store.join(format!("draft-{}.tar", std::process::id()));
    let record = write(tree, &draft)?;
    let file = blob(store, &record.digest);
    fs::rename(&draft, &file).map_err(Error::io("writing", &file))?;
    replace(&record_file, to_json(&record, &record_file)?.as_bytes())?;
    Ok(Layer {
        digest: record.digest,
        size: record.size,
        file,
    })
}

/// Deletes layers that no build has used for a day.
pub(crate) fn prune(store: &Path) -> Result<(), Error> {
    let reading = || Error::io("reading", store);
    let now = SystemTime::now();
    let mut used = Vec::new();
    let mut blobs = Vec::new();
    for found in fs::read_dir(store).map_err(reading())? {
        let found = found.map_err(reading())?;
        let path = found.path();
        let modified = found.metadata().and_then(|metadata| metadata.modified());
        let idle = modified.is_ok_and(|time| now.duration_since(time).unwrap_or_default() > KEEP);
        if path.extension().is_none_or(|extension| extension != "json") {
            blobs.push((path, idle));
        } else if idle {
            fs::remove_file(&path).map_err(Error::io("deleting", &path))?;
        } else if let Some(layer) = find(&path, store) {
            used.push(layer.file);
        }
    }
    for (path, idle) in blobs {
        if idle && !used.contains(&path) {
            fs::remove_file(&path).map_err(Error::io("deleting", &path))?;
        }
    }
    Ok(())
}

fn blob(store: &Path, digest: &str) -> PathBuf {
    store.join(format!("{digest}.tar"))
}

fn find(record_file: &Path, store: &Path) -> Option<Layer> {
    let record: Record = serde_json::from_slice(&fs::read(record_file).ok()?).ok()?;
    let file = blob(store, &record.digest);
    // If the disk became full during a write, the file has the wrong size.
    let complete = fs::metadata(&file).ok()?.len() == record.size;
    complete.then_some(Layer {
        digest: record.digest,
        size: record.size,
        file,
    })
}

fn touch(file: &Path) -> Result<(), Error> {
    File::options()
        .append(true)
        .open(file)
        .and_then(|file| file.set_modified(SystemTime::now()))
        .map_err(Error::io("touching", file))
}

fn write(tree: &Tree, draft: &Path) -> Result<Record, Error> {
    let writing = || Error::io("writing", draft);
    let out = BufWriter::with_capacity(1 << 18, File::create(draft).map_err(writing())?);
    let mut tar = tar::Builder::new(Hashing::new(out));
    for (path, entry) in tree.entries() {
        append(&mut tar, path, entry, draft)?;
    }
    let mut out = tar.into_inner().map_err(writing())?;
    out.flush().map_err(writing())?;
    Ok(Record {
        digest: hex(&out.hash.finalize()),
        size: out.size,
    })
}

fn append(tar: &mut tar::Builder<impl Write>, path: &str, entry: &Entry, draft: &Path) -> Result<(), Error> {
    let writing = || Error::io("writing", draft);
    let mut header = tar::Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_uid(entry.owner.user.into());
    header.set_gid(entry.owner.group.into());
    header.set_mtime(0);
    header.set_size(0);
    match &entry.source {
        Source::Directory => {
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, format!("{path}/"), io::empty())
                .map_err(writing())
        }
        Source::Symlink(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, path, target).map_err(writing())
        }
        Source::Bytes(content) => {
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, content.as_slice())
                .map_err(writing())
        }
        Source::Host(from) => append_file(tar, &mut header, path, from, draft),
        Source::Stripped(from) => {
            let stripped = draft.with_extension("stripped");
            command::run(
                Command::new("strip").arg("-o").arg(&stripped).arg(from),
                &format!("removing the symbols of {}", from.display()),
            )?;
            append_file(tar, &mut header, path, &stripped, draft)?;
            fs::remove_file(&stripped).map_err(Error::io("deleting", &stripped))
        }
    }
}

fn append_file(
    tar: &mut tar::Builder<impl Write>,
    header: &mut tar::Header,
    path: &str,
    from: &Path,
    draft: &Path,
) -> Result<(), Error> {
    let reading = || Error::io("reading", from);
    let file = File::open(from).map_err(reading())?;
    header.set_size(file.metadata().map_err(reading())?.len());
    tar.append_data(header, path, BufReader::with_capacity(1 << 18, file))
        .map_err(Error::io("writing", draft))
}

/// Writes `content` to `file` atomically: a reader sees the old or the new content.
pub(crate) fn replace(file: &Path, content: &[u8]) -> Result<(), Error> {
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    fs::write(&draft, content).map_err(Error::io("writing", &draft))?;
    fs::rename(&draft, file).map_err(Error::io("writing", file))
}

pub(crate) fn to_json(value: &impl Serialize, file: &Path) -> Result<String, Error> {
    serde_json::to_string_pretty(value).map_err(|source| Error::Record {
        path: file.to_owned(),
        source,
    })
}

struct Hashing<W> {
    to: W,
    hash: Sha256,
    size: u64,
}

impl<W> Hashing<W> {
    fn new(to: W) -> Self {
        Self {
            to,
            hash: Sha256::new(),
            size: 0,
        }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
