//! Tests that projects in AWS `CodeBuild` are created, changed and deleted as desired, also when the operator is
//! interrupted.

use std::collections::BTreeMap;

use aws_sdk_codebuild::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    types::{Project, Webhook},
};
use fdp_crds::GitProvider;
use fdp_operator::{
    aws::{
        codebuild::{self, Desired},
        owner::Owner,
        progress::Progress,
    },
    model::health::Health,
    spec::{CodeBuild, Variable},
};
use fdp_test_aws::{Between, CodeBuildPeer, Moto, Rule};

use crate::{kills::killed_after_each_call, refusals::REFUSALS};

const NAMES: [&str; 3] = ["food-shop-order", "food-shop-pay", "food-shop-store"];

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_codebuild::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::for_tests())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// Moto, with the proxy that implements what it lacks.
async fn aws() -> (Moto, CodeBuildPeer) {
    let moto = Moto::start().await;
    let peer = CodeBuildPeer::start(&moto.endpoint()).await;
    (moto, peer)
}

fn owner() -> Owner {
    Owner::new("food", "shop")
}

fn settings() -> CodeBuild {
    CodeBuild {
        prefix: "food-shop".to_owned(),
        repository: "https://github.com/example/food-delivery.git".to_owned(),
        provider: GitProvider::GitHub,
        branch: "main".to_owned(),
        service_role: "arn:aws:iam::123456789012:role/food-delivery-build".to_owned(),
        compute_type: "BUILD_GENERAL1_LARGE".to_owned(),
        image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
        cache: None,
        webhook: true,
        variables: BTreeMap::from([
            ("PLATFORM".to_owned(), Variable::Plain("shop".to_owned())),
            (
                "PLATFORM_REPOSITORY_TOKEN".to_owned(),
                Variable::Secret("environments".to_owned()),
            ),
        ]),
    }
}

fn of(settings: &CodeBuild) -> Desired {
    Desired::new(settings, ["order", "pay", "store"])
}

fn wanted() -> Desired {
    of(&settings())
}

/// The desired state with every kind of setting changed.
fn changed() -> Desired {
    of(&CodeBuild {
        branch: "release".to_owned(),
        compute_type: "BUILD_GENERAL1_MEDIUM".to_owned(),
        cache: Some("builds/food".to_owned()),
        service_role: "arn:aws:iam::123456789012:role/another".to_owned(),
        ..settings()
    })
}

/// Repeats steps until nothing is left to do, as the operator does.
async fn settle(client: &Client, wanted: &Desired) -> Progress {
    let mut look = codebuild::reconcile(client, &owner(), wanted, false).await;
    for _ in 0..6 {
        if !look.changed {
            return look;
        }
        look = codebuild::reconcile(client, &owner(), wanted, false).await;
    }
    panic!("every step changes something again: {look:?}");
}

/// Deletes everything, as the operator does when the platform is deleted.
async fn leave(client: &Client) -> Progress {
    let names = || NAMES.map(str::to_owned).to_vec();
    let mut look = codebuild::finalize(client, &owner(), names()).await;
    for _ in 0..4 {
        if !look.changed {
            return look;
        }
        look = codebuild::finalize(client, &owner(), names()).await;
    }
    panic!("it never ends: {look:?}");
}

async fn projects(client: &Client) -> Vec<Project> {
    let names = client.list_projects().send().await.unwrap().projects.unwrap();
    if names.is_empty() {
        return Vec::new();
    }
    let answer = client.batch_get_projects().set_names(Some(names)).send().await;
    answer.unwrap().projects.unwrap()
}

/// All existing resources, as text.
async fn everything(client: &Client) -> Vec<String> {
    let mut all: Vec<String> = projects(client)
        .await
        .iter()
        .map(|project| {
            format!(
                "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                project.name().unwrap(),
                project.source().unwrap(),
                project.source_version(),
                project.service_role(),
                project.environment().unwrap(),
                project.cache().unwrap(),
                project.timeout_in_minutes(),
                project.concurrent_build_limit(),
                project.tags(),
                project.webhook().map(Webhook::filter_groups),
            )
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn projects_are_made_changed_and_deleted_as_told() {
    let (_moto, peer) = aws().await;
    let client = client(&peer.endpoint());
    let settled = settle(&client, &wanted()).await;
    assert!(settled.is_complete(), "{settled:?}");
    let services: Vec<_> = settled
        .state
        .projects
        .iter()
        .map(|(service, project)| (service.as_str(), project.as_str()))
        .collect();
    assert_eq!(
        services,
        [("order", NAMES[0]), ("pay", NAMES[1]), ("store", NAMES[2])]
    );
    let made = everything(&client).await;
    assert_eq!(made.len(), 3);
    for (project, service) in made.iter().zip(["order", "pay", "store"]) {
        for words in [
            format!("manifests/pipelines/{service}/buildspec.yml"),
            "type: Github, location: Some(\"https://github.com/example/food-delivery.git\")".to_owned(),
            "Some(\"main\")".to_owned(),
            "role/food-delivery-build".to_owned(),
            "privileged_mode: Some(true)".to_owned(),
            "value: \"environments\", type: Some(SecretsManager)".to_owned(),
            "LocalDockerLayerCache".to_owned(),
            "Some(90) Some(1)".to_owned(),
            "food/shop".to_owned(),
            "^refs/heads/main$".to_owned(),
            format!("|services/{service}/|"),
            format!("|manifests/pipelines/{service}/|"),
        ] {
            assert!(project.contains(&words), "{words} is not in {project}");
        }
    }
    assert_eq!(peer.webhooks(), NAMES);

    let settled = settle(&client, &changed()).await;
    assert!(settled.is_complete(), "{settled:?}");
    for project in everything(&client).await {
        for words in [
            "Some(\"release\")",
            "role/another",
            "BuildGeneral1Medium",
            "type: S3, location: Some(\"builds/food\")",
            "^refs/heads/release$",
        ] {
            assert!(project.contains(words), "{words} is not in {project}");
        }
    }

    assert!(leave(&client).await.is_complete());
    assert_eq!(everything(&client).await, Vec::<String>::new());
    assert_eq!(peer.webhooks(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_as_wanted_costs_one_call() {
    let (_moto, peer) = aws().await;
    let between = Between::start(&peer.endpoint(), Rule::Forward).await;
    let client = client(&between.endpoint());
    settle(&client, &wanted()).await;
    let before = between.calls().len();
    let look = codebuild::reconcile(&client, &owner(), &wanted(), false).await;
    assert!(look.is_complete(), "{look:?}");
    assert_eq!(between.calls()[before..], ["BatchGetProjects"]);
}

#[tokio::test]
async fn a_change_of_one_setting_is_one_call_a_project_that_tells_only_that() {
    let (_moto, peer) = aws().await;
    let between = Between::start(&peer.endpoint(), Rule::Forward).await;
    let client = client(&between.endpoint());
    settle(&client, &wanted()).await;
    // Another user gives a project a description, which the operator must not change.
    let describe = client
        .update_project()
        .name(NAMES[0])
        .description("ours is the oldest");
    describe.send().await.unwrap();
    let before = between.calls().len();
    let larger = of(&CodeBuild {
        compute_type: "BUILD_GENERAL1_2XLARGE".to_owned(),
        ..settings()
    });
    assert!(settle(&client, &larger).await.is_complete());
    assert_eq!(
        between.calls()[before..],
        [
            "BatchGetProjects",
            "UpdateProject",
            "UpdateProject",
            "UpdateProject",
            "BatchGetProjects"
        ]
    );
    let project = &projects(&client).await[0];
    assert_eq!(project.description(), Some("ours is the oldest"));
}

#[tokio::test]
async fn killed_after_any_call_and_begun_again_it_ends_the_same() {
    let (_moto, peer) = aws().await;
    let direct = client(&peer.endpoint());
    settle(&direct, &wanted()).await;
    let undisturbed = everything(&direct).await;
    leave(&direct).await;

    let kills = killed_after_each_call(
        &peer.endpoint(),
        async |endpoint| {
            settle(&client(endpoint), &wanted()).await;
            true
        },
        async |calls| {
            assert!(settle(&direct, &wanted()).await.is_complete());
            assert_eq!(
                everything(&direct).await,
                undisturbed,
                "killed after {calls} calls"
            );
            assert!(leave(&direct).await.is_complete(), "killed after {calls} calls");
        },
    )
    .await;
    // Three projects, then three webhooks; the last of the three steps only reads.
    assert_eq!(kills, (1 + 3) + (1 + 3) + 1);
}

#[tokio::test]
async fn a_change_that_is_killed_after_any_call_ends_the_same() {
    let (_moto, peer) = aws().await;
    let direct = client(&peer.endpoint());
    let moved = of(&CodeBuild {
        repository: "https://github.com/example/elsewhere.git".to_owned(),
        branch: "release".to_owned(),
        cache: Some("builds/food".to_owned()),
        ..settings()
    });
    settle(&direct, &moved).await;
    let undisturbed = everything(&direct).await;

    let kills = killed_after_each_call(
        &peer.endpoint(),
        async |endpoint| {
            settle(&direct, &wanted()).await;
            settle(&client(endpoint), &moved).await;
            true
        },
        async |calls| {
            assert!(settle(&direct, &moved).await.is_complete());
            assert_eq!(
                everything(&direct).await,
                undisturbed,
                "killed after {calls} calls"
            );
        },
    )
    .await;
    // First the caches are changed and the old webhooks deleted, then the projects get the other repository, then its
    // webhooks are created.
    assert_eq!(kills, (1 + 6) + (1 + 3) + (1 + 3) + 1);
}

#[tokio::test]
async fn a_deletion_that_is_killed_after_any_call_leaves_nothing() {
    let (_moto, peer) = aws().await;
    let direct = client(&peer.endpoint());
    let kills = killed_after_each_call(
        &peer.endpoint(),
        async |endpoint| {
            settle(&direct, &wanted()).await;
            leave(&client(endpoint)).await.is_complete()
        },
        async |calls| {
            assert!(leave(&direct).await.is_complete(), "killed after {calls} calls");
            assert_eq!(
                everything(&direct).await,
                Vec::<String>::new(),
                "killed after {calls} calls"
            );
            assert_eq!(peer.webhooks(), Vec::<String>::new());
        },
    )
    .await;
    // Webhooks, then projects; the last of the three steps only reads.
    assert_eq!(kills, (1 + 3) + (1 + 3) + 1);
}

#[tokio::test]
async fn a_project_of_somebody_else_is_left_alone_and_named() {
    let (_moto, peer) = aws().await;
    let client = client(&peer.endpoint());
    settle(&client, &of(&settings())).await;
    // A project with the expected name but without the tag belongs to somebody else.
    let theirs = client.update_project().name(NAMES[1]).tags(
        aws_sdk_codebuild::types::Tag::builder()
            .key("team")
            .value("payments")
            .build(),
    );
    theirs.send().await.unwrap();
    let before = everything(&client).await;

    let look = settle(&client, &changed()).await;
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    assert!(
        message.starts_with("CodeBuild project food-shop-pay is there and not this platform's"),
        "{message}"
    );
    assert!(
        message.contains("fooddelivery.dev/platform=food/shop"),
        "{message}"
    );
    let services: Vec<_> = look
        .state
        .projects
        .iter()
        .map(|(service, _)| service.as_str())
        .collect();
    assert_eq!(
        services,
        ["order", "store"],
        "the others are changed all the same"
    );
    let after = everything(&client).await;
    assert_eq!(after[1], before[1]);
    assert_ne!(after[0], before[0]);

    assert!(leave(&client).await.is_complete());
    assert_eq!(everything(&client).await, before[1..2]);
    assert_eq!(peer.webhooks(), [NAMES[1]]);
}

#[tokio::test]
async fn the_project_of_a_service_that_is_switched_off_stays_until_the_platform_goes() {
    let (_moto, peer) = aws().await;
    let client = client(&peer.endpoint());
    settle(&client, &wanted()).await;
    let without = Desired::new(&settings(), ["order", "pay"]);
    let look = settle(&client, &without).await;
    assert!(look.is_complete(), "{look:?}");
    assert_eq!(look.state.projects.len(), 2);
    assert_eq!(everything(&client).await.len(), 3);
    leave(&client).await;
    assert_eq!(everything(&client).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_suspended_platform_tells_what_is_pending_and_changes_nothing() {
    let (_moto, peer) = aws().await;
    let client = client(&peer.endpoint());
    let look = codebuild::reconcile(&client, &owner(), &wanted(), true).await;
    assert!(!look.changed);
    assert_eq!(
        look.state.health[0],
        Health::Waiting("suspended; when resumed: create CodeBuild project food-shop-order".to_owned())
    );
    assert_eq!(everything(&client).await, Vec::<String>::new());
}

#[tokio::test]
async fn each_refusal_of_codebuild_says_what_to_do_and_ends_the_look() {
    let (_moto, peer) = aws().await;
    for refusal in REFUSALS {
        let rule = Rule::Refuse("CreateProject", refusal.codebuild);
        let between = Between::start(&peer.endpoint(), rule).await;
        let look = codebuild::reconcile(&client(&between.endpoint()), &owner(), &wanted(), false).await;
        assert!(look.failed);
        let doing = "create CodeBuild project food-shop-order: ";
        refusal.is_told(refusal.codebuild, doing, &look.state.health[0]);
        assert_eq!(
            between.calls(),
            ["BatchGetProjects", "CreateProject"],
            "one call is enough to know"
        );
    }
}

/// Asserts that the step reports that `CodeBuild` has no token for the Git server, and what to do about it.
fn tells_of_the_token(look: &Progress) {
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    for words in [
        "the webhook of CodeBuild project food-shop-order: CodeBuild is not let into the Git repository",
        "aws codebuild import-source-credentials",
        "set cloud.aws.codeBuild.webhook to false",
    ] {
        assert!(message.contains(words), "{words} is not in {message}");
    }
}

#[tokio::test]
async fn without_a_token_for_the_git_server_the_projects_are_made_and_the_cure_is_told() {
    let (_moto, peer) = aws().await;
    let between = Between::start(&peer.endpoint(), Rule::Forward).await;
    let client = client(&between.endpoint());
    peer.has_token(false);
    let look = settle(&client, &wanted()).await;
    tells_of_the_token(&look);
    assert_eq!(look.state.projects.len(), 3);
    let asked = between.calls();
    let asked: Vec<_> = asked.iter().filter(|call| *call == "CreateWebhook").collect();
    assert_eq!(asked.len(), 1, "one call is enough to know");

    let by_hand = of(&CodeBuild {
        webhook: false,
        ..settings()
    });
    assert!(settle(&client, &by_hand).await.is_complete());

    peer.has_token(true);
    assert!(settle(&client, &wanted()).await.is_complete());
    assert_eq!(peer.webhooks(), NAMES);

    // If the webhook cannot be deleted at the Git server any more, the project is kept, because only the project
    // knows about it.
    peer.has_token(false);
    tells_of_the_token(&leave(&client).await);
    assert_eq!(everything(&client).await.len(), 3);
}

#[tokio::test]
async fn a_git_server_that_refuses_the_token_is_told_like_a_missing_one() {
    let (_moto, peer) = aws().await;
    let rule = Rule::Refuse("CreateWebhook", "OAuthProviderException");
    let between = Between::start(&peer.endpoint(), rule).await;
    tells_of_the_token(&settle(&client(&between.endpoint()), &wanted()).await);
}
