//! The flags that select a cluster, as kubectl has them.

use std::{io, path::PathBuf};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};

/// Which cluster, and where in it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ClusterArguments {
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config, then the service account of a pod].
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig [default: the current one].
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,

    /// The namespace [default: that of the context].
    #[arg(short, long)]
    pub namespace: Option<String>,
}

/// Why no cluster could be found.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(
        "there is no kubeconfig, and this is no pod with a service account: \
         name a kubeconfig with --kubeconfig or KUBECONFIG"
    )]
    NoKubeconfig,
    #[error("read kubeconfig {}: {source}: name another with --kubeconfig or KUBECONFIG", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the kubeconfig has no context {name}: {}", choice(.known))]
    NoSuchContext { name: String, known: Vec<String> },
    #[error("the kubeconfig has no current context: {}", choice(.known))]
    NoCurrentContext { known: Vec<String> },
    #[error("the kubeconfig cannot be used: {0}")]
    Unusable(#[source] KubeconfigError),
    #[error("set up a client for the cluster: {0}")]
    Client(#[source] kube::Error),
}

impl ClusterArguments {
    /// A client for that cluster; its default namespace is the one that was asked for.
    pub async fn connect(&self) -> Result<Client, ConnectError> {
        let mut config = self.config().await?;
        if let Some(namespace) = &self.namespace {
            config.default_namespace.clone_from(namespace);
        }
        Client::try_from(config).map_err(ConnectError::Client)
    }

    async fn config(&self) -> Result<Config, ConnectError> {
        let kubeconfig = match &self.kubeconfig {
            Some(file) => Kubeconfig::read_from(file),
            None => Kubeconfig::read(),
        };
        let selects_none = self.kubeconfig.is_none() && self.context.is_none();
        match kubeconfig {
            Ok(kubeconfig) if selects_none && kubeconfig.contexts.is_empty() => in_cluster(),
            Ok(kubeconfig) => self.of_context(kubeconfig).await,
            Err(KubeconfigError::ReadConfig(source, _))
                if selects_none && source.kind() == io::ErrorKind::NotFound =>
            {
                in_cluster()
            }
            Err(KubeconfigError::ReadConfig(source, path)) => Err(ConnectError::Unreadable { path, source }),
            Err(KubeconfigError::FindPath) => in_cluster(),
            Err(error) => Err(ConnectError::Unusable(error)),
        }
    }

    async fn of_context(&self, kubeconfig: Kubeconfig) -> Result<Config, ConnectError> {
        let known: Vec<String> = kubeconfig
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect();
        let Some(name) = self
            .context
            .clone()
            .or_else(|| kubeconfig.current_context.clone())
        else {
            return Err(ConnectError::NoCurrentContext { known });
        };
        if !known.contains(&name) {
            return Err(ConnectError::NoSuchContext { name, known });
        }
        let options = KubeConfigOptions {
            context: Some(name),
            ..Default::default()
        };
        Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(ConnectError::Unusable)
    }
}

fn in_cluster() -> Result<Config, ConnectError> {
    Config::incluster().map_err(|_| ConnectError::NoKubeconfig)
}

fn choice(known: &[String]) -> String {
    match known {
        [] => "it has none at all".to_owned(),
        _ => format!("choose one with --context: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = r"
apiVersion: v1
kind: Config
clusters: [{name: there, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: me, user: {token: secret}}]
contexts:
- {name: production, context: {cluster: there, user: me, namespace: food}}
- {name: local, context: {cluster: there, user: me}}
";

    async fn of_context(context: Option<&str>) -> Result<Config, ConnectError> {
        let arguments = ClusterArguments {
            context: context.map(str::to_owned),
            ..Default::default()
        };
        arguments
            .of_context(Kubeconfig::from_yaml(KUBECONFIG).unwrap())
            .await
    }

    #[tokio::test]
    async fn the_named_context_says_the_namespace() {
        let config = of_context(Some("production")).await.unwrap();
        assert_eq!(config.default_namespace, "food");
    }

    #[tokio::test]
    async fn an_unknown_context_is_rejected_with_those_that_exist() {
        assert_eq!(
            of_context(Some("prod")).await.unwrap_err().to_string(),
            "the kubeconfig has no context prod: choose one with --context: production, local"
        );
        assert_eq!(
            of_context(None).await.unwrap_err().to_string(),
            "the kubeconfig has no current context: choose one with --context: production, local"
        );
    }

    #[tokio::test]
    async fn a_missing_kubeconfig_is_named() {
        let arguments = ClusterArguments {
            kubeconfig: Some("/nowhere/kubeconfig".into()),
            ..Default::default()
        };
        let error = arguments.config().await.unwrap_err().to_string();
        assert!(
            error.starts_with("read kubeconfig /nowhere/kubeconfig: "),
            "{error}"
        );
        assert!(
            error.ends_with("name another with --kubeconfig or KUBECONFIG"),
            "{error}"
        );
    }
}
