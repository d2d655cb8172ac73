//! The projects that exist at AWS.

use crate::aws::{
    codebuild::{project::Project, webhook::Filters},
    state::State,
};

/// A project at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualProject {
    pub project: Project,
    /// Whether it has the platform's tag.
    pub ours: bool,
    pub webhook: Option<ActualWebhook>,
}

/// A webhook at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualWebhook {
    pub filters: Filters,
    pub state: State,
}
