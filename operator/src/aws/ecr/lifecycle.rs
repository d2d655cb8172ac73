//! Which images a repository keeps: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>.

use serde_json::{Value, json};

const DAYS_WITHOUT_TAG: i32 = 7;
/// A century: a policy needs at least one rule, also if nothing is to go.
const NEVER: i32 = 36_500;

/// The policy, which lets nothing go that may run somewhere.
///
/// ECR does not know what runs, and other platforms may run the same images, so every image with a tag stays. Where tags
/// can be moved, an image that has lost its tag may still run by its digest, so those stay too.
pub(super) fn policy(immutable_tags: bool) -> Value {
    let (description, days) = if immutable_tags {
        (
            "images without a tag go after a week, all others stay",
            DAYS_WITHOUT_TAG,
        )
    } else {
        ("all images stay: one that has lost its tag may still run", NEVER)
    };
    json!({ "rules": [{
        "rulePriority": 1,
        "description": description,
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": days,
        },
        "action": { "type": "expire" },
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The selections of all rules.
    fn selections(policy: &Value) -> Vec<(String, i64)> {
        let rules = policy["rules"].as_array().unwrap();
        let selection = |rule: &Value| {
            let selection = &rule["selection"];
            (
                selection["tagStatus"].as_str().unwrap().to_owned(),
                selection["countNumber"].as_i64().unwrap(),
            )
        };
        rules.iter().map(selection).collect()
    }

    #[test]
    fn only_images_without_a_tag_ever_go() {
        assert_eq!(selections(&policy(true)), [("untagged".to_owned(), 7)]);
    }

    #[test]
    fn where_tags_move_nothing_goes_in_a_lifetime() {
        assert_eq!(selections(&policy(false)), [("untagged".to_owned(), 36_500)]);
    }
}
