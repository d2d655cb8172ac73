//! What of the projects is there.

use crate::aws::codebuild::{project::Project, webhook::SeenWebhook};

/// A project that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenProject {
    pub project: Project,
    /// Whether it carries the platform's tag.
    pub ours: bool,
    pub webhook: Option<SeenWebhook>,
}
