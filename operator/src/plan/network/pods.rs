//! Selects the pods of a service for network policies.

use fdp_catalogue::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::{
    kubernetes::{names, network_policy::labelled},
    spec::{ServiceSettings, Validated},
};

/// The pods of a service, including its canary, and those that try whether it reaches what it calls. They are selected by
/// all names, because pods of an older platform lack the shared label.
pub(super) fn pods(platform: &Validated, settings: &ServiceSettings) -> LabelSelector {
    let name = settings.service.name();
    let mut labels = names::selector(&platform.name, name);
    let mut names = vec![name.to_owned()];
    names.extend(settings.canary.iter().map(|_| names::canary(name)));
    names.extend(calls(settings.service).then(|| names::reach(name)));
    if names.len() == 1 {
        return labelled(labels);
    }
    labels.remove(names::NAME_LABEL);
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: names::NAME_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(names),
        }]),
    }
}

/// Whether a service calls anything.
fn calls(service: Service) -> bool {
    service.keeps_state() || !service.calls().is_empty()
}
