//! Tests that repositories in Amazon ECR are created, changed and deleted as desired, also when the operator is
//! interrupted.

use aws_sdk_ecr::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use fdp_operator::{
    aws::{
        ecr::{self, Desired},
        owner::Owner,
        progress::Progress,
    },
    model::health::Health,
};
use fdp_test_aws::{Between, Moto, Rule};

use crate::{kills::killed_after_each_call, refusals::REFUSALS};

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_ecr::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::for_tests())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn owner() -> Owner {
    Owner::new("food", "shop")
}

fn wanted() -> Desired {
    Desired {
        repositories: ["order", "pay", "store"]
            .map(|service| (service.to_owned(), format!("shop/{service}")))
            .to_vec(),
        scan_on_push: true,
        immutable_tags: true,
    }
}

/// Repeats steps until nothing is left to do, as the operator does.
async fn settle(client: &Client, wanted: &Desired) -> Progress {
    let mut look = ecr::reconcile(client, &owner(), wanted, false).await;
    for _ in 0..5 {
        if !look.changed {
            return look;
        }
        look = ecr::reconcile(client, &owner(), wanted, false).await;
    }
    panic!("every step changes something again: {look:?}");
}

/// All existing resources, as text.
async fn everything(client: &Client) -> Vec<String> {
    let answer = client.describe_repositories().send().await.unwrap();
    let mut all = Vec::new();
    for repository in answer.repositories() {
        let name = repository.repository_name().unwrap();
        let tags = client
            .list_tags_for_resource()
            .resource_arn(repository.repository_arn().unwrap())
            .send()
            .await
            .unwrap();
        let lifecycle = client.get_lifecycle_policy().repository_name(name).send().await;
        let lifecycle = lifecycle.ok().and_then(|answer| answer.lifecycle_policy_text);
        let scanning = repository.image_scanning_configuration().unwrap().scan_on_push();
        let mutability = repository.image_tag_mutability();
        all.push(format!(
            "{name} {scanning} {mutability:?} {:?} {lifecycle:?}",
            tags.tags()
        ));
    }
    all.sort();
    all
}

#[tokio::test]
async fn repositories_are_made_changed_and_deleted_as_told() {
    let moto = Moto::start().await;
    let client = client(&moto.endpoint());
    // Switching scans off cannot be tested: the call omits false values, which AWS allows, and then moto changes
    // nothing.
    let plain = Desired {
        scan_on_push: false,
        immutable_tags: false,
        ..wanted()
    };
    let settled = settle(&client, &plain).await;
    assert!(settled.state.health.iter().all(Health::is_ready), "{settled:?}");
    let services: Vec<_> = settled
        .state
        .repositories
        .iter()
        .map(|(service, _)| service.as_str())
        .collect();
    assert_eq!(services, ["order", "pay", "store"]);
    let (_, uri) = &settled.state.repositories[0];
    assert!(
        uri.ends_with(".dkr.ecr.eu-central-1.amazonaws.com/shop/order"),
        "{uri}"
    );
    let made = everything(&client).await;
    assert_eq!(made.len(), 3);
    for repository in &made {
        assert!(repository.contains("false Some(Mutable)"), "{repository}");
        assert!(repository.contains("food/shop"), "{repository}");
        assert!(repository.contains(r#"\"countNumber\":36500"#), "{repository}");
    }

    assert!(!settle(&client, &wanted()).await.failed);
    for repository in everything(&client).await {
        assert!(repository.contains("true Some(Immutable)"), "{repository}");
        assert!(
            repository.contains(r#"\"countNumber\":7"#) && !repository.contains("imageCountMoreThan"),
            "{repository}"
        );
    }

    ecr::delete(&client, &owner(), "shop").await.unwrap();
    assert_eq!(everything(&client).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_as_wanted_is_only_read() {
    let moto = Moto::start().await;
    let between = Between::start(&moto.endpoint(), Rule::Forward).await;
    let client = client(&between.endpoint());
    settle(&client, &wanted()).await;
    let before = between.calls();
    let look = ecr::reconcile(&client, &owner(), &wanted(), false).await;
    assert!(!look.changed && !look.failed, "{look:?}");
    let calls = between.calls()[before.len()..].to_vec();
    assert!(
        calls.iter().all(|call| [
            "DescribeRepositories",
            "ListTagsForResource",
            "GetLifecyclePolicy"
        ]
        .contains(&call.as_str())),
        "{calls:?}"
    );
    assert_eq!(calls.len(), 1 + 2 * 3, "{calls:?}");
}

#[tokio::test]
async fn killed_after_any_call_and_begun_again_it_ends_the_same() {
    let moto = Moto::start().await;
    let direct = client(&moto.endpoint());
    settle(&direct, &wanted()).await;
    let undisturbed = everything(&direct).await;
    moto.reset().await;

    let kills = killed_after_each_call(
        &moto.endpoint(),
        async |endpoint| {
            settle(&client(endpoint), &wanted()).await;
            true
        },
        async |calls| {
            settle(&direct, &wanted()).await;
            assert_eq!(
                everything(&direct).await,
                undisturbed,
                "killed after {calls} calls"
            );
            moto.reset().await;
        },
    )
    .await;
    // Each of three repositories is created and given its policy, and then everything is read once more.
    assert_eq!(kills, 1 + 3 * 2 + 1 + 3 * 2);
}

#[tokio::test]
async fn a_deletion_that_is_killed_after_any_call_ends_the_same() {
    let moto = Moto::start().await;
    let direct = client(&moto.endpoint());
    killed_after_each_call(
        &moto.endpoint(),
        async |endpoint| {
            settle(&direct, &wanted()).await;
            ecr::delete(&client(endpoint), &owner(), "shop").await.is_ok()
        },
        async |calls| {
            ecr::delete(&direct, &owner(), "shop").await.unwrap();
            assert_eq!(
                everything(&direct).await,
                Vec::<String>::new(),
                "killed after {calls} calls"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_repository_of_somebody_else_is_left_alone_and_named() {
    let moto = Moto::start().await;
    let client = client(&moto.endpoint());
    client
        .create_repository()
        .repository_name("shop/pay")
        .send()
        .await
        .unwrap();
    let look = settle(&client, &wanted()).await;
    let [Health::Failed(message)] = look.state.health.as_slice() else {
        panic!("{look:?}");
    };
    assert!(message.contains("ECR repository shop/pay"), "{message}");
    assert!(
        message.contains("fooddelivery.dev/platform=food/shop"),
        "{message}"
    );
    let services: Vec<_> = look
        .state
        .repositories
        .iter()
        .map(|(service, _)| service.as_str())
        .collect();
    assert_eq!(services, ["order", "store"], "the others are made all the same");

    ecr::delete(&client, &owner(), "shop").await.unwrap();
    let left = everything(&client).await;
    assert!(left.len() == 1 && left[0].starts_with("shop/pay"), "{left:?}");
}

#[tokio::test]
async fn a_suspended_platform_tells_what_is_pending_and_changes_nothing() {
    let moto = Moto::start().await;
    let client = client(&moto.endpoint());
    let look = ecr::reconcile(&client, &owner(), &wanted(), true).await;
    assert!(!look.changed);
    assert_eq!(
        look.state.health[0],
        Health::Waiting("suspended; when resumed: create ECR repository shop/order".to_owned())
    );
    assert_eq!(everything(&client).await, Vec::<String>::new());
}

#[tokio::test]
async fn each_refusal_of_aws_says_what_to_do_and_ends_the_look() {
    let moto = Moto::start().await;
    for refusal in REFUSALS {
        let rule = Rule::Refuse("CreateRepository", refusal.ecr);
        let between = Between::start(&moto.endpoint(), rule).await;
        let look = ecr::reconcile(&client(&between.endpoint()), &owner(), &wanted(), false).await;
        assert!(look.failed);
        let doing = "create ECR repository shop/order: ";
        refusal.is_told(refusal.ecr, doing, &look.state.health[0]);
        assert_eq!(
            between.calls(),
            ["DescribeRepositories", "CreateRepository"],
            "one call is enough to know"
        );
    }
}

#[tokio::test]
async fn without_anybody_there_or_without_credentials_it_says_which() {
    let nobody = ecr::reconcile(&client("http://127.0.0.1:1"), &owner(), &wanted(), false).await;
    let message = nobody.state.health[0].message().unwrap();
    assert!(message.contains("AWS does not answer"), "{message}");

    let moto = Moto::start().await;
    let config = aws_sdk_ecr::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(moto.endpoint())
        .build();
    let anonymous = ecr::reconcile(&Client::from_conf(config), &owner(), &wanted(), false).await;
    let message = anonymous.state.health[0].message().unwrap();
    assert!(message.contains("no valid credentials"), "{message}");
}
