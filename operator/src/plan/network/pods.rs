//! Selects the pods of a service for network policies.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::{
    kubernetes::{names, network_policy::labelled},
    spec::{ServiceSettings, Validated},
};

/// The pods of a service, including its canary. They are selected by both names, because pods of an older platform lack
/// the shared label.
pub(super) fn pods(platform: &Validated, settings: &ServiceSettings) -> LabelSelector {
    let name = settings.service.name();
    let mut labels = names::selector(&platform.name, name);
    if settings.canary.is_none() {
        return labelled(labels);
    }
    labels.remove(names::NAME_LABEL);
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: names::NAME_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![name.to_owned(), names::canary(name)]),
        }]),
    }
}
