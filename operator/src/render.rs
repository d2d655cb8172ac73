//! Prints what a platform would be made of, without a cluster.

use std::fmt::Write as _;

use fdp_crds::FoodDeliveryPlatform;
use kube::{Resource, core::DynamicObject};
use serde::Deserialize as _;
use serde_json::Value;

use crate::{
    plan::{
        self,
        catalog::Service,
        object::sorted,
        observed::{Credentials, Observed},
        validated::{InvalidSpec, Validated},
    },
    settings::Settings,
};

/// Stands where a cluster would have a generated password.
const PLACEHOLDER: &str = "generated-in-the-cluster";

/// Why a file could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("read the YAML documents")]
    Parse(#[source] serde_saphyr::Error),
    #[error("the input holds no FoodDeliveryPlatform")]
    NoPlatform,
    #[error("FoodDeliveryPlatform {name}: {problem}")]
    Malformed { name: String, problem: String },
    #[error("FoodDeliveryPlatform {name} is refused: {problem}")]
    Refused { name: String, problem: String },
    #[error("FoodDeliveryPlatform {name} makes no sense: {source}")]
    Invalid { name: String, source: InvalidSpec },
    #[error("write {object} as YAML")]
    Write {
        object: String,
        source: serde_saphyr::SerializeError,
    },
}

/// Renders every platform among the YAML documents of `text`; other kinds are skipped.
///
/// Gives one YAML document per object, in the order in which the operator applies them. The error is what
/// the API server or the operator would say about the platform.
pub fn render(text: &str, settings: &Settings) -> Result<String, RenderError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(RenderError::Parse)?;
    let mut output = String::new();
    let mut platforms = 0;
    for document in documents.iter().filter(|document| is_platform(document)) {
        platforms += 1;
        for planned in plan_of(document, settings)?.objects {
            let object = planned.key().to_string();
            let mut canonical = DynamicObject::clone(&planned.object);
            canonical.data = sorted(&canonical.data);
            let yaml = serde_saphyr::to_string(&canonical)
                .map_err(|source| RenderError::Write { object, source })?;
            let _ = write!(output, "---\n{yaml}");
        }
    }
    if platforms == 0 {
        return Err(RenderError::NoPlatform);
    }
    Ok(output)
}

fn is_platform(document: &Value) -> bool {
    document["kind"] == *FoodDeliveryPlatform::kind(&())
        && document["apiVersion"] == *FoodDeliveryPlatform::api_version(&())
}

fn plan_of(document: &Value, settings: &Settings) -> Result<plan::Plan, RenderError> {
    let name = document["metadata"]["name"]
        .as_str()
        .unwrap_or("without a name")
        .to_owned();
    let platform = FoodDeliveryPlatform::deserialize(document).map_err(|error| RenderError::Malformed {
        name: name.clone(),
        problem: error.to_string(),
    })?;
    fdp_crds::validate(&platform).map_err(|errors| RenderError::Refused {
        name: name.clone(),
        problem: errors.to_string(),
    })?;
    let validated =
        Validated::new(&platform, settings).map_err(|source| RenderError::Invalid { name, source })?;
    Ok(plan::plan(&validated, &nothing_observed()))
}

/// A cluster in which nothing is there yet.
fn nothing_observed() -> Observed {
    Observed {
        credentials: Credentials {
            postgres: PLACEHOLDER.to_owned(),
            databases: Service::with_database()
                .map(|service| (service.name().to_owned(), PLACEHOLDER.to_owned()))
                .collect(),
        },
        ..Observed::default()
    }
}
