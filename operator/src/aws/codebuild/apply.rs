//! Makes the calls that change projects.

use aws_sdk_codebuild::{
    Client,
    error::BuildError,
    types::{
        ArtifactsType, CacheMode, EnvironmentVariable, EnvironmentVariableType, ProjectArtifacts,
        ProjectCache, ProjectEnvironment, ProjectSource, Tag, WebhookFilter,
    },
};

use crate::{
    aws::{
        call,
        codebuild::{
            project::{Cache, Environment, Part, Project, Source},
            step::Step,
            webhook::{Filter, Filters},
        },
        error::{AwsError, ErrorKind},
        owner::{self, Owner},
    },
    spec::Variable,
};

/// Makes the call of one step.
pub(super) async fn apply(client: &Client, owner: &Owner, step: &Step) -> Result<(), AwsError> {
    let operation = step.to_string();
    let result = match step {
        Step::Create(project) => create(client, owner, project, operation).await,
        Step::Update { project, parts } => update(client, project, parts, operation).await,
        Step::CreateWebhook { project, filters } => {
            let create = client
                .create_webhook()
                .project_name(project)
                .set_filter_groups(Some(built(&operation, groups(filters))?));
            call::create(operation, create.send()).await
        }
        Step::UpdateWebhook { project, filters } => {
            let update = client
                .update_webhook()
                .project_name(project)
                .set_filter_groups(Some(built(&operation, groups(filters))?));
            call::update(operation, update.send()).await
        }
        // AWS reports a missing token with the same code as a missing webhook, so neither may count as success.
        Step::DeleteWebhook(project) => {
            let delete = client.delete_webhook().project_name(project);
            call::update(operation, delete.send()).await
        }
        Step::Delete(project) => {
            let delete = client.delete_project().name(project);
            call::delete(operation, delete.send()).await
        }
    };
    result.map_err(as_source_credential_error)
}

async fn create(
    client: &Client,
    owner: &Owner,
    project: &Project,
    operation: String,
) -> Result<(), AwsError> {
    let artifacts = ProjectArtifacts::builder()
        .r#type(ArtifactsType::NoArtifacts)
        .build();
    // The tag is set when the project is created, so that no project exists without the tag.
    let tag = Tag::builder().key(owner::TAG).value(owner.value()).build();
    let create = client
        .create_project()
        .name(&project.name)
        .source(built(&operation, source(&project.source))?)
        .source_version(&project.source.branch)
        .artifacts(built(&operation, artifacts)?)
        .service_role(&project.role)
        .environment(built(&operation, environment(&project.environment))?)
        .cache(built(&operation, cache(&project.cache))?)
        .timeout_in_minutes(project.limits.minutes)
        .concurrent_build_limit(project.limits.builds_at_once)
        .tags(tag);
    call::create(operation, Box::pin(create.send())).await
}

async fn update(
    client: &Client,
    project: &Project,
    parts: &[Part],
    operation: String,
) -> Result<(), AwsError> {
    let mut update = client.update_project().name(&project.name);
    for part in parts {
        update = match part {
            Part::Source => update
                .source(built(&operation, source(&project.source))?)
                .source_version(&project.source.branch),
            Part::Role => update.service_role(&project.role),
            Part::Environment => update.environment(built(&operation, environment(&project.environment))?),
            Part::Cache => update.cache(built(&operation, cache(&project.cache))?),
            Part::Limits => update
                .timeout_in_minutes(project.limits.minutes)
                .concurrent_build_limit(project.limits.builds_at_once),
        };
    }
    call::update(operation, Box::pin(update.send())).await
}

fn source(source: &Source) -> Result<ProjectSource, BuildError> {
    ProjectSource::builder()
        .r#type(source.kind.as_str().into())
        .location(&source.location)
        .buildspec(&source.buildspec)
        .build()
}

fn environment(environment: &Environment) -> Result<ProjectEnvironment, BuildError> {
    let mut builder = ProjectEnvironment::builder()
        .r#type(environment.kind.as_str().into())
        .compute_type(environment.compute_type.as_str().into())
        .image(&environment.image)
        .image_pull_credentials_type(environment.pulled_as.as_str().into())
        .privileged_mode(environment.privileged);
    for (name, value) in &environment.variables {
        let (kind, value) = match value {
            Variable::Plain(value) => (EnvironmentVariableType::Plaintext, value),
            Variable::Secret(name) => (EnvironmentVariableType::SecretsManager, name),
        };
        let variable = EnvironmentVariable::builder()
            .name(name)
            .value(value)
            .r#type(kind);
        builder = builder.environment_variables(variable.build()?);
    }
    builder.build()
}

fn cache(cache: &Cache) -> Result<ProjectCache, BuildError> {
    let modes: Vec<CacheMode> = cache.modes.iter().map(|mode| mode.as_str().into()).collect();
    ProjectCache::builder()
        .r#type(cache.kind.as_str().into())
        .set_location(cache.location.clone())
        .set_modes((!modes.is_empty()).then_some(modes))
        .build()
}

fn groups(filters: &Filters) -> Result<Vec<Vec<WebhookFilter>>, BuildError> {
    filters
        .iter()
        .map(|group| group.iter().map(filter).collect())
        .collect()
}

fn filter(filter: &Filter) -> Result<WebhookFilter, BuildError> {
    WebhookFilter::builder()
        .r#type(filter.kind.as_str().into())
        .pattern(&filter.pattern)
        .exclude_matched_pattern(filter.inverted)
        .build()
}

fn built<T>(operation: &str, thing: Result<T, BuildError>) -> Result<T, AwsError> {
    thing.map_err(|error| AwsError {
        operation: operation.to_owned(),
        kind: ErrorKind::Rejected,
        detail: error.to_string(),
    })
}

/// CodeBuild reports a missing token for the Git server with codes that also have other meanings.
fn as_source_credential_error(error: AwsError) -> AwsError {
    let message = error.detail.to_lowercase();
    let is_about_token = error.kind == ErrorKind::Rejected
        && ["access token", "source credential"]
            .iter()
            .any(|word| message.contains(word));
    AwsError {
        kind: if is_about_token {
            ErrorKind::SourceCredential
        } else {
            error.kind
        },
        ..error
    }
}
