//! Tests that the committed definitions are up to date, small and structural.

use fdp_crds::{definitions, definitions_yaml};

#[test]
fn the_committed_file_is_what_the_types_say() {
    let committed = include_str!("../fooddeliveryplatforms.yaml");
    assert!(
        committed == definitions_yaml().unwrap(),
        "crds/fooddeliveryplatforms.yaml is stale: run `cargo run -p fdp-operator -- crds > crds/fooddeliveryplatforms.yaml`"
    );
}

#[test]
fn the_definition_is_small_enough_for_client_side_apply() {
    // `kubectl apply` stores a copy in an annotation, which can hold 262,144 bytes.
    for definition in definitions() {
        let bytes = serde_json::to_vec(&definition).unwrap().len();
        assert!(bytes < 200_000, "{bytes} bytes");
    }
}

#[test]
fn every_field_of_the_specification_is_explained() {
    fn walk(path: &str, schema: &serde_json::Value, missing: &mut Vec<String>) {
        if schema
            .get("description")
            .and_then(|d| d.as_str())
            .is_none_or(str::is_empty)
        {
            missing.push(path.to_owned());
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), property, missing);
        }
    }
    let definition = serde_json::to_value(&definitions()[0]).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut missing = Vec::new();
    walk("spec", &schema["properties"]["spec"], &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_the_api_server_forbids_in_a_structural_schema_is_not_there() {
    let text = definitions_yaml().unwrap();
    assert!(
        !text.contains("additionalProperties: false"),
        "not allowed beside properties"
    );
    assert!(!text.contains("$ref"), "not allowed");
}
