//! What remains of a platform when it is deleted, and what keeps it until then.

use std::fmt::Write as _;

use fdp_crds::CloudStatus;
use kube::{ResourceExt as _, core::DynamicObject};

use crate::controller::finalizer::{AWS, Finalizer, OBJECTS};

/// The finalizers that an operator sets.
pub const FINALIZERS: [Finalizer; 2] = [AWS, OBJECTS];

/// What remains of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    pub namespace: String,
    pub name: String,
    pub is_being_deleted: bool,
    /// Our finalizers: without an operator, a deleted platform waits for them for ever.
    pub finalizers: Vec<String>,
    /// Those of others, which are none of our business.
    pub finalizers_of_others: Vec<String>,
    /// What it has at AWS, as its operator last said.
    pub at_aws: Vec<String>,
    /// Kind and name of objects that Kubernetes does not delete with it.
    pub kept: Vec<String>,
}

impl Remains {
    /// What its resource says.
    pub fn of(platform: &DynamicObject) -> Self {
        let (ours, others) = platform
            .finalizers()
            .iter()
            .cloned()
            .partition(|finalizer| FINALIZERS.iter().any(|ours| ours.name == finalizer));
        Self {
            namespace: platform.namespace().unwrap_or_default(),
            name: platform.name_any(),
            is_being_deleted: platform.metadata.deletion_timestamp.is_some(),
            finalizers: ours,
            finalizers_of_others: others,
            at_aws: at_aws(platform),
            kept: Vec::new(),
        }
    }

    /// Whether it is deleted, and an operator has to act before it can go.
    pub fn waits_for_operator(&self) -> bool {
        self.is_being_deleted && !self.finalizers.is_empty()
    }

    /// For people to read.
    pub fn text(&self) -> String {
        let mut text = format!("FoodDeliveryPlatform {}/{}: ", self.namespace, self.name);
        text += match (self.is_being_deleted, self.finalizers.is_empty()) {
            (true, true) => "is being deleted\n",
            (true, false) => "is being deleted, and waits for the operator\n",
            (false, true) => "can be deleted without the operator\n",
            (false, false) => "needs the operator when it is deleted\n",
        };
        let mut line = |what: &str, items: &[String]| {
            if !items.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  {what}: {}", items.join(", "));
            }
        };
        line("finalizers of the operator", &self.finalizers);
        line("finalizers of others", &self.finalizers_of_others);
        line("at AWS, as last seen", &self.at_aws);
        line("outlives it in the cluster", &self.kept);
        text
    }
}

fn at_aws(platform: &DynamicObject) -> Vec<String> {
    // What this version cannot read is left out: the finalizers still tell that there is something.
    let status = platform.data["status"]["cloud"].clone();
    let cloud: CloudStatus = serde_json::from_value(status).unwrap_or_default();
    let region = platform.data["spec"]["cloud"]["aws"]["region"]
        .as_str()
        .unwrap_or("?");
    let count = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let mut found: Vec<String> = [
        cloud
            .cluster
            .map(|cluster| format!("EKS cluster {} with its nodes and roles", cluster.name)),
        count(cloud.repositories.len(), "ECR repositories"),
        count(cloud.projects.len(), "CodeBuild projects"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(first) = found.first_mut() {
        *first = format!("in {region}: {first}");
    }
    found
}

/// What is printed about all of them, and the exit code: 1 if one waits for an operator.
pub fn report(platforms: &[Remains], command: &str) -> (String, u8) {
    let mut text: String = platforms.iter().map(Remains::text).collect();
    if platforms.is_empty() {
        text += "there are no platforms\n";
    }
    let waits = platforms.iter().any(Remains::waits_for_operator);
    if waits {
        text += "\nStart the operator, and it finishes what it is waited for. If it does not come back: what is named above stays at AWS \
                 and in EKS clusters, is yours to delete, and the platforms go with\n\n";
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {command} --remove-finalizers");
    } else if platforms.iter().any(|platform| !platform.finalizers.is_empty()) {
        text += "\nDelete these platforms while the operator is there, or set cloud.aws.deletionPolicy to Retain before it goes.\n";
    }
    (text, u8::from(waits))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn remains(metadata: &Value) -> Remains {
        let mut platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" },
            "spec": { "cloud": { "aws": { "region": "eu-central-1", "ecr": {} } } },
            "status": { "cloud": { "repositories": [{ "service": "pay", "uri": "1.dkr.ecr/shop/pay" }] } },
        });
        for (field, value) in metadata.as_object().unwrap() {
            platform["metadata"][field] = value.clone();
        }
        Remains::of(&serde_json::from_value(platform).unwrap())
    }

    #[test]
    fn a_deleted_platform_with_our_finalizer_waits_and_names_what_remains() {
        let mut platform = remains(&json!({
            "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["fooddelivery.dev/aws", "other.dev/x"],
        }));
        platform.kept = vec!["PersistentVolumeClaim data-shop-kafka-0".to_owned()];
        let (text, code) = report(&[platform], "fdp leave -n food");
        assert_eq!(code, 1);
        for words in [
            "FoodDeliveryPlatform food/shop: is being deleted, and waits for the operator\n",
            "  finalizers of the operator: fooddelivery.dev/aws\n",
            "  finalizers of others: other.dev/x\n",
            "  at AWS, as last seen: in eu-central-1: 1 ECR repositories\n",
            "  outlives it in the cluster: PersistentVolumeClaim data-shop-kafka-0\n",
            "    fdp leave -n food --remove-finalizers\n",
        ] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }

    #[test]
    fn a_platform_that_lives_is_not_offered_to_lose_its_finalizers() {
        let (text, code) = report(
            &[remains(&json!({ "finalizers": ["fooddelivery.dev/aws"] }))],
            "fdp leave",
        );
        assert_eq!(code, 0);
        assert!(text.contains("needs the operator when it is deleted"), "{text}");
        assert!(!text.contains("--remove-finalizers"), "{text}");
    }

    #[test]
    fn finalizers_of_others_are_nothing_that_the_operator_is_waited_for() {
        let platform = remains(&json!({
            "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["other.dev/x"],
        }));
        assert!(!platform.waits_for_operator());
        assert_eq!(
            report(&[], "fdp leave"),
            ("there are no platforms\n".to_owned(), 0)
        );
    }
}
