//! Tests that traces show each reconcile of a platform with its requests, so that a slow change can be explained.

use fdp_crds::condition;
use fdp_test_collector::{Collector, Span};
use serde_json::json;

use fdp_test_operator::{Operator, World, eventually};

/// The reconciles that sent a request of that name, with the number of those requests.
fn looks(spans: &[Span], request: &str) -> Vec<(Span, usize)> {
    spans
        .iter()
        .filter(|span| span.name == "reconcile" && span.parent_id.is_none())
        .map(|look| {
            let requests = spans
                .iter()
                .filter(|span| span.name == request && span.parent_id.as_ref() == Some(&look.span_id))
                .filter(|span| span.trace_id == look.trace_id);
            (look.clone(), requests.count())
        })
        .filter(|(_, requests)| *requests > 0)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_a_platform_is_a_trace_with_a_step_for_each_request() {
    let world = World::start().await;
    let collector = Collector::start().unwrap();
    let operator = Operator::with_collector(world.plane.kubeconfig(), &collector.endpoint());
    world.apply("shop", &json!({})).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;

    eventually(
        "the first reconcile created every Deployment of a service",
        async || {
            let spans = collector.spans();
            let made = looks(&spans, "patch Deployment");
            if made.iter().any(|(_, requests)| *requests >= 9) {
                Ok(())
            } else {
                Err(format!("{made:?} of {} spans", spans.len()))
            }
        },
    )
    .await;
    assert!(
        collector
            .spans()
            .iter()
            .all(|span| span.service == "fdp-operator")
    );

    // The last spans are still sent when the operator ends.
    world
        .apply("shop", &json!({ "services": { "pay": { "replicas": 2 } } }))
        .await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    operator.stop().await;
    let spans = collector.spans();
    let changed = looks(&spans, "patch Deployment");
    assert!(changed.iter().any(|(_, requests)| *requests == 1), "{changed:?}");
}
