//! Tests how Docker is called where it builds the image, with a stub instead of Docker.

use std::{env, fs, os::unix::fs::symlink, path::Path};

use crate::{
    bench::Bench,
    reports::{Verdict, reports},
};

#[tokio::test(flavor = "multi_thread")]
async fn docker_compiles_tests_builds_and_pushes_and_its_digest_is_what_runs() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    let _operator = reports(bench.world.platforms(), "order", |_| Verdict::Ready);
    let image = bench.image("built");
    let programs = tempfile::tempdir().unwrap();
    let stand_in = Path::new("tests/operator/pipelines/docker.sh");
    symlink(
        fdp_checkout::root().join(stand_in),
        programs.path().join("docker"),
    )
    .unwrap();
    // Otherwise Cargo would run the tests.
    let tools = env::split_paths(&bench.environment["PATH"]).next().unwrap();
    let path = [
        tools.as_path(),
        programs.path(),
        Path::new("/usr/bin"),
        Path::new("/bin"),
    ];
    bench.set("PATH", env::join_paths(path).unwrap().to_str().unwrap());
    let notes = programs.path().join("notes");
    bench.set("STAND_IN_NOTES", notes.to_str().unwrap());
    bench.set("STAND_IN_IMAGE", image.archive.to_str().unwrap());

    bench.build("order").await.assert_succeeded();
    assert_eq!(bench.named("order").await, Some(bench.reference("order", &image)));
    let registry = bench.registry.address();
    let tag = format!("{registry}/shop/order:0123456789ab-7");
    let build = "build --file manifests/images/Dockerfile --build-arg BINARY=order";
    let asked = fs::read_to_string(notes).unwrap();
    assert_eq!(
        asked.lines().collect::<Vec<_>>(),
        [
            "info".to_owned(),
            format!("{build} --target build --tag order-build ."),
            "run --rm order-build cargo test --locked --package order".to_owned(),
            format!("{build} --tag {tag} ."),
            format!("login --username AWS --password-stdin {registry}"),
            format!("push --quiet {tag}"),
            format!("image inspect --format {{{{range .RepoDigests}}}}{{{{println .}}}}{{{{end}}}} {tag}"),
        ]
    );
}

/// The stages and arguments in the constants above must exist in the Dockerfile.
#[test]
fn the_dockerfile_has_the_stage_whose_layers_the_tests_run_in() {
    let dockerfile = fdp_checkout::root().join("manifests/images/Dockerfile");
    let text = fs::read_to_string(dockerfile).unwrap();
    assert!(text.lines().any(|line| line.ends_with(" AS build")), "{text}");
    assert!(text.lines().any(|line| line == "ARG BINARY"), "{text}");
    assert!(text.lines().any(|line| line == "COPY . ."), "{text}");
}
