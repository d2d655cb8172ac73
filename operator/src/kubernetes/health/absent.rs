//! The health of a part whose third-party operator is not installed.

use crate::model::{
    apis::{Apis, Family},
    health::Health,
};

/// The health of a part whose third-party operator is not installed; `field` is the field that requires it.
pub fn absent(family: Family, apis: &Apis, field: &str) -> Health {
    let kind = apis.missing(family).unwrap_or_default();
    Health::Absent(format!(
        "{family} is not in the cluster, which does not serve {kind}: install {family}, or change {field}"
    ))
}
