//! How commands connect to a cluster, the errors when they cannot, and what is read from it at once.

mod arguments;
pub mod cluster_network;
mod error;

pub use arguments::{ClusterArguments, ConnectError};
pub use error::{ClusterError, chain, is_not_found};

use std::{ffi::OsStr, path::Path};

/// The name of this program for messages: it may also be installed as a plugin of kubectl.
pub fn program() -> &'static str {
    program_called(std::env::args_os().next().as_deref())
}

/// The name of the program that is run from that file name.
pub fn program_called(file: Option<&OsStr>) -> &'static str {
    let stem = file.and_then(|file| Path::new(file).file_stem());
    if stem.is_some_and(|stem| stem == "kubectl-fdp") {
        "kubectl fdp"
    } else {
        "fdp"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_of_kubectl_calls_itself_as_kubectl_does() {
        let called = |file: &str| program_called(Some(OsStr::new(file)));
        assert_eq!(called("/usr/local/bin/kubectl-fdp"), "kubectl fdp");
        assert_eq!(called("kubectl-fdp.exe"), "kubectl fdp");
        assert_eq!(called("/usr/local/bin/fdp"), "fdp");
        assert_eq!(program_called(None), "fdp");
    }
}
