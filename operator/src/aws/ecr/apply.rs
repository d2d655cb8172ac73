//! Makes the calls that change repositories.

use aws_sdk_ecr::{
    Client,
    types::{ImageScanningConfiguration, ImageTagMutability, Tag},
};

use crate::aws::{
    call,
    ecr::step::Step,
    error::{AwsError, ErrorKind},
    owner::{self, Owner},
};

/// Makes the call of one step.
pub(super) async fn apply(client: &Client, owner: &Owner, step: &Step) -> Result<(), AwsError> {
    let operation = step.to_string();
    match step {
        Step::Create {
            name,
            scan_on_push,
            immutable_tags,
        } => {
            // The tag is set when the repository is created, so that no repository exists without the tag.
            let tag = Tag::builder()
                .key(owner::TAG)
                .value(owner.value())
                .build()
                .map_err(|error| unbuildable(step, &error))?;
            let create = client
                .create_repository()
                .repository_name(name)
                .tags(tag)
                .image_scanning_configuration(scanning(*scan_on_push))
                .image_tag_mutability(mutability(*immutable_tags));
            call::create(operation, create.send()).await
        }
        Step::Scan { name, on_push } => {
            let put = client
                .put_image_scanning_configuration()
                .repository_name(name)
                .image_scanning_configuration(scanning(*on_push));
            call::update(operation, put.send()).await
        }
        Step::Tags { name, immutable } => {
            let put = client
                .put_image_tag_mutability()
                .repository_name(name)
                .image_tag_mutability(mutability(*immutable));
            call::update(operation, put.send()).await
        }
        Step::Lifecycle { name, policy } => {
            let put = client
                .put_lifecycle_policy()
                .repository_name(name)
                .lifecycle_policy_text(policy.to_string());
            call::update(operation, put.send()).await
        }
    }
}

/// Deletes a repository with all its images.
pub(super) async fn delete(client: &Client, name: &str) -> Result<(), AwsError> {
    let delete = client.delete_repository().repository_name(name).force(true);
    call::delete(format!("delete ECR repository {name}"), delete.send()).await
}

fn scanning(on_push: bool) -> ImageScanningConfiguration {
    ImageScanningConfiguration::builder()
        .scan_on_push(on_push)
        .build()
}

fn mutability(immutable: bool) -> ImageTagMutability {
    if immutable {
        ImageTagMutability::Immutable
    } else {
        ImageTagMutability::Mutable
    }
}

fn unbuildable(step: &Step, error: &aws_sdk_ecr::error::BuildError) -> AwsError {
    AwsError {
        operation: step.to_string(),
        kind: ErrorKind::Rejected,
        detail: error.to_string(),
    }
}
