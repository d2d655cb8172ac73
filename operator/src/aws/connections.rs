//! AWS clients, created once per region.

use std::{collections::HashMap, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use tokio::sync::Mutex;

/// The timeout of one call, including its retries.
const CALL: Duration = Duration::from_secs(30);
/// How many times one call is sent.
const ATTEMPTS: u32 = 3;

/// Clients by region. The credentials, and the address of AWS if it is not the usual one (`AWS_ENDPOINT_URL`), are read
/// from the environment: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<String, (SdkConfig, Clients)>>);

/// The clients of one region.
#[derive(Clone, Debug)]
pub struct Clients {
    pub codebuild: aws_sdk_codebuild::Client,
    pub ecr: aws_sdk_ecr::Client,
    pub eks: aws_sdk_eks::Client,
    pub iam: aws_sdk_iam::Client,
}

impl Connections {
    /// The clients of that region.
    pub async fn to(&self, region: &str) -> Clients {
        self.known(region).await.1
    }

    /// The SDK configuration of that region.
    pub async fn config(&self, region: &str) -> SdkConfig {
        self.known(region).await.0
    }

    async fn known(&self, region: &str) -> (SdkConfig, Clients) {
        let mut known = self.0.lock().await;
        if let Some(both) = known.get(region) {
            return both.clone();
        }
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
            .load()
            .await;
        let clients = Clients {
            codebuild: aws_sdk_codebuild::Client::new(&config),
            ecr: aws_sdk_ecr::Client::new(&config),
            eks: aws_sdk_eks::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
        };
        let both = (config, clients);
        known.insert(region.to_owned(), both.clone());
        both
    }
}
