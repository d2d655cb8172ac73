//! `fdp render`: prints the objects of a platform, without a cluster.

use std::{collections::BTreeSet, fmt::Write as _};

use fdp_crds::{FoodDeliveryPlatform, Refusal, admit};
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    cli::documents::{name_of, of_kind},
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
    #[error("FoodDeliveryPlatform {name} stands twice in the input: remove one")]
    Twice { name: String },
    #[error("FoodDeliveryPlatform {name} is refused: {source}")]
    Refused { name: String, source: Refusal },
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

/// Parses every platform among the YAML documents of `text`, the items of lists included, and checks each as the API
/// server does.
pub fn platforms(text: &str) -> Result<Vec<FoodDeliveryPlatform>, RenderError> {
    let documents = of_kind::<FoodDeliveryPlatform>(text).map_err(RenderError::Parse)?;
    let mut platforms = Vec::new();
    let mut seen = BTreeSet::new();
    for document in &documents {
        let platform = admit(document).map_err(|source| RenderError::Refused {
            name: name_of(document),
            source,
        })?;
        if !seen.insert((platform.namespace(), platform.name_any())) {
            return Err(RenderError::Twice {
                name: name_of(document),
            });
        }
        platforms.push(platform);
    }
    if platforms.is_empty() {
        return Err(RenderError::NoPlatform);
    }
    Ok(platforms)
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
