//! Tests that the drills that users start from are drills, and that each says what it expects.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_crds::{ResilienceDrill, definitions};
use kube::ResourceExt as _;

fn examples() -> Vec<(String, ResilienceDrill)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/drills");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_example_is_a_drill_of_the_platform_that_make_up_starts() {
    let examples = examples();
    assert!(examples.len() >= 8);
    for (file, drill) in examples {
        assert_eq!(drill.name_any(), file);
        assert_eq!(drill.spec.platform, "shop");
        assert_eq!(drill.namespace().as_deref(), Some("food-delivery"));
        assert_eq!(drill.spec.expect.every_order_ends, Some(true), "{file}");
        assert_eq!(drill.spec.run, None, "{file}: `fdp drill run` gives it one");
    }
}

#[test]
fn a_misspelt_field_of_a_drill_is_refused() {
    let text = "apiVersion: fooddelivery.dev/v1alpha1\nkind: ResilienceDrill\nmetadata: {name: a}\n\
                spec: {platform: shop, fault: {second: 5}, expect: {p99Ms: 5}}\n";
    assert!(serde_saphyr::from_str::<ResilienceDrill>(text).is_err());
}

#[test]
fn a_drill_needs_a_specification_and_a_platform_does_not() {
    let required = |index: usize| {
        let definition = serde_json::to_value(&definitions()[index]).unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        (
            schema["required"].clone(),
            schema["properties"]["spec"]["default"].clone(),
        )
    };
    let (required_of_platforms, default) = required(0);
    assert!(!required_of_platforms.to_string().contains("spec"));
    assert_eq!(default, serde_json::json!({}));
    let (required_of_drills, default) = required(1);
    assert!(required_of_drills.to_string().contains("spec"));
    assert!(default.is_null(), "an empty specification is no drill");
}
