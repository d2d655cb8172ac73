//! Which images a repository keeps: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>.

use serde_json::{Value, json};

const DAYS_WITHOUT_TAG: i32 = 7;

/// The policy that keeps this number of images, and untagged images for a week.
pub(super) fn policy(keep_images: i32) -> Value {
    json!({ "rules": [
        {
            "rulePriority": 1,
            "description": "images without a tag go after a week",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": DAYS_WITHOUT_TAG,
            },
            "action": { "type": "expire" },
        },
        {
            "rulePriority": 2,
            "description": "of all others the newest stay",
            "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep_images },
            "action": { "type": "expire" },
        },
    ] })
}
