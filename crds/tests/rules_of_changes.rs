//! Tests the rules about fields that cannot be changed once they are set.

mod judged;

use judged::{passes, refusal_of_change, says};
use serde_json::{Value, json};

/// A specification with only that part.
fn with(part: &str, settings: Value) -> Value {
    Value::Object([(part.to_owned(), settings)].into_iter().collect())
}

#[test]
fn volumes_of_what_the_operator_runs_keep_their_size_and_class() {
    let parts = [
        (
            "kafka",
            "kafka",
            json!({ "provider": "Managed", "storage": null }),
        ),
        (
            "postgres",
            "postgres",
            json!({ "provider": "Managed", "storage": null }),
        ),
        (
            "mongodb",
            "mongodb",
            json!({ "provider": "Managed", "storage": null }),
        ),
        (
            "logging",
            "logging.elasticsearch",
            json!({ "provider": "Managed", "elasticsearch": { "storage": null } }),
        ),
        (
            "monitoring",
            "monitoring.prometheus",
            json!({ "provider": "Managed", "prometheus": { "storage": null } }),
        ),
    ];
    for (part, path, template) in parts {
        let stored = |storage: Value| {
            let mut settings = template.clone();
            let nested = path
                .split_once('.')
                .map_or("/storage".to_owned(), |(_, inner)| format!("/{inner}/storage"));
            if let Some(place) = settings.pointer_mut(&nested) {
                *place = storage;
            }
            with(part, settings)
        };
        let old = stored(json!({ "size": "20Gi", "storageClass": "fast" }));
        says(
            refusal_of_change(&old, &stored(json!({ "size": "30Gi", "storageClass": "fast" }))),
            &format!("{path}.storage.size cannot be changed"),
        );
        says(
            refusal_of_change(&old, &stored(json!({ "size": "20Gi", "storageClass": "slow" }))),
            &format!("{path}.storage.storageClass cannot be changed"),
        );
        passes(refusal_of_change(&old, &old));
    }
}

#[test]
fn another_provider_takes_over_with_volumes_of_its_own() {
    let ours =
        json!({ "kafka": { "storage": { "size": "5Gi" } }, "postgres": { "storage": { "size": "5Gi" } } });
    let operators = json!({
        "kafka": { "provider": "Strimzi", "brokers": 3, "storage": { "size": "100Gi", "storageClass": "fast" } },
        "postgres": { "provider": "CloudNativePG", "storage": { "size": "50Gi" } },
    });
    let external = json!({
        "kafka": { "provider": "External", "secretRef": { "name": "msk" } },
        "postgres": { "provider": "External", "secretRef": { "name": "rds" } },
    });
    for (old, new) in [
        (&ours, &operators),
        (&ours, &external),
        (&operators, &external),
        (&external, &ours),
    ] {
        passes(refusal_of_change(old, new));
    }
}

#[test]
fn brokers_of_a_kafka_that_the_operator_runs_stay_as_many() {
    let brokers =
        |provider: &str, brokers: i32| with("kafka", json!({ "provider": provider, "brokers": brokers }));
    says(
        refusal_of_change(&brokers("Managed", 1), &brokers("Managed", 3)),
        "kafka.brokers cannot be changed",
    );
    says(
        refusal_of_change(&json!({}), &brokers("Managed", 3)),
        "kafka.brokers cannot be changed",
    );
    passes(refusal_of_change(&json!({}), &brokers("Managed", 1)));
    passes(refusal_of_change(&brokers("Strimzi", 1), &brokers("Strimzi", 3)));
}
