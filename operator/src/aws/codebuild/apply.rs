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
            Step,
            project::{Cache, Environment, Part, Project, Source},
            webhook::{Filter, Filters},
        },
        owner::{self, Owner},
        problem::{Kind, Problem},
    },
    spec::Variable,
};

/// Takes one step.
pub(super) async fn apply(client: &Client, owner: &Owner, step: &Step) -> Result<(), Problem> {
    let doing = step.to_string();
    let taken = match step {
        Step::Create(project) => create(client, owner, project, doing).await,
        Step::Update { project, parts } => update(client, project, parts, doing).await,
        Step::CreateWebhook { project, filters } => {
            let create = client
                .create_webhook()
                .project_name(project)
                .set_filter_groups(Some(built(&doing, groups(filters))?));
            call::made(doing, create.send()).await
        }
        Step::UpdateWebhook { project, filters } => {
            let update = client
                .update_webhook()
                .project_name(project)
                .set_filter_groups(Some(built(&doing, groups(filters))?));
            call::done(doing, update.send()).await
        }
        // That a token is not there is told as if the webhook were not, so that neither counts as done.
        Step::DeleteWebhook(project) => {
            let delete = client.delete_webhook().project_name(project);
            call::done(doing, delete.send()).await
        }
        Step::Delete(project) => {
            let delete = client.delete_project().name(project);
            call::gone(doing, delete.send()).await
        }
    };
    taken.map_err(about_the_token)
}

async fn create(client: &Client, owner: &Owner, project: &Project, doing: String) -> Result<(), Problem> {
    let artifacts = ProjectArtifacts::builder()
        .r#type(ArtifactsType::NoArtifacts)
        .build();
    // The tag comes with the project, so that one cannot be there without the other.
    let tag = Tag::builder().key(owner::TAG).value(owner.value()).build();
    let create = client
        .create_project()
        .name(&project.name)
        .source(built(&doing, source(&project.source))?)
        .source_version(&project.source.branch)
        .artifacts(built(&doing, artifacts)?)
        .service_role(&project.role)
        .environment(built(&doing, environment(&project.environment))?)
        .cache(built(&doing, cache(&project.cache))?)
        .timeout_in_minutes(project.limits.minutes)
        .concurrent_build_limit(project.limits.builds_at_once)
        .tags(tag);
    call::made(doing, Box::pin(create.send())).await
}

async fn update(client: &Client, project: &Project, parts: &[Part], doing: String) -> Result<(), Problem> {
    let mut update = client.update_project().name(&project.name);
    for part in parts {
        update = match part {
            Part::Source => update
                .source(built(&doing, source(&project.source))?)
                .source_version(&project.source.branch),
            Part::Role => update.service_role(&project.role),
            Part::Environment => update.environment(built(&doing, environment(&project.environment))?),
            Part::Cache => update.cache(built(&doing, cache(&project.cache))?),
            Part::Limits => update
                .timeout_in_minutes(project.limits.minutes)
                .concurrent_build_limit(project.limits.builds_at_once),
        };
    }
    call::done(doing, Box::pin(update.send())).await
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

fn built<T>(doing: &str, thing: Result<T, BuildError>) -> Result<T, Problem> {
    thing.map_err(|error| Problem {
        doing: doing.to_owned(),
        kind: Kind::Refused,
        detail: error.to_string(),
    })
}

/// That CodeBuild has no token for the Git server, it tells by codes that mean other things too.
fn about_the_token(problem: Problem) -> Problem {
    let told = problem.detail.to_lowercase();
    let about_the_token = problem.kind == Kind::Refused
        && ["access token", "source credential"]
            .iter()
            .any(|word| told.contains(word));
    Problem {
        kind: if about_the_token {
            Kind::SourceCredential
        } else {
            problem.kind
        },
        ..problem
    }
}
