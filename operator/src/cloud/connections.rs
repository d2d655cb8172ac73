//! Clients of AWS, made once a region.

use std::{collections::HashMap, time::Duration};

use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use tokio::sync::Mutex;

/// How long one call may take, with all that is tried again of it.
const CALL: Duration = Duration::from_secs(30);
/// How often one call is sent; beyond that, whoever wants its answer waits longer than a client would.
const ATTEMPTS: u32 = 3;

/// Clients by region. Where credentials come from, and where AWS is if not in its usual place (`AWS_ENDPOINT_URL`), is
/// read from the environment: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<String, Clients>>);

/// The clients of one region.
#[derive(Clone, Debug)]
pub struct Clients {
    pub ecr: aws_sdk_ecr::Client,
    pub eks: aws_sdk_eks::Client,
    pub iam: aws_sdk_iam::Client,
}

impl Connections {
    /// The clients of that region.
    pub async fn to(&self, region: &str) -> Clients {
        let mut known = self.0.lock().await;
        if let Some(clients) = known.get(region) {
            return clients.clone();
        }
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
            .load()
            .await;
        let clients = Clients {
            ecr: aws_sdk_ecr::Client::new(&config),
            eks: aws_sdk_eks::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
        };
        known.insert(region.to_owned(), clients.clone());
        clients
    }
}
