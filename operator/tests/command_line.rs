//! Tests the program `fdp` on files: its output and its exit status.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

const PLATFORM: &str = "apiVersion: fooddelivery.dev/v1alpha1
kind: FoodDeliveryPlatform
metadata: { name: shop, namespace: food }
spec: {}
";

/// Runs `fdp` with these arguments and this standard input.
fn fdp(arguments: &[&str], input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fdp"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

fn rendered(input: &str) -> Output {
    fdp(&["render", "-f", "-"], input)
}

/// A `List` of these documents, as `kubectl get -o yaml` prints several objects.
fn list(documents: &[&str]) -> String {
    let items: String = documents
        .iter()
        .map(|document| format!("- {}", document.trim_end().replace('\n', "\n  ")))
        .collect::<Vec<_>>()
        .join("\n");
    format!("apiVersion: v1\nkind: List\nitems:\n{items}\n")
}

#[track_caller]
fn fails(output: &Output, message: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(message), "{message} is not in: {said}");
}

#[test]
fn a_file_that_is_not_there_ends_with_2_and_its_path() {
    fails(
        &fdp(&["render", "-f", "nowhere/shop.yaml"], ""),
        "read nowhere/shop.yaml",
    );
    fails(
        &fdp(&["diff", "-f", "nowhere/shop.yaml"], ""),
        "read nowhere/shop.yaml",
    );
}

#[test]
fn a_file_that_is_refused_ends_with_2_and_the_path_of_the_field() {
    let bad = PLATFORM.replace("spec: {}", "spec: { gatway: {} }");
    fails(
        &rendered(&bad),
        "standard input: FoodDeliveryPlatform food/shop is refused: spec.gatway: unknown field",
    );
    fails(&fdp(&["diff", "-f", "-"], &bad), "spec.gatway: unknown field");
}

#[test]
fn a_file_that_is_no_yaml_ends_with_2_and_says_where() {
    fails(&rendered("kind: [\n"), "standard input");
    let twice = PLATFORM.replace("spec: {}", "spec: {}\nspec: {}");
    fails(&rendered(&twice), "duplicate");
}

#[test]
fn a_file_without_a_platform_ends_with_2() {
    fails(&rendered("kind: ConfigMap\n"), "holds no FoodDeliveryPlatform");
}

#[test]
fn the_platforms_of_a_list_are_rendered_too() {
    let alone = rendered(PLATFORM);
    assert_eq!(alone.status.code(), Some(0));
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n";
    let listed = rendered(&list(&[config_map, PLATFORM]));
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    assert_eq!(listed.stdout, alone.stdout);
}

#[test]
fn the_same_platform_twice_in_a_file_is_refused() {
    fails(
        &rendered(&list(&[PLATFORM, PLATFORM])),
        "FoodDeliveryPlatform food/shop stands twice",
    );
    let elsewhere = PLATFORM.replace("namespace: food", "namespace: drinks");
    assert_eq!(rendered(&list(&[PLATFORM, &elsewhere])).status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fdp"))
        .arg("crds")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));
}
