//! How a control plane is reached.

use std::path::PathBuf;

use kube::{Client, Config};

use crate::error::{Error, Result};

/// How to reach it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) config: Config,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) kubectl: PathBuf,
}

/// An administrator's client, for use within the calling runtime.
pub(crate) fn client(config: &Config) -> Result<Client> {
    Client::try_from(config.clone()).map_err(Error::api("set up a client of the control plane"))
}
