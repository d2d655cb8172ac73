//! AWS clients, created once per region and identity.

use std::{collections::HashMap, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig, sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_sdk_ecr::config::SharedCredentialsProvider;
use tokio::sync::Mutex;

use crate::aws::access::{Identity, Role};

/// The timeout of one call, including its retries.
const CALL: Duration = Duration::from_secs(30);
/// How many times one call is sent.
const ATTEMPTS: u32 = 3;

/// Clients by region and identity. The credentials, and the address of AWS if it is not the usual one (`AWS_ENDPOINT_URL`), are read
/// from the environment: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<(String, Identity), (SdkConfig, Clients)>>);

/// The clients of one region.
#[derive(Clone, Debug)]
pub struct Clients {
    pub codebuild: aws_sdk_codebuild::Client,
    pub ecr: aws_sdk_ecr::Client,
    pub eks: aws_sdk_eks::Client,
    pub iam: aws_sdk_iam::Client,
}

impl Connections {
    /// The clients of that region, for calls as somebody.
    pub async fn to(&self, region: &str, identity: &Identity) -> Clients {
        self.known(region, identity).await.1
    }

    /// The SDK configuration of that region, for calls as somebody.
    pub async fn config(&self, region: &str, identity: &Identity) -> SdkConfig {
        self.known(region, identity).await.0
    }

    async fn known(&self, region: &str, identity: &Identity) -> (SdkConfig, Clients) {
        let mut known = self.0.lock().await;
        let key = (region.to_owned(), identity.clone());
        if let Some(both) = known.get(&key) {
            return both.clone();
        }
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
            .load()
            .await;
        let config = match identity.role() {
            Some(role) => Box::pin(assuming(role, config)).await,
            None => config,
        };
        let clients = Clients {
            codebuild: aws_sdk_codebuild::Client::new(&config),
            ecr: aws_sdk_ecr::Client::new(&config),
            eks: aws_sdk_eks::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
        };
        let both = (config, clients);
        known.insert(key, both.clone());
        both
    }
}

/// The configuration with the credentials of a role, which are asked for when they are needed and renewed before they end.
async fn assuming(role: &Role, own: SdkConfig) -> SdkConfig {
    let role = AssumeRoleProvider::builder(&role.arn)
        .external_id(&role.namespace)
        .session_name(role.session())
        .configure(&own);
    let assumed = match own.credentials_provider() {
        Some(credentials) => role.build_from_provider(credentials).await,
        None => role.build().await,
    };
    own.into_builder()
        .credentials_provider(SharedCredentialsProvider::new(assumed))
        .build()
}
