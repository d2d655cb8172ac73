//! The base layer of Kafka and PostgreSQL: a C library, a shell, and the few tools that small scripts need.

use std::path::{Path, PathBuf};

use crate::{Error, Owner, Tree, host};

/// Programs from Debian's dash, bash (which the official image of Kafka has too), coreutils, grep, sed and hostname.
const PROGRAMS: &[&str] = &[
    "bash", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "env", "expr", "grep",
    "head", "hostname", "id", "ln", "ls", "mkdir", "mv", "printf", "pwd", "rm", "rmdir", "sed", "seq", "sh",
    "sleep", "sort", "stat", "sync", "tail", "tee", "test", "touch", "tr", "uname", "wc",
];

/// The user of our own services.
pub(crate) const NONROOT: Owner = Owner {
    user: 65532,
    group: 65532,
};
/// The user of the official Kafka image.
pub(crate) const KAFKA: Owner = Owner {
    user: 1000,
    group: 1000,
};
/// The user of the official PostgreSQL image.
pub(crate) const POSTGRES: Owner = Owner {
    user: 999,
    group: 999,
};

/// The shell and its tools, and the user names of all our images.
pub fn shell() -> Result<Tree, Error> {
    let mut tree = Tree::new();
    host::skeleton(&mut tree);
    accounts(&mut tree);
    let mut programs: Vec<PathBuf> = Vec::with_capacity(PROGRAMS.len());
    for name in PROGRAMS {
        programs.push(Path::new("/bin").join(name));
    }
    // Debian keeps some tools in /usr/bin; with a merged /usr both are the same directory.
    for program in &mut programs {
        if !program.exists() {
            *program = Path::new("/usr").join(program.strip_prefix("/").unwrap_or(program));
        }
    }
    host::add_files(&mut tree, programs.iter().map(PathBuf::as_path))?;
    host::add_libraries(&mut tree, &programs, &[])?;
    Ok(tree)
}

/// `/etc/passwd`, `/etc/group` and the configuration of name lookups.
pub(crate) fn accounts(tree: &mut Tree) {
    let users = [
        ("root", Owner::ROOT, "/root"),
        ("postgres", POSTGRES, "/var/lib/postgresql"),
        ("appuser", KAFKA, "/opt/kafka"),
        ("nonroot", NONROOT, "/tmp"),
    ];
    let passwd: Vec<String> = users
        .iter()
        .map(|(name, Owner { user, group }, home)| {
            format!("{name}:x:{user}:{group}:{name}:{home}:/usr/sbin/nologin\n")
        })
        .collect();
    let group: Vec<String> = users
        .iter()
        .map(|(name, Owner { group, .. }, _)| format!("{name}:x:{group}:\n"))
        .collect();
    tree.file("etc/passwd", passwd.concat(), 0o644);
    tree.file("etc/group", group.concat(), 0o644);
    tree.file(
        "etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\n",
        0o644,
    );
}
