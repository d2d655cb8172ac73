//! How clients reach a control plane.

use std::path::PathBuf;

use kube::{Client, Config};

use crate::error::{Error, Result};

#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) config: Config,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) kubectl: PathBuf,
}

/// An administrator's client, which belongs to the calling Tokio runtime.
pub(crate) fn client(config: &Config) -> Result<Client> {
    Client::try_from(config.clone()).map_err(Error::api("set up a client of the control plane"))
}
