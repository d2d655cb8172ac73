//! Tests that images are set in a repository of environments by a commit, and reverted by another one.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
};
use fdp_crds::FoodDeliveryPlatform;
use kube::Api;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    bench::{Bench, PLATFORM},
    environments::{ENVIRONMENT, NAMESPACE, Repository, follow},
    reports::{Verdict, reports},
};

/// A bench whose builds commit to a repository that is deployed.
async fn bench_with(repository: &Repository) -> Bench {
    let mut bench = Bench::start().await;
    bench.let_in(NAMESPACE).await;
    bench.set("NAMESPACE", NAMESPACE);
    bench.set("PLATFORM_REPOSITORY", &repository.url());
    bench.set("PLATFORM_PATH", ENVIRONMENT);
    bench
}

fn platforms(bench: &Bench) -> Api<FoodDeliveryPlatform> {
    Api::namespaced(bench.world.client.clone(), NAMESPACE)
}

async fn live(bench: &Bench, service: &str) -> Option<String> {
    let platform = platforms(bench).get(PLATFORM).await.unwrap();
    let spec = serde_json::to_value(platform.spec).unwrap();
    Some(spec["services"][service]["image"].as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_comes_by_a_commit_and_a_bad_one_goes_by_its_revert() {
    let repository = Repository::make();
    let mut bench = bench_with(&repository).await;
    let _argo = follow(&bench, &repository).await;
    bench.make_repository("order").await;
    let (good, bad) = (bench.image("good"), bench.image("bad"));
    let bad_digest = bad.digest.clone();
    let _operator = reports(platforms(&bench), "order", move |image| {
        if image.ends_with(&bad_digest) {
            Verdict::Stalled("Deployment shop-order: 0 of 1 ready")
        } else {
            Verdict::Ready
        }
    });

    bench.take(&good);
    bench.build("order").await.assert_succeeded();
    let file = format!("{ENVIRONMENT}/images/order.yaml");
    let with_good = repository.file(&file);
    assert!(
        with_good.contains(&bench.reference("order", &good)),
        "{with_good}"
    );
    assert_eq!(live(&bench, "order").await, Some(bench.reference("order", &good)));
    assert_eq!(
        repository.history(),
        [format!("order: {}", good.digest), "The environments".to_owned()]
    );

    bench.take(&bad);
    bench.set("CODEBUILD_BUILD_NUMBER", "8");
    let build = bench.build("order").await;
    let back = format!("{} is back, and", bench.reference("order", &good));
    build.assert_failed_in("post_build", &["Deployment shop-order: 0 of 1 ready", &back]);
    assert_eq!(repository.file(&file), with_good);
    assert_eq!(
        repository.history()[..2],
        [
            format!("Revert \"order: {}\"", bad.digest),
            format!("order: {}", bad.digest)
        ]
    );
    assert_eq!(live(&bench, "order").await, Some(bench.reference("order", &good)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_that_commit_at_the_same_time_do_not_stand_in_each_others_way() {
    let repository = Repository::make();
    let mut bench = bench_with(&repository).await;
    let _argo = follow(&bench, &repository).await;
    let _operator = reports(platforms(&bench), "order", |_| Verdict::Ready);
    // All test the program of the checkout, and use the same image.
    bench.set("PACKAGE", "order");
    let image = bench.image("same");
    bench.take(&image);
    for service in ["order", "pay", "store"] {
        bench.make_repository(service).await;
    }
    let (order, pay, store) = tokio::join!(bench.build("order"), bench.build("pay"), bench.build("store"));
    for build in [order, pay, store] {
        build.assert_succeeded();
    }
    for service in ["order", "pay", "store"] {
        assert_eq!(
            live(&bench, service).await,
            Some(bench.reference(service, &image))
        );
    }
    assert_eq!(repository.history().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_brings_into_the_cluster_is_reverted() {
    let repository = Repository::make();
    let mut bench = bench_with(&repository).await;
    // The deployment must have only the first commit.
    drop(follow(&bench, &repository).await);
    let _operator = reports(platforms(&bench), "order", |_| Verdict::Ready);
    bench.make_repository("order").await;
    bench.take(&bench.image("unfollowed"));
    bench.set("READY_SECONDS", "3");

    let build = bench.build("order").await;
    build.assert_failed_in("post_build", &["does Argo CD follow main of the repository"]);
    assert_eq!(repository.history().len(), 3);
    let file = repository.file(&format!("{ENVIRONMENT}/images/order.yaml"));
    assert!(!file.contains("image:"), "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_not_set_up_is_refused_with_what_to_do() {
    let repository = Repository::make();
    let mut bench = bench_with(&repository).await;
    drop(follow(&bench, &repository).await);
    bench.make_repository("order").await;
    bench.take(&bench.image("homeless"));

    let kustomization = repository.work().join(ENVIRONMENT).join("kustomization.yaml");
    let text = fs::read_to_string(&kustomization).unwrap();
    fs::write(&kustomization, text.replace("components:\n  - images\n", "")).unwrap();
    repository.commit_all("Nobody reads the images");
    repository.push();
    let words = ["name its folder under components in environments/staging/kustomization.yaml"];
    bench.build("order").await.assert_failed_in("post_build", &words);

    fs::remove_dir_all(repository.work().join(ENVIRONMENT).join("images")).unwrap();
    repository.commit_all("The images are gone");
    repository.push();
    let words = ["the repository has no environments/staging/images/order.yaml: copy"];
    let (succeeded, log) = bench.step("order", "deploy.sh").await;
    assert!(!succeeded && log.contains(words[0]), "{log}");
    assert_eq!(repository.history().len(), 3, "no commit of a build");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_given_to_the_repository_and_told_to_nobody_else() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new()
        .fallback(
            async |State(asked): State<Arc<Mutex<Vec<String>>>>, request: Request| {
                let given = request.headers().get("authorization");
                let Some(given) = given else {
                    return (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic")]);
                };
                asked.lock().unwrap().push(given.to_str().unwrap().to_owned());
                (StatusCode::NOT_FOUND, [("www-authenticate", "")])
            },
        )
        .with_state(Arc::clone(&asked));
    let server = AbortOnDropHandle::new(tokio::spawn(async move {
        axum::serve(listener, router).await.unwrap();
    }));
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("secret"));
    bench.set(
        "PLATFORM_REPOSITORY",
        &format!("http://127.0.0.1:{port}/environments.git"),
    );
    bench.set("PLATFORM_PATH", ENVIRONMENT);
    bench.set("PLATFORM_REPOSITORY_TOKEN", "the-token");

    let build = bench.build("order").await;
    drop(server);
    build.assert_failed_in("post_build", &["cannot clone main of PLATFORM_REPOSITORY"]);
    assert!(!build.log.contains("the-token"), "{}", build.log);
    // `git:the-token`, as HTTP sends it.
    assert_eq!(asked.lock().unwrap()[..], ["Basic Z2l0OnRoZS10b2tlbg=="]);
}
