//! Reads the actual state of the repositories.

use aws_sdk_ecr::{Client, types};

use crate::aws::{call, ecr::actual::ActualRepository, error::AwsError, owner::Owner};

/// The maximum number of results of one call.
const PAGE: i32 = 1000;

/// The repositories with these names that exist.
pub(super) async fn repositories(
    client: &Client,
    owner: &Owner,
    names: Vec<String>,
) -> Result<Vec<ActualRepository>, AwsError> {
    // A request by name fails completely if one of the names is missing.
    let mut actual = Vec::new();
    for repository in all(client).await? {
        if names
            .iter()
            .any(|name| Some(name.as_str()) == repository.repository_name())
        {
            actual.push(read(client, owner, &repository).await?);
        }
    }
    Ok(actual)
}

/// The names of the owner's repositories below a prefix.
pub(super) async fn repositories_under(
    client: &Client,
    owner: &Owner,
    prefix: &str,
) -> Result<Vec<String>, AwsError> {
    let below = format!("{prefix}/");
    let mut names = Vec::new();
    for repository in all(client).await? {
        let name = repository.repository_name().unwrap_or_default();
        if name.starts_with(&below) && is_ours(client, owner, &repository).await? {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

async fn all(client: &Client) -> Result<Vec<types::Repository>, AwsError> {
    let mut pages = client
        .describe_repositories()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(repository) = pages.next().await {
        all.push(repository.map_err(|error| AwsError::of("list ECR repositories", &error))?);
    }
    Ok(all)
}

async fn read(
    client: &Client,
    owner: &Owner,
    repository: &types::Repository,
) -> Result<ActualRepository, AwsError> {
    let name = repository.repository_name().unwrap_or_default();
    let ours = is_ours(client, owner, repository).await?;
    Ok(ActualRepository {
        name: name.to_owned(),
        uri: repository.repository_uri().unwrap_or_default().to_owned(),
        ours,
        scan_on_push: repository
            .image_scanning_configuration()
            .is_some_and(types::ImageScanningConfiguration::scan_on_push),
        immutable_tags: repository.image_tag_mutability() == Some(&types::ImageTagMutability::Immutable),
        lifecycle: if ours {
            lifecycle(client, name).await?
        } else {
            None
        },
    })
}

async fn is_ours(client: &Client, owner: &Owner, repository: &types::Repository) -> Result<bool, AwsError> {
    let name = repository.repository_name().unwrap_or_default();
    let tags = client
        .list_tags_for_resource()
        .resource_arn(repository.repository_arn().unwrap_or_default());
    let tags = call::send(format!("read the tags of ECR repository {name}"), tags.send()).await?;
    Ok(owner.owns(tags.tags().iter().map(|tag| (tag.key(), tag.value()))))
}

async fn lifecycle(client: &Client, name: &str) -> Result<Option<serde_json::Value>, AwsError> {
    let policy = client.get_lifecycle_policy().repository_name(name).send();
    let operation = format!("read which images ECR repository {name} keeps");
    // A policy that is not JSON was not written by the operator, and is replaced.
    Ok(call::get(operation, policy)
        .await?
        .and_then(|answer| serde_json::from_str(answer.lifecycle_policy_text()?).ok()))
}
