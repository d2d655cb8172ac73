//! Judges a document as the API server does at admission, so that a file can be checked without a cluster.

mod structure;

use std::{fmt, sync::LazyLock};

use kube::core::cel::{CompiledSchema, Validator, compile_schema};
use serde::Deserialize as _;
use serde_json::Value;

use crate::FoodDeliveryPlatform;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;

/// Everything that is wrong with a platform, each problem with the path of the field it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    problems: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problems.join("; "))
    }
}

/// Parses a platform, and checks it against the schema and the rules of its definition.
///
/// Like `kubectl apply`, it refuses unknown fields as well, which the API server alone would drop. The error names every
/// broken rule, not only the first.
pub fn admit(document: &Value) -> Result<FoodDeliveryPlatform, Refusal> {
    let problems = structure::problems(&SCHEMA, document);
    if !problems.is_empty() {
        return Err(Refusal { problems });
    }
    let platform = FoodDeliveryPlatform::deserialize(&with_specification(document)).map_err(refused)?;
    validate(&platform)?;
    Ok(platform)
}

/// Checks a changed platform against the rules about changes, as the API server does when one is there already.
pub fn admit_change(new: &FoodDeliveryPlatform, old: &FoodDeliveryPlatform) -> Result<(), Refusal> {
    keeps_the_rules(new, Some(old))
}

/// Checks a platform against the CEL rules of its schema.
///
/// The error says per broken rule which field it is about.
pub fn validate(platform: &FoodDeliveryPlatform) -> Result<(), Refusal> {
    keeps_the_rules(platform, None)
}

fn keeps_the_rules(new: &FoodDeliveryPlatform, old: Option<&FoodDeliveryPlatform>) -> Result<(), Refusal> {
    let value = |platform| serde_json::to_value(platform).map_err(refused);
    let old = old.map(value).transpose()?;
    Validator::new()
        .validate_compiled(&RULES, &value(new)?, old.as_ref())
        .map_err(refused)
}

/// The document with an empty specification if it has none, as the schema's default says.
fn with_specification(document: &Value) -> Value {
    let mut document = document.clone();
    if document["spec"].is_null() {
        document["spec"] = Value::Object(serde_json::Map::new());
    }
    document
}

fn refused(error: impl fmt::Display) -> Refusal {
    Refusal {
        problems: vec![error.to_string()],
    }
}

static SCHEMA: LazyLock<JSONSchemaProps> = LazyLock::new(|| {
    crate::of_platforms()
        .spec
        .versions
        .into_iter()
        .find_map(|version| version.schema?.open_api_v3_schema)
        .unwrap_or_default()
});

/// Compiled once: `kube`'s own check makes the whole schema anew for each document.
static RULES: LazyLock<CompiledSchema> = LazyLock::new(|| {
    let schema = serde_json::to_value(&*SCHEMA).unwrap_or_default();
    compile_schema(&schema)
});
