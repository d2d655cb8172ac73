//! The rules about what a platform has at a cloud provider.

mod judged;

use judged::{passes, refusal, refusal_of_change, says};
use serde_json::{Value, json};

/// A specification with that cluster.
fn cluster(settings: &Value) -> Value {
    let mut eks = json!({ "version": "1.34", "subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"] });
    for (name, value) in settings.as_object().into_iter().flatten() {
        eks[name] = value.clone();
    }
    json!({ "cloud": { "aws": { "region": "eu-central-1", "eks": eks } } })
}

#[test]
fn nodes_are_as_many_as_may_be() {
    for (sizes, message) in [
        (
            json!({ "min": 4 }),
            "nodeGroup.min (default 1) must not be greater than nodeGroup.desired (default 3)",
        ),
        (
            json!({ "desired": 5 }),
            "nodeGroup.desired (default 3) must not be greater than nodeGroup.max (default 3)",
        ),
    ] {
        says(refusal(&cluster(&json!({ "nodeGroup": sizes }))), message);
    }
    passes(refusal(&cluster(
        &json!({ "nodeGroup": { "min": 0, "desired": 0, "max": 10 } }),
    )));
}

#[test]
fn a_cluster_keeps_its_name() {
    let message = "cloud.aws.eks.name cannot be changed";
    let (unnamed, shop, store) = (
        cluster(&json!({})),
        cluster(&json!({ "name": "shop" })),
        cluster(&json!({ "name": "store" })),
    );
    for (old, new) in [(&shop, &store), (&unnamed, &shop), (&shop, &unnamed)] {
        says(refusal_of_change(old, new), message);
    }
    let resized = cluster(&json!({ "name": "shop", "nodeGroup": { "max": 5 } }));
    passes(refusal_of_change(&shop, &resized));
}
