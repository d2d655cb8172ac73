//! Makes the calls that change repositories.

use aws_sdk_ecr::{
    Client,
    operation::{create_repository::CreateRepositoryError, delete_repository::DeleteRepositoryError},
    types::{ImageScanningConfiguration, ImageTagMutability, Tag},
};

use super::Step;
use crate::cloud::{
    owner::{self, Owner},
    problem::{Kind, Problem},
};

/// Takes one step.
pub(super) async fn apply(client: &Client, owner: &Owner, step: &Step) -> Result<(), Problem> {
    match step {
        Step::Create {
            name,
            scan_on_push,
            immutable_tags,
        } => {
            // The tag comes with the repository, so that one cannot be there without the other.
            let tag = Tag::builder()
                .key(owner::TAG)
                .value(owner.value())
                .build()
                .map_err(|error| unbuildable(step, &error))?;
            let created = client
                .create_repository()
                .repository_name(name)
                .tags(tag)
                .image_scanning_configuration(scanning(*scan_on_push))
                .image_tag_mutability(mutability(*immutable_tags))
                .send()
                .await;
            match created {
                Ok(_) => Ok(()),
                // Somebody was quicker, or an answer was lost; the next look tells whose it is.
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(CreateRepositoryError::is_repository_already_exists_exception) =>
                {
                    Ok(())
                }
                Err(error) => Err(Problem::of(step.to_string(), &error)),
            }
        }
        Step::Scan { name, on_push } => client
            .put_image_scanning_configuration()
            .repository_name(name)
            .image_scanning_configuration(scanning(*on_push))
            .send()
            .await
            .map(drop)
            .map_err(|error| Problem::of(step.to_string(), &error)),
        Step::Tags { name, immutable } => client
            .put_image_tag_mutability()
            .repository_name(name)
            .image_tag_mutability(mutability(*immutable))
            .send()
            .await
            .map(drop)
            .map_err(|error| Problem::of(step.to_string(), &error)),
        Step::Lifecycle { name, policy } => client
            .put_lifecycle_policy()
            .repository_name(name)
            .lifecycle_policy_text(policy.to_string())
            .send()
            .await
            .map(drop)
            .map_err(|error| Problem::of(step.to_string(), &error)),
    }
}

/// Deletes a repository with all its images.
pub(super) async fn delete(client: &Client, name: &str) -> Result<(), Problem> {
    match client
        .delete_repository()
        .repository_name(name)
        .force(true)
        .send()
        .await
    {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DeleteRepositoryError::is_repository_not_found_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(Problem::of(format!("delete ECR repository {name}"), &error)),
    }
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

fn unbuildable(step: &Step, error: &aws_sdk_ecr::error::BuildError) -> Problem {
    Problem {
        doing: step.to_string(),
        kind: Kind::Refused,
        detail: error.to_string(),
    }
}
