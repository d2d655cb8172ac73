//! Applies plans to a simulated AWS, and checks which steps were planned, in which order.

use std::collections::BTreeMap;

use fdp_crds::GitProvider;

use super::*;
use crate::{
    aws::codebuild::webhook::pushes_to,
    spec::{CodeBuild, Variable},
};

fn settings() -> CodeBuild {
    CodeBuild {
        prefix: "food-shop".to_owned(),
        repository: "https://github.com/example/food-delivery.git".to_owned(),
        provider: GitProvider::GitHub,
        branch: "main".to_owned(),
        service_role: "arn:aws:iam::123456789012:role/build".to_owned(),
        compute_type: "BUILD_GENERAL1_LARGE".to_owned(),
        image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
        cache: None,
        webhook: true,
        variables: BTreeMap::from([("PLATFORM".to_owned(), Variable::Plain("shop".to_owned()))]),
    }
}

fn desired(settings: &CodeBuild) -> Desired {
    Desired::new(settings, ["order", "pay"])
}

/// Applies a step to the simulated AWS.
fn apply(actual: &mut Vec<ActualProject>, step: &Step) {
    let webhook = |filters: &Filters| {
        Some(ActualWebhook {
            filters: filters.clone(),
            state: State::Active,
        })
    };
    let there = |name: &String| {
        let position = actual.iter().position(|there| there.project.name == *name);
        position.unwrap_or_else(|| panic!("{step} where there is none"))
    };
    match step {
        Step::Create(project) => actual.push(ActualProject {
            project: (**project).clone(),
            ours: true,
            webhook: None,
        }),
        Step::Update { project, parts } => {
            let position = there(&project.name);
            assert_eq!(*parts, project.differences(&actual[position].project), "{step}");
            let after = &mut actual[position].project;
            for part in parts {
                match part {
                    Part::Source => after.source = project.source.clone(),
                    Part::Role => after.role.clone_from(&project.role),
                    Part::Environment => after.environment = project.environment.clone(),
                    Part::Cache => after.cache = project.cache.clone(),
                    Part::Limits => after.limits = project.limits,
                }
            }
        }
        Step::CreateWebhook { project, filters } => {
            let position = there(project);
            assert_eq!(actual[position].webhook, None, "{step}");
            actual[position].webhook = webhook(filters);
        }
        Step::UpdateWebhook { project, filters } => {
            let position = there(project);
            assert!(actual[position].webhook.is_some(), "{step}");
            actual[position].webhook = webhook(filters);
        }
        Step::DeleteWebhook(project) => {
            let position = there(project);
            assert!(actual[position].webhook.take().is_some(), "{step}");
        }
        Step::Delete(project) => {
            let position = there(project);
            assert_eq!(actual[position].webhook, None, "{step}");
            actual.remove(position);
        }
    }
}

/// Applies only the first step of each plan, as if the operator were killed after every call; returns the steps in
/// order.
fn reconcile(actual: &mut Vec<ActualProject>, plan: impl Fn(&[ActualProject]) -> Plan) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(step) = plan(actual).steps.into_iter().next() {
        apply(actual, &step);
        taken.push(step.to_string());
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

/// The actual state after everything was created.
fn made(desired: &Desired) -> Vec<ActualProject> {
    let mut actual = Vec::new();
    reconcile(&mut actual, |actual| plan(desired, actual));
    actual
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn projects_come_first_and_then_what_starts_their_builds() {
    let desired = desired(&settings());
    let mut actual = Vec::new();
    assert_eq!(
        reconcile(&mut actual, |actual| plan(&desired, actual)),
        [
            "create CodeBuild project food-shop-order",
            "create CodeBuild project food-shop-pay",
            "create the webhook of CodeBuild project food-shop-order",
            "create the webhook of CodeBuild project food-shop-pay",
        ]
    );
    let names: Vec<&str> = actual.iter().map(|there| there.project.name.as_str()).collect();
    assert_eq!(names, ["food-shop-order", "food-shop-pay"]);
    assert_eq!(
        actual[1].project.source.buildspec,
        "manifests/pipelines/pay/buildspec.yml"
    );
    assert_eq!(plan(&desired, &actual), Plan::default());
    assert_eq!(
        desired.existing(&actual),
        [("order", "food-shop-order"), ("pay", "food-shop-pay")]
            .map(|(service, name)| (service.to_owned(), name.to_owned()))
    );
}

#[test]
fn only_what_differs_is_changed() {
    let before = settings();
    let changes: [(CodeBuild, &str); 4] = [
        (
            CodeBuild {
                service_role: "arn:aws:iam::123456789012:role/other".to_owned(),
                ..before.clone()
            },
            "change service role of CodeBuild project food-shop-order",
        ),
        (
            CodeBuild {
                compute_type: "BUILD_GENERAL1_MEDIUM".to_owned(),
                ..before.clone()
            },
            "change environment of CodeBuild project food-shop-order",
        ),
        (
            CodeBuild {
                cache: Some("builds/food".to_owned()),
                variables: BTreeMap::new(),
                ..before.clone()
            },
            "change environment, cache of CodeBuild project food-shop-order",
        ),
        (
            CodeBuild {
                webhook: false,
                ..before.clone()
            },
            "delete the webhook of CodeBuild project food-shop-order",
        ),
    ];
    for (after, expected) in changes {
        let mut actual = made(&desired(&before));
        let after = desired(&after);
        assert_eq!(steps(&plan(&after, &actual))[0], expected);
        reconcile(&mut actual, |actual| plan(&after, actual));
        assert_eq!(actual, made(&after));
    }
}

#[test]
fn another_branch_is_built_and_listened_to() {
    let mut actual = made(&desired(&settings()));
    let after = desired(&CodeBuild {
        branch: "release".to_owned(),
        ..settings()
    });
    assert_eq!(
        steps(&plan(&after, &actual)),
        [
            "change source of CodeBuild project food-shop-order",
            "change source of CodeBuild project food-shop-pay",
            "change the webhook of CodeBuild project food-shop-order",
            "change the webhook of CodeBuild project food-shop-pay",
        ]
    );
    reconcile(&mut actual, |actual| plan(&after, actual));
    assert_eq!(
        actual[0].webhook.as_ref().unwrap().filters,
        pushes_to("release", "order")
    );
}

#[test]
fn a_webhook_that_any_push_sets_off_is_narrowed_to_its_service() {
    let desired = desired(&settings());
    let mut actual = made(&desired);
    // As earlier versions of the operator have made it.
    let webhook = actual[0].webhook.as_mut().unwrap();
    webhook.filters = webhook
        .filters
        .iter()
        .map(|group| {
            let others = group.iter().filter(|filter| filter.kind != "FILE_PATH");
            others.cloned().collect()
        })
        .collect();
    assert_eq!(
        reconcile(&mut actual, |actual| plan(&desired, actual)),
        ["change the webhook of CodeBuild project food-shop-order"]
    );
    assert_eq!(actual, made(&desired));
}

#[test]
fn the_webhook_of_a_former_repository_goes_before_the_source_changes() {
    let before = desired(&settings());
    let after = desired(&CodeBuild {
        repository: "https://gitlab.com/example/food-delivery.git".to_owned(),
        provider: GitProvider::GitLab,
        ..settings()
    });
    let mut actual = made(&before);
    actual.truncate(1);
    let desired = Desired {
        projects: after.projects[..1].to_vec(),
        ..after
    };
    assert_eq!(
        reconcile(&mut actual, |actual| plan(&desired, actual)),
        [
            "delete the webhook of CodeBuild project food-shop-order",
            "change source of CodeBuild project food-shop-order",
            "create the webhook of CodeBuild project food-shop-order",
        ]
    );
}

#[test]
fn builds_that_run_no_docker_get_no_more_rights_than_others() {
    let desired = desired(&CodeBuild {
        image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/builder:1".to_owned(),
        variables: BTreeMap::from([(
            "IMAGE_ARCHIVE".to_owned(),
            Variable::Plain("image.tar".to_owned()),
        )]),
        ..settings()
    });
    let (_, project) = &desired.projects[0];
    assert!(!project.environment.privileged);
    assert!(!project.cache.modes.contains("LOCAL_DOCKER_LAYER_CACHE"));
    assert_eq!(project.environment.pulled_as, "SERVICE_ROLE");
}

#[test]
fn projects_of_another_owner_are_neither_changed_nor_deleted() {
    let desired = desired(&settings());
    let mut actual = made(&desired);
    actual[0].ours = false;
    actual[0].project.role = "another".to_owned();
    let plan = plan(&desired, &actual);
    assert_eq!(plan.steps, []);
    assert_eq!(plan.foreign, ["food-shop-order"]);
    assert_eq!(
        desired.existing(&actual),
        [("pay".to_owned(), "food-shop-pay".to_owned())]
    );

    assert_eq!(
        reconcile(&mut actual, deletion),
        [
            "delete the webhook of CodeBuild project food-shop-pay",
            "delete CodeBuild project food-shop-pay"
        ]
    );
    assert_eq!(deletion(&actual).foreign, ["food-shop-order"]);
}

#[test]
fn a_busy_webhook_is_waited_for_and_a_failed_one_is_reported() {
    let desired = desired(&settings());
    let mut actual = made(&desired);
    let state = |actual: &mut ActualProject, state: State| {
        if let Some(webhook) = &mut actual.webhook {
            webhook.state = state;
        }
    };
    state(&mut actual[0], State::Busy("CREATING".to_owned()));
    state(&mut actual[1], State::Failed("no such organisation".to_owned()));
    let plan = plan(&desired, &actual);
    assert_eq!(plan.steps, []);
    assert_eq!(
        plan.waiting,
        ["AWS is busy with the webhook of CodeBuild project food-shop-order: creating"]
    );
    assert!(
        plan.blocked[0].contains("no such organisation")
            && plan.blocked[0].ends_with("aws codebuild delete-webhook --project-name food-shop-pay"),
        "{:?}",
        plan.blocked
    );
}
