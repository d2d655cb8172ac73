//! `fdp kubeconfig` and `fdp eks-token`: access for people to a platform's EKS cluster.

use std::time::SystemTime;

use fdp_crds::FoodDeliveryPlatform;
use jiff::Timestamp;
use kube::Api;
use serde_json::{Value, json};

use crate::{
    aws::{
        access::Identity,
        connections::Connections,
        eks::{
            find,
            kubeconfig::{EXEC_API, of_person},
            token::{TOKEN_LIFETIME, TokenError, token},
        },
        owner::Owner,
    },
    connect::{self, ClusterArguments, ClusterError, ConnectError},
    model::health::Health,
    spec,
};

/// The flags of `fdp kubeconfig`.
#[derive(Clone, Debug, clap::Args)]
pub struct KubeconfigArguments {
    /// The platform's name.
    pub name: String,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The flags of `fdp eks-token`.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArguments {
    /// The cluster's name at EKS.
    #[arg(long)]
    pub cluster: String,

    /// The region in which it is.
    #[arg(long, env = "AWS_REGION")]
    pub region: String,
}

/// Why there is no access.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("FoodDeliveryPlatform {name} has no cluster of its own: its cloud.aws.eks is not set")]
    NoCluster { name: String },
    #[error("the cluster of FoodDeliveryPlatform {name} cannot be reached yet: {why}")]
    NotYet { name: String, why: String },
    #[error("write the kubeconfig of FoodDeliveryPlatform {name}")]
    Write {
        name: String,
        #[source]
        source: serde_saphyr::SerializeError,
    },
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// The kubeconfig of a platform's EKS cluster. kubectl runs this program to get tokens.
///
/// # Errors
/// When the platform does not exist, when it has no cluster, or when AWS does not return the cluster's data.
pub async fn kubeconfig(arguments: &KubeconfigArguments) -> Result<String, CommandError> {
    let client = arguments.cluster.connect().await?;
    let namespace = client.default_namespace().to_owned();
    let name = &arguments.name;
    let platforms = Api::<FoodDeliveryPlatform>::namespaced(client, &namespace);
    let platform = platforms.get(name).await.map_err(|source| {
        ClusterError::new(format!("read FoodDeliveryPlatform {namespace}/{name}"), &source)
    })?;
    let aws = spec::aws(&platform);
    let Some((aws, eks)) = aws.and_then(|aws| aws.eks.clone().map(|eks| (aws, eks))) else {
        return Err(CommandError::NoCluster { name: name.clone() });
    };
    let clients = Connections::default().to(&aws.region, &Identity::default()).await;
    let progress = find(&clients, &Owner::new(&namespace, name), &eks.name).await;
    let Some(access) = progress.state.access else {
        let causes: Vec<&str> = progress.state.health.iter().filter_map(Health::message).collect();
        let why = if causes.is_empty() {
            format!("there is no EKS cluster {} of this platform yet", eks.name)
        } else {
            causes.join("; ")
        };
        return Err(CommandError::NotYet {
            name: name.clone(),
            why,
        });
    };
    let program: Vec<&str> = connect::program().split(' ').collect();
    let kubeconfig = of_person(&access, &aws.region, &namespace, &program);
    serde_saphyr::to_string(&kubeconfig).map_err(|source| CommandError::Write {
        name: name.clone(),
        source,
    })
}

/// A token as an `ExecCredential`, the format that kubectl expects from the program in a kubeconfig.
///
/// # Errors
/// When there are no AWS credentials.
pub async fn eks_token(arguments: &TokenArguments) -> Result<Value, CommandError> {
    let now = SystemTime::now();
    let config = Connections::default()
        .config(&arguments.region, &Identity::default())
        .await;
    let token = token(&config, &arguments.region, &arguments.cluster, now).await?;
    let ends = Timestamp::try_from(now + TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
    Ok(json!({
        "apiVersion": EXEC_API,
        "kind": "ExecCredential",
        "spec": { "interactive": false },
        "status": {
            "token": token,
            // In whole seconds, like all times of the Kubernetes API.
            "expirationTimestamp": Timestamp::from_second(ends.as_second()).unwrap_or(ends).to_string(),
        },
    }))
}
