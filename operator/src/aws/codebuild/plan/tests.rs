//! Plays AWS, which does what it is asked to, and looks at what was asked for, in which order.

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

fn wanted(settings: &CodeBuild) -> Wanted {
    Wanted::new(settings, ["order", "pay"])
}

/// Does what a step asks for.
fn take(seen: &mut Vec<SeenProject>, step: &Step) {
    let webhook = |filters: &Filters| {
        Some(SeenWebhook {
            filters: filters.clone(),
            state: State::Active,
        })
    };
    let there = |name: &String| {
        let position = seen.iter().position(|there| there.project.name == *name);
        position.unwrap_or_else(|| panic!("{step} where there is none"))
    };
    match step {
        Step::Create(project) => seen.push(SeenProject {
            project: (**project).clone(),
            ours: true,
            webhook: None,
        }),
        Step::Update { project, parts } => {
            let position = there(&project.name);
            assert_eq!(*parts, project.differences(&seen[position].project), "{step}");
            let after = &mut seen[position].project;
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
            assert_eq!(seen[position].webhook, None, "{step}");
            seen[position].webhook = webhook(filters);
        }
        Step::UpdateWebhook { project, filters } => {
            let position = there(project);
            assert!(seen[position].webhook.is_some(), "{step}");
            seen[position].webhook = webhook(filters);
        }
        Step::DeleteWebhook(project) => {
            let position = there(project);
            assert!(seen[position].webhook.take().is_some(), "{step}");
        }
        Step::Delete(project) => {
            let position = there(project);
            assert_eq!(seen[position].webhook, None, "{step}");
            seen.remove(position);
        }
    }
}

/// Takes only the first step of each plan, as if the operator were killed after every call; the steps in order.
fn play(seen: &mut Vec<SeenProject>, plan: impl Fn(&[SeenProject]) -> Plan) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(step) = plan(seen).steps.into_iter().next() {
        take(seen, &step);
        taken.push(step.to_string());
        assert!(taken.len() < 50, "it never ends: {taken:?}");
    }
    taken
}

/// What is there once all is made.
fn made(wanted: &Wanted) -> Vec<SeenProject> {
    let mut seen = Vec::new();
    play(&mut seen, |seen| plan(wanted, seen));
    seen
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn projects_come_first_and_then_what_starts_their_builds() {
    let wanted = wanted(&settings());
    let mut seen = Vec::new();
    assert_eq!(
        play(&mut seen, |seen| plan(&wanted, seen)),
        [
            "create CodeBuild project food-shop-order",
            "create CodeBuild project food-shop-pay",
            "create the webhook of CodeBuild project food-shop-order",
            "create the webhook of CodeBuild project food-shop-pay",
        ]
    );
    let names: Vec<&str> = seen.iter().map(|there| there.project.name.as_str()).collect();
    assert_eq!(names, ["food-shop-order", "food-shop-pay"]);
    assert_eq!(
        seen[1].project.source.buildspec,
        "manifests/pipelines/pay/buildspec.yml"
    );
    assert_eq!(plan(&wanted, &seen), Plan::default());
    assert_eq!(
        wanted.found(&seen),
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
        let mut seen = made(&wanted(&before));
        let after = wanted(&after);
        assert_eq!(steps(&plan(&after, &seen))[0], expected);
        play(&mut seen, |seen| plan(&after, seen));
        assert_eq!(seen, made(&after));
    }
}

#[test]
fn another_branch_is_built_and_listened_to() {
    let mut seen = made(&wanted(&settings()));
    let after = wanted(&CodeBuild {
        branch: "release".to_owned(),
        ..settings()
    });
    assert_eq!(
        steps(&plan(&after, &seen)),
        [
            "change source of CodeBuild project food-shop-order",
            "change source of CodeBuild project food-shop-pay",
            "change the webhook of CodeBuild project food-shop-order",
            "change the webhook of CodeBuild project food-shop-pay",
        ]
    );
    play(&mut seen, |seen| plan(&after, seen));
    assert_eq!(seen[0].webhook.as_ref().unwrap().filters, pushes_to("release"));
}

#[test]
fn the_webhook_of_a_former_repository_goes_before_the_project_turns_to_another() {
    let before = wanted(&settings());
    let after = wanted(&CodeBuild {
        repository: "https://gitlab.com/example/food-delivery.git".to_owned(),
        provider: GitProvider::GitLab,
        ..settings()
    });
    let mut seen = made(&before);
    seen.truncate(1);
    let wanted = Wanted {
        projects: after.projects[..1].to_vec(),
        ..after
    };
    assert_eq!(
        play(&mut seen, |seen| plan(&wanted, seen)),
        [
            "delete the webhook of CodeBuild project food-shop-order",
            "change source of CodeBuild project food-shop-order",
            "create the webhook of CodeBuild project food-shop-order",
        ]
    );
}

#[test]
fn builds_that_run_no_docker_get_no_more_rights_than_others() {
    let wanted = wanted(&CodeBuild {
        image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/builder:1".to_owned(),
        variables: BTreeMap::from([(
            "IMAGE_ARCHIVE".to_owned(),
            Variable::Plain("image.tar".to_owned()),
        )]),
        ..settings()
    });
    let (_, project) = &wanted.projects[0];
    assert!(!project.environment.privileged);
    assert!(!project.cache.modes.contains("LOCAL_DOCKER_LAYER_CACHE"));
    assert_eq!(project.environment.pulled_as, "SERVICE_ROLE");
}

#[test]
fn what_is_somebody_elses_is_left_alone_coming_and_going() {
    let wanted = wanted(&settings());
    let mut seen = made(&wanted);
    seen[0].ours = false;
    seen[0].project.role = "another".to_owned();
    let plan = plan(&wanted, &seen);
    assert_eq!(plan.steps, []);
    assert_eq!(plan.foreign, ["food-shop-order"]);
    assert_eq!(
        wanted.found(&seen),
        [("pay".to_owned(), "food-shop-pay".to_owned())]
    );

    assert_eq!(
        play(&mut seen, departure),
        [
            "delete the webhook of CodeBuild project food-shop-pay",
            "delete CodeBuild project food-shop-pay"
        ]
    );
    assert_eq!(departure(&seen).foreign, ["food-shop-order"]);
}

#[test]
fn a_webhook_that_aws_is_busy_with_is_waited_for_and_one_that_failed_is_named_with_its_cure() {
    let wanted = wanted(&settings());
    let mut seen = made(&wanted);
    let state = |seen: &mut SeenProject, state: State| {
        if let Some(webhook) = &mut seen.webhook {
            webhook.state = state;
        }
    };
    state(&mut seen[0], State::Busy("CREATING".to_owned()));
    state(&mut seen[1], State::Failed("no such organisation".to_owned()));
    let plan = plan(&wanted, &seen);
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
