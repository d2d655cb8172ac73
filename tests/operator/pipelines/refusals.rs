//! Tests that missing prerequisites are reported before the build, with what to do about them.

use crate::{bench::Bench, registry::Registry};

/// The result of the first step.
async fn prepared(bench: &Bench) -> (bool, String) {
    bench.step("order", "prepare.sh").await
}

async fn assert_refused(bench: &Bench, words: &[&str]) {
    let (succeeded, log) = prepared(bench).await;
    assert!(!succeeded, "{log}");
    for word in words {
        assert!(log.contains(word), "{word:?} is not in:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_is_missing_is_named_with_its_cure() {
    let mut bench = Bench::start().await;
    let image = bench.image("wanted");
    let archive = image.archive.display().to_string();

    bench.set("IMAGE_ARCHIVE", "/nowhere.tar");
    assert_refused(&bench, &["IMAGE_ARCHIVE /nowhere.tar is not there", "OCI layout"]).await;

    bench.set("IMAGE_ARCHIVE", &archive);
    let words = [
        "cannot ask ECR for the repository shop/order: set spec.cloud.aws.ecr",
        "RepositoryNotFoundException",
    ];
    assert_refused(&bench, &words).await;

    bench.make_repository("order").await;
    bench.set("PLATFORM", "shoe");
    let words = [
        "cannot read FoodDeliveryPlatform food/shoe",
        "set PLATFORM and NAMESPACE",
    ];
    assert_refused(&bench, &words).await;

    bench.set("PLATFORM", "shop");
    bench.set("PLATFORM_REPOSITORY", "file:///nowhere");
    assert_refused(&bench, &["PLATFORM_PATH is not set: name the folder"]).await;

    bench.environment.remove("PLATFORM_REPOSITORY");
    let (succeeded, log) = prepared(&bench).await;
    assert!(succeeded, "{log}");
    assert!(
        log.contains("which has no image of its own for order now"),
        "{log}"
    );

    bench.environment.remove("IMAGE_ARCHIVE");
    bench.set("DOCKER_HOST", "unix:///nowhere");
    assert_refused(
        &bench,
        &["no Docker daemon answers", "privilegedMode", "IMAGE_ARCHIVE"],
    )
    .await;

    bench.set("PATH", "/bin:/usr/bin");
    assert_refused(&bench, &["is not on the PATH: install"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_predecessor_did_not_run_says_which() {
    let mut bench = Bench::start().await;
    bench.take(&bench.image("early"));
    for (step, before) in [
        ("build.sh", "prepare.sh"),
        ("push.sh", "prepare.sh"),
        ("deploy.sh", "push.sh"),
    ] {
        let (succeeded, log) = bench.step("order", step).await;
        assert!(!succeeded, "{log}");
        let words = format!("run manifests/pipelines/scripts/{before} first");
        assert!(log.contains(&words), "{log}");
    }
    bench.set("CODEBUILD_BUILD_SUCCEEDING", "0");
    let (succeeded, log) = bench.step("order", "deploy.sh").await;
    assert!(
        !succeeded && log.contains("an earlier phase has failed, so nothing is deployed"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_not_take_the_password_is_named() {
    let mut bench = Bench::start().await;
    bench.take(&bench.image("refused"));
    let elsewhere = Registry::for_others().await;
    bench.set("IMAGE_REPOSITORY", &format!("{}/shop/order", elsewhere.address()));
    let (prepared, log) = prepared(&bench).await;
    assert!(prepared, "{log}");
    let (succeeded, log) = bench.step("order", "push.sh").await;
    assert!(!succeeded, "{log}");
    assert!(log.contains("refuses the password that ECR gave"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_the_cluster_does_not_know_is_told_what_it_needs() {
    let mut bench = Bench::start().await;
    bench.take(&bench.image("stranger"));
    bench.set("CLUSTER", "nowhere");
    let words = [
        "cannot ask EKS for the cluster nowhere: set CLUSTER",
        "ResourceNotFoundException",
    ];
    assert_refused(&bench, &words).await;

    // The API server accepts no identity of AWS, like one without an access entry for the role.
    bench.aws.make_cluster("food-delivery").await;
    bench.set("CLUSTER", "food-delivery");
    let words = [
        "cannot read FoodDeliveryPlatform food/shop: error: You must be logged in to the server",
        "let the role of this build in: by an access entry",
    ];
    assert_refused(&bench, &words).await;
}
