//! Reads the platforms that the arguments select.

use fdp_crds::FoodDeliveryPlatform;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::ListParams,
    core::{ApiResource, DynamicObject},
    runtime::watcher,
};

use crate::{cli::status::StatusError, connect::ClusterError};

/// Which platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The one of that name.
    One { namespace: String, name: String },
    /// All of a namespace.
    Namespace(String),
    /// All of the cluster.
    Everywhere,
}

impl Selection {
    /// The selected platforms, untyped, so that one which cannot be parsed does not hide the others.
    pub async fn list(&self, client: &Client) -> Result<Vec<DynamicObject>, StatusError> {
        let parameters = match self.field_selector() {
            Some(fields) => ListParams::default().fields(&fields),
            None => ListParams::default(),
        };
        let platforms = self
            .api(client)
            .list(&parameters)
            .await
            .map_err(|error| self.error(&error))?
            .items;
        match self {
            Self::One { namespace, name } if platforms.is_empty() => Err(StatusError::NotFound {
                name: name.clone(),
                namespace: namespace.clone(),
                hint: hint(client, namespace).await,
            }),
            _ => Ok(platforms),
        }
    }

    /// The API client for the selected platforms.
    pub fn api(&self, client: &Client) -> Api<DynamicObject> {
        self.api_of::<FoodDeliveryPlatform>(client)
    }

    /// The API client for what else there is of a kind in the namespaces of the selected platforms.
    pub fn api_of<K: Resource<DynamicType = ()>>(&self, client: &Client) -> Api<DynamicObject> {
        let kind = ApiResource::erase::<K>(&());
        match self {
            Self::One { namespace, .. } | Self::Namespace(namespace) => {
                Api::namespaced_with(client.clone(), namespace, &kind)
            }
            Self::Everywhere => Api::all_with(client.clone(), &kind),
        }
    }

    /// The selector of the watch.
    pub fn watched(&self) -> watcher::Config {
        match self.field_selector() {
            Some(fields) => watcher::Config::default().fields(&fields),
            None => watcher::Config::default(),
        }
    }

    /// Classifies the error of such a call.
    pub fn error(&self, error: &kube::Error) -> ClusterError {
        let doing = match self {
            Self::One { namespace, name } => format!("read FoodDeliveryPlatform {namespace}/{name}"),
            Self::Namespace(namespace) => format!("list the FoodDeliveryPlatforms in namespace {namespace}"),
            Self::Everywhere => "list the FoodDeliveryPlatforms of all namespaces".to_owned(),
        };
        ClusterError::about_platforms(doing, error)
    }

    fn field_selector(&self) -> Option<String> {
        match self {
            Self::One { name, .. } => Some(format!("metadata.name={name}")),
            Self::Namespace(_) | Self::Everywhere => None,
        }
    }
}

/// The names of the existing platforms, if the user may list them.
async fn hint(client: &Client, namespace: &str) -> String {
    let list = async |selection: Selection| -> Vec<DynamicObject> {
        let answer = selection.api(client).list(&ListParams::default()).await;
        answer.map(|list| list.items).unwrap_or_default()
    };
    let here = list(Selection::Namespace(namespace.to_owned())).await;
    if !here.is_empty() {
        let names: Vec<String> = here.iter().map(ResourceExt::name_any).collect();
        return format!("there are: {}", names.join(", "));
    }
    let elsewhere = list(Selection::Everywhere).await;
    if elsewhere.is_empty() {
        return "there is none at all, as far as you may see".to_owned();
    }
    let names: Vec<String> = elsewhere
        .iter()
        .map(|platform| {
            let namespace = platform.namespace().unwrap_or_default();
            format!("{} -n {namespace}", platform.name_any())
        })
        .collect();
    format!("elsewhere there are: {}", names.join(", "))
}
