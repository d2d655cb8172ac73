//! `fdp render`: prints the objects of a platform, without a cluster.

use std::fmt::Write as _;

use fdp_crds::FoodDeliveryPlatform;
use kube::{Resource, ResourceExt as _, core::DynamicObject};
use serde::Deserialize as _;
use serde_json::Value;

use crate::{
    model::{
        apis::{Apis, MetricsApi},
        observed::Observed,
    },
    plan::{self, passwords},
    settings::Settings,
    spec::{InvalidSpec, Validated, canonical::sorted},
};

/// The placeholder of a generated password.
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
/// Returns one YAML document per object, in the order in which the operator applies them. The error has the message
/// that the API server or the operator would report about the platform.
pub fn render(text: &str, settings: &Settings) -> Result<String, RenderError> {
    let mut output = String::new();
    for platform in platforms(text)? {
        for planned in plan_of(&platform, settings)?.objects {
            let object = planned.key().to_string();
            let mut canonical = DynamicObject::clone(&planned.object);
            canonical.data = sorted(&canonical.data);
            let yaml = serde_saphyr::to_string(&canonical)
                .map_err(|source| RenderError::Write { object, source })?;
            let _ = write!(output, "---\n{yaml}");
        }
    }
    Ok(output)
}

/// Parses every platform among the YAML documents of `text`, and checks it as the API server does.
pub fn platforms(text: &str) -> Result<Vec<FoodDeliveryPlatform>, RenderError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(RenderError::Parse)?;
    let platforms: Vec<FoodDeliveryPlatform> = documents
        .iter()
        .filter(|document| is_platform(document))
        .map(platform_of)
        .collect::<Result<_, _>>()?;
    if platforms.is_empty() {
        return Err(RenderError::NoPlatform);
    }
    Ok(platforms)
}

fn is_platform(document: &Value) -> bool {
    document["kind"] == *FoodDeliveryPlatform::kind(&())
        && document["apiVersion"] == *FoodDeliveryPlatform::api_version(&())
}

fn platform_of(document: &Value) -> Result<FoodDeliveryPlatform, RenderError> {
    let name = document["metadata"]["name"]
        .as_str()
        .unwrap_or("without a name")
        .to_owned();
    let platform = FoodDeliveryPlatform::deserialize(document).map_err(|error| RenderError::Malformed {
        name: name.clone(),
        problem: error.to_string(),
    })?;
    fdp_crds::validate(&platform).map_err(|errors| RenderError::Refused {
        name,
        problem: errors.to_string(),
    })?;
    Ok(platform)
}

fn plan_of(platform: &FoodDeliveryPlatform, settings: &Settings) -> Result<plan::Plan, RenderError> {
    let validated = Validated::new(platform, settings).map_err(|source| RenderError::Invalid {
        name: platform.name_any(),
        source,
    })?;
    Ok(plan::plan(&validated, &nothing_observed()))
}

/// An empty cluster that serves all custom resource kinds.
fn nothing_observed() -> Observed {
    Observed {
        credentials: passwords::credentials(|_, _| PLACEHOLDER.to_owned()),
        apis: Apis::all(),
        metrics: MetricsApi::Available,
        ..Observed::default()
    }
}
