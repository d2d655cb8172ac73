//! Tests that images are set in the platform by a patch, and reverted if the platform does not become ready with
//! them.

use fdp_test_operator::{NAMESPACE, Operator, World};
use serde_json::json;

use crate::{
    bench::{Bench, PLATFORM, image},
    reports::{Verdict, report_once, reports},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_tested_pushed_and_named_by_its_digest() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    let image = bench.image("first");
    bench.take(&image);
    let _operator = reports(bench.world.platforms(), "order", |_| Verdict::Ready);

    let build = bench.build("order").await;
    build.assert_succeeded();
    assert!(
        build.log.contains("test the_menu_is_complete ... ok"),
        "{}",
        build.log
    );
    assert!(bench.registry.has("shop/order", &image.digest).await);
    assert_eq!(bench.registry.tags("shop/order").await, ["0123456789ab-7"]);
    assert_eq!(bench.named("order").await, Some(bench.reference("order", &image)));

    // The same build again, as when a user restarts it.
    bench.set("CODEBUILD_BUILD_NUMBER", "8");
    bench.build("order").await.assert_succeeded();
    assert_eq!(bench.named("order").await, Some(bench.reference("order", &image)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_fails_ends_the_build_before_anything_is_pushed() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("untested"));
    bench.write_test("assert_eq!(2 + 2, 5);");

    let build = bench.build("order").await;
    build.assert_failed_in("pre_build", &["the tests of order failed, so nothing is built"]);
    assert!(bench.registry.tags("shop/order").await.is_empty());
    assert_eq!(bench.named("order").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_never_gets_ready_gives_way_to_the_one_before_and_the_build_says_why() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    let (good, bad) = (bench.image("good"), bench.image("bad"));
    let bad_digest = bad.digest.clone();
    let _operator = reports(bench.world.platforms(), "order", move |image| {
        if image.ends_with(&bad_digest) {
            Verdict::Waiting("Deployment shop-order: 0 of 1 ready")
        } else {
            Verdict::Ready
        }
    });
    bench.take(&good);
    bench.build("order").await.assert_succeeded();

    bench.take(&bad);
    bench.set("CODEBUILD_BUILD_NUMBER", "8");
    bench.set("READY_SECONDS", "3");
    let before = bench.reference("order", &good);
    let build = bench.build("order").await;
    let back = format!("{before} is back, and FoodDeliveryPlatform {NAMESPACE}/{PLATFORM} is ready with it");
    let why = "after 3 s: not ready: ServicesNotReady: Deployment shop-order: 0 of 1 ready";
    build.assert_failed_in("post_build", &[why, &back, &bad.digest]);
    assert!(
        bench.registry.has("shop/order", &bad.digest).await,
        "it was tried"
    );
    assert_eq!(bench.named("order").await, Some(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_chose_the_image_itself_does_so_again_and_a_standstill_is_not_waited_for() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("bad"));
    // With the default, the test would take a quarter of an hour.
    bench.environment.remove("READY_SECONDS");
    let _operator = reports(bench.world.platforms(), "order", |image| match image {
        "" => Verdict::Ready,
        _ => Verdict::Stalled("the rollout has stopped there"),
    });

    let build = bench.build("order").await;
    let words = [
        "RolloutStopped: the rollout has stopped there",
        "what the platform itself chooses is back",
    ];
    build.assert_failed_in("post_build", &words);
    assert_eq!(bench.named("order").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ready_before_the_image_came_does_not_count() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("unseen"));
    bench.set("READY_SECONDS", "5");
    // The operator reports once, and never again.
    report_once(&bench.world.platforms(), "order", |_| Verdict::Ready).await;

    let build = bench.build("order").await;
    let words = [
        "the operator has not reported on generation 2 yet: is it running?",
        "what the platform itself chooses is put back, but",
        "the operator has not reported on generation 3 yet",
    ];
    build.assert_failed_in("post_build", &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_of_an_older_generation_does_not_count_in_a_newer_status_either() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("half-seen"));
    bench.set("READY_SECONDS", "3");
    let _operator = reports(bench.world.platforms(), "order", |image| match image {
        "" => Verdict::Ready,
        _ => Verdict::StillReady,
    });

    let build = bench.build("order").await;
    let words = [
        "after 3 s: the operator has not reported on generation 2 yet",
        "what the platform itself chooses is back",
    ];
    build.assert_failed_in("post_build", &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cure_gets_its_time_where_the_platform_was_at_a_standstill_before() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    let cure = bench.image("cure");
    bench.take(&cure);
    let platforms = bench.world.platforms();
    report_once(&platforms, "order", |_| Verdict::Stalled("pods crash")).await;
    bench.set("READY_SECONDS", "5");
    // The operator has observed the fix, but still reports the old pods, which are not replaced yet.
    let operator = async {
        bench.comes("order", &cure).await;
        report_once(&platforms, "order", |_| Verdict::Stalled("pods crash still")).await;
    };

    let (build, ()) = tokio::join!(bench.build("order"), operator);
    build.assert_failed_in("post_build", &["after 5 s: RolloutStopped: pods crash still"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_put_there_meanwhile_is_left_alone() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    let late = bench.image("late");
    bench.take(&late);
    // Another user changes the image before the operator reports.
    let somebody = async {
        bench.comes("order", &late).await;
        let newer = json!({ "services": { "order": { "image": "registry.example.com/order:newer" } } });
        bench.world.apply(PLATFORM, &newer).await;
    };
    let (build, ()) = tokio::join!(bench.build("order"), somebody);
    let words = ["this build is given up: somebody has put registry.example.com/order:newer there meanwhile"];
    build.assert_failed_in("post_build", &words);
    assert_eq!(
        bench.named("order").await.as_deref(),
        Some("registry.example.com/order:newer")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_rolls_a_good_image_out_and_a_bad_one_back() {
    let images = tempfile::tempdir().unwrap();
    let bad = image("bad", images.path());
    let digest = bad.digest.clone();
    let world = World::where_run(move |image| !image.ends_with(&digest)).await;
    let operator = Operator::start(world.plane.kubeconfig());
    let mut bench = Bench::on(world).await;
    bench.make_repository("order").await;
    bench.world.says(PLATFORM, "Ready", &["True PlatformReady"]).await;

    let good = bench.image("good");
    bench.take(&good);
    bench.build("order").await.assert_succeeded();

    bench.take(&bad);
    bench.set("CODEBUILD_BUILD_NUMBER", "8");
    bench.set("READY_SECONDS", "15");
    let build = bench.build("order").await;
    let back = format!("{} is back, and", bench.reference("order", &good));
    build.assert_failed_in("post_build", &["Deployment shop-order", &back]);
    operator.stop().await;
}
