//! Runs a service as its program does.

use axum::Router;
use fdp_http::Serve as _;
use fdp_runtime::Service;
use std::time::Duration;

#[tokio::test]
async fn a_service_whose_background_work_panics_ends_with_an_error() {
    let mut service = Service::new("test", 0).unwrap();
    service.spawn(async {
        // Panics while the service is serving.
        tokio::time::sleep(Duration::from_millis(50)).await;
        panic!("a defect");
    });
    let stopping = service.stopping();
    let served = tokio::time::timeout(Duration::from_secs(10), service.serve(Router::new())).await;
    let error = served.expect("it does not run on").unwrap_err().to_string();
    assert!(error.ends_with("has panicked"), "{error}");
    assert!(stopping.is_cancelled(), "the rest of the work was told");
}
