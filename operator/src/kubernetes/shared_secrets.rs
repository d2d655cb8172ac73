//! Secrets of others that platforms may use, which a label on them says.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;

use crate::{
    kubernetes::names::{MANAGED_BY_LABEL, MANAGER, PLATFORM_LABEL},
    model::referenced::Referenced,
};

/// The label with which whoever may change a Secret lets platforms use it.
pub const SHARED_WITH: &str = "fooddelivery.dev/shared-with";
/// The value of the label: platforms of the Secret's namespace, or those whose ingress gateway runs there.
pub const PLATFORMS: &str = "platforms";

/// The label selector of Secrets that platforms may use.
pub fn selector() -> String {
    format!("{SHARED_WITH}={PLATFORMS}")
}

/// The command that lets platforms use a Secret.
pub fn command(namespace: &str, name: &str) -> String {
    format!("kubectl label --overwrite secret {name} -n {namespace} {SHARED_WITH}={PLATFORMS}")
}

/// What the operator keeps of a Secret.
pub fn referenced(secret: &Secret) -> Referenced {
    let labels = secret.labels();
    let has = |key: &str, value: &str| labels.get(key).is_some_and(|given| given == value);
    let made_for = labels
        .get(PLATFORM_LABEL)
        .filter(|_| has(MANAGED_BY_LABEL, MANAGER));
    Referenced {
        unlabelled: !has(SHARED_WITH, PLATFORMS),
        made_for: made_for.cloned(),
        ..Referenced::of(secret.data.as_ref().unwrap_or(&BTreeMap::new()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(labels: &Value) -> Referenced {
        let secret = json!({ "metadata": { "labels": labels }, "data": { "url": "YQ==", "empty": "" } });
        referenced(&serde_json::from_value(secret).unwrap())
    }

    #[test]
    fn a_secret_is_shared_by_the_label_with_its_value() {
        assert!(of(&json!({})).unlabelled);
        assert!(of(&json!({ (SHARED_WITH): "nobody" })).unlabelled);
        let shared = of(&json!({ (SHARED_WITH): PLATFORMS }));
        assert!(shared.exists && !shared.unlabelled);
        assert_eq!(shared.keys.into_iter().collect::<Vec<_>>(), ["url"]);
    }

    #[test]
    fn a_secret_that_the_operator_made_says_for_whom() {
        let made = of(&json!({ (MANAGED_BY_LABEL): MANAGER, (PLATFORM_LABEL): "shop" }));
        assert_eq!(made.made_for.as_deref(), Some("shop"));
        let foreign = of(&json!({ (MANAGED_BY_LABEL): "Helm", (PLATFORM_LABEL): "shop" }));
        assert_eq!(foreign.made_for, None);
    }
}
