//! Plans the next steps towards the desired projects, or towards their deletion, without I/O.

use crate::aws::{
    codebuild::{
        actual::{ActualProject, ActualWebhook},
        desired::Desired,
        project::{Part, Project},
        step::Step,
        webhook::Filters,
    },
    state::State,
};

/// The steps that are possible now, and what prevents the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps in order. Webhooks come last, so that missing access to the Git server does not prevent the creation
    /// of projects.
    pub steps: Vec<Step>,
    /// What AWS is still busy with.
    pub waiting: Vec<String>,
    /// What a person has to fix.
    pub blocked: Vec<String>,
    /// Names of projects of another owner, which are not changed.
    pub foreign: Vec<String>,
}

/// Compares the desired with the actual state.
pub fn plan(desired: &Desired, actual: &[ActualProject]) -> Plan {
    let mut plan = Plan::default();
    let mut webhooks = Vec::new();
    for (service, project) in &desired.projects {
        let there = actual.iter().find(|there| there.project.name == project.name);
        let Some(there) = there else {
            // The webhook waits until the next observation shows that the project is ours: somebody else may have
            // created one with the same name first.
            plan.steps.push(Step::Create(Box::new(project.clone())));
            continue;
        };
        if !there.ours {
            plan.foreign.push(project.name.clone());
            continue;
        }
        let mut parts = project.differences(&there.project);
        if there.project.source.same_repository(&project.source) {
            plan.update(project, parts);
            match &desired.filters(service) {
                Some(filters) => plan.webhook(&project.name, filters, there.webhook.as_ref(), &mut webhooks),
                None => plan.remove_webhook(&project.name, there.webhook.as_ref(), &mut webhooks),
            }
            continue;
        }
        // A webhook belongs to its repository: it is removed before the project changes to another repository, and the
        // new one is created after that change.
        if there.webhook.is_some() {
            plan.remove_webhook(&project.name, there.webhook.as_ref(), &mut webhooks);
            parts.retain(|part| *part != Part::Source);
        }
        plan.update(project, parts);
    }
    plan.steps.append(&mut webhooks);
    plan
}

/// Plans what to delete next. Webhooks are deleted before their projects, because they cannot be removed from the Git
/// server afterwards. Projects of other owners are kept.
pub fn deletion(actual: &[ActualProject]) -> Plan {
    let mut plan = Plan::default();
    let mut webhooks = Vec::new();
    for there in actual {
        let name = &there.project.name;
        if !there.ours {
            plan.foreign.push(name.clone());
        } else if there.webhook.is_some() {
            plan.remove_webhook(name, there.webhook.as_ref(), &mut webhooks);
        } else {
            plan.steps.push(Step::Delete(name.clone()));
        }
    }
    plan.steps.append(&mut webhooks);
    plan
}

impl Plan {
    fn update(&mut self, project: &Project, parts: Vec<Part>) {
        if !parts.is_empty() {
            self.steps.push(Step::Update {
                project: Box::new(project.clone()),
                parts,
            });
        }
    }

    fn webhook(
        &mut self,
        project: &str,
        filters: &Filters,
        actual: Option<&ActualWebhook>,
        steps: &mut Vec<Step>,
    ) {
        let (project, filters) = (project.to_owned(), filters.clone());
        match actual {
            None => steps.push(Step::CreateWebhook { project, filters }),
            Some(webhook) => match &webhook.state {
                State::Busy(word) => self.wait_for(&project, word),
                State::Failed(why) => self.blocked.push(format!(
                    "the webhook of CodeBuild project {project} could not be made: {why}; when that is mended, delete it, and it is made anew: aws codebuild delete-webhook --project-name {project}"
                )),
                State::Active if webhook.filters != filters => {
                    steps.push(Step::UpdateWebhook { project, filters });
                }
                State::Active => {}
            },
        }
    }

    fn remove_webhook(&mut self, project: &str, actual: Option<&ActualWebhook>, steps: &mut Vec<Step>) {
        match actual.map(|webhook| &webhook.state) {
            None => {}
            Some(State::Busy(word)) => self.wait_for(project, word),
            Some(State::Active | State::Failed(_)) => steps.push(Step::DeleteWebhook(project.to_owned())),
        }
    }

    fn wait_for(&mut self, project: &str, word: &str) {
        self.waiting.push(format!(
            "AWS is busy with the webhook of CodeBuild project {project}: {}",
            word.to_lowercase()
        ));
    }
}

#[cfg(test)]
mod tests;
