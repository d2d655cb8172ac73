//! The calls that change something about projects.

use std::fmt;

use crate::aws::codebuild::{
    project::{Part, Project},
    webhook::Filters,
};

/// One call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Create(Box<Project>),
    /// Changes these parts to those of that project.
    Update {
        project: Box<Project>,
        parts: Vec<Part>,
    },
    CreateWebhook {
        project: String,
        filters: Filters,
    },
    UpdateWebhook {
        project: String,
        filters: Filters,
    },
    /// Deletes the project's webhook, at the Git server too.
    DeleteWebhook(String),
    Delete(String),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(project) => write!(formatter, "create CodeBuild project {}", project.name),
            Self::Update { project, parts } => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(
                    formatter,
                    "change {} of CodeBuild project {}",
                    parts.join(", "),
                    project.name
                )
            }
            Self::CreateWebhook { project, .. } => {
                write!(formatter, "create the webhook of CodeBuild project {project}")
            }
            Self::UpdateWebhook { project, .. } => {
                write!(formatter, "change the webhook of CodeBuild project {project}")
            }
            Self::DeleteWebhook(project) => {
                write!(formatter, "delete the webhook of CodeBuild project {project}")
            }
            Self::Delete(project) => write!(formatter, "delete CodeBuild project {project}"),
        }
    }
}
