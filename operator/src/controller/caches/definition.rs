//! Waits while the cluster does not know `FoodDeliveryPlatform`s: before they are installed, and after their definition was
//! deleted.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use fdp_crds::FoodDeliveryPlatform;
use kube::{Api, api::ListParams};

use crate::connect::is_not_found;

/// What to do about it.
pub(super) const INSTALL: &str =
    "install the definition of FoodDeliveryPlatform: fdp crds | kubectl apply --server-side -f -";
/// How often to look whether it is there.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Whether the cluster knows `FoodDeliveryPlatform`s.
#[derive(Debug, Default)]
pub struct Definition {
    missing: AtomicBool,
}

impl Definition {
    /// Whether it was found to be missing.
    pub(super) fn is_missing(&self) -> bool {
        self.missing.load(Ordering::Acquire)
    }

    /// Waits until platforms can be listed. Says once that it waits, and once that it does not any more, however many
    /// watches wait.
    pub(super) async fn wait(&self, platforms: &Api<FoodDeliveryPlatform>) {
        if !self.missing.swap(true, Ordering::AcqRel) {
            tracing::warn!(
                "the cluster does not know FoodDeliveryPlatforms, so the operator waits: {INSTALL}"
            );
        }
        let one = ListParams::default().limit(1);
        // An API server that does not answer at the moment says nothing of the definition.
        while platforms
            .list_metadata(&one)
            .await
            .is_err_and(|error| is_not_found(&error) || !matches!(error, kube::Error::Api(_)))
        {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        if self.missing.swap(false, Ordering::AcqRel) {
            tracing::info!("the cluster knows FoodDeliveryPlatforms now");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http::{Request, Response};
    use kube::{Client, client::Body};
    use serde_json::{Value, json};

    use super::*;

    /// The platforms at an API server that gives these answers, one after the other.
    fn platforms(answers: Vec<(u16, Value)>) -> Api<FoodDeliveryPlatform> {
        let left = Arc::new(Mutex::new(answers.into_iter()));
        let service = tower::service_fn(move |_: Request<Body>| {
            let (code, body) = left.lock().unwrap().next().unwrap();
            let response = Response::builder().status(code);
            std::future::ready(response.body(Body::from(body.to_string().into_bytes())))
        });
        Api::namespaced(Client::new(service, "food"), "food")
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_until_platforms_can_be_listed() {
        let unknown = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404 });
        let none = json!({
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": [],
        });
        let definition = Definition::default();
        let answers = vec![(404, unknown.clone()), (404, unknown), (200, none)];
        let started = tokio::time::Instant::now();
        assert!(!definition.is_missing());
        definition.wait(&platforms(answers)).await;
        assert!(!definition.is_missing());
        assert_eq!(started.elapsed().as_secs(), 2 * POLL_INTERVAL.as_secs());
    }
}
