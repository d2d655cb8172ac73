//! Reads the actual state of the projects.

use std::collections::BTreeMap;

use aws_sdk_codebuild::{
    Client,
    types::{self, CacheType, EnvironmentVariableType, WebhookStatus},
};

use crate::{
    aws::{
        call,
        codebuild::{
            actual::{ActualProject, ActualWebhook},
            project::{Cache, Environment, Limits, Project, Source},
            webhook::Filter,
        },
        error::AwsError,
        owner::Owner,
        state::State,
    },
    spec::Variable,
};

/// The projects with these names that exist, read with one call.
pub(super) async fn projects(
    client: &Client,
    owner: &Owner,
    names: Vec<String>,
) -> Result<Vec<ActualProject>, AwsError> {
    if names.is_empty() {
        // CodeBuild rejects a request without names.
        return Ok(Vec::new());
    }
    let asked = client.batch_get_projects().set_names(Some(names));
    let answer = call::send("describe the CodeBuild projects", asked.send()).await?;
    Ok(answer
        .projects()
        .iter()
        .map(|project| read(owner, project))
        .collect())
}

fn read(owner: &Owner, project: &types::Project) -> ActualProject {
    let tags = project
        .tags()
        .iter()
        .filter_map(|tag| Some((tag.key()?, tag.value()?)));
    ActualProject {
        ours: owner.owns(tags),
        project: Project {
            name: text(project.name()),
            source: source(project),
            role: text(project.service_role()),
            environment: environment(project.environment()),
            cache: cache(project.cache()),
            limits: Limits {
                minutes: project.timeout_in_minutes().unwrap_or_default(),
                builds_at_once: project.concurrent_build_limit().unwrap_or_default(),
            },
        },
        webhook: project.webhook().map(webhook),
    }
}

fn source(project: &types::Project) -> Source {
    let source = project.source();
    Source {
        kind: text(source.map(|source| source.r#type().as_str())),
        location: text(source.and_then(types::ProjectSource::location)),
        branch: text(project.source_version()),
        buildspec: text(source.and_then(types::ProjectSource::buildspec)),
    }
}

fn environment(environment: Option<&types::ProjectEnvironment>) -> Environment {
    let pulled_as = environment.and_then(types::ProjectEnvironment::image_pull_credentials_type);
    Environment {
        kind: text(environment.map(|there| there.r#type().as_str())),
        compute_type: text(environment.map(|there| there.compute_type().as_str())),
        image: text(environment.map(types::ProjectEnvironment::image)),
        pulled_as: text(pulled_as.map(types::ImagePullCredentialsType::as_str)),
        privileged: environment
            .and_then(types::ProjectEnvironment::privileged_mode)
            .unwrap_or_default(),
        variables: environment.map(variables).unwrap_or_default(),
    }
}

fn variables(environment: &types::ProjectEnvironment) -> BTreeMap<String, Variable> {
    environment
        .environment_variables()
        .iter()
        .map(|variable| {
            let value = variable.value().to_owned();
            let value = match variable.r#type() {
                None | Some(EnvironmentVariableType::Plaintext) => Variable::Plain(value),
                // A type that the operator never sets may end up here: such a value differs from the desired one
                // anyway.
                Some(_) => Variable::Secret(value),
            };
            (variable.name().to_owned(), value)
        })
        .collect()
}

fn cache(cache: Option<&types::ProjectCache>) -> Cache {
    let kind = cache.map(types::ProjectCache::r#type);
    Cache {
        kind: text(kind.map(CacheType::as_str)),
        // AWS returns fields of the other cache types too; they have no meaning.
        location: cache
            .filter(|_| kind == Some(&CacheType::S3))
            .and_then(types::ProjectCache::location)
            .map(str::to_owned),
        modes: cache
            .filter(|_| kind == Some(&CacheType::Local))
            .map(types::ProjectCache::modes)
            .unwrap_or_default()
            .iter()
            .map(|mode| mode.as_str().to_owned())
            .collect(),
    }
}

fn webhook(webhook: &types::Webhook) -> ActualWebhook {
    let filter = |filter: &types::WebhookFilter| Filter {
        kind: filter.r#type().as_str().to_owned(),
        pattern: filter.pattern().to_owned(),
        inverted: filter.exclude_matched_pattern().unwrap_or_default(),
    };
    ActualWebhook {
        filters: webhook
            .filter_groups()
            .iter()
            .map(|group| group.iter().map(filter).collect())
            .collect(),
        state: match webhook.status() {
            Some(status @ (WebhookStatus::Creating | WebhookStatus::Deleting)) => {
                State::Busy(status.as_str().to_owned())
            }
            Some(WebhookStatus::CreateFailed) => {
                State::Failed(webhook.status_message().unwrap_or("without a reason").to_owned())
            }
            // Most kinds of webhooks have no status: they exist or they do not.
            _ => State::Active,
        },
    }
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}
