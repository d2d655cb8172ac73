//! Third-party operators whose custom resources a plan can use, and which of them the cluster serves.

use std::{collections::BTreeSet, fmt};

use fdp_crds::foreign::{cloud_native_pg, eck, istio, prometheus, strimzi};
use kube::core::ApiResource;

/// A third-party operator with custom resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Istio,
    Strimzi,
    CloudNativePg,
    Eck,
    PrometheusOperator,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Istio,
        Self::Strimzi,
        Self::CloudNativePg,
        Self::Eck,
        Self::PrometheusOperator,
    ];

    /// Its name for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Istio => "Istio",
            Self::Strimzi => "Strimzi",
            Self::CloudNativePg => "CloudNativePG",
            Self::Eck => "ECK",
            Self::PrometheusOperator => "prometheus-operator",
        }
    }

    /// The kinds that plans use. The operator counts as installed when the cluster serves all of them.
    pub fn kinds(self) -> Vec<ApiResource> {
        match self {
            Self::Istio => istio::kinds(),
            Self::Strimzi => strimzi::kinds(),
            Self::CloudNativePg => cloud_native_pg::kinds(),
            Self::Eck => eck::kinds(),
            Self::PrometheusOperator => prometheus::kinds(),
        }
    }

    /// The name of the `CustomResourceDefinition` of a kind.
    pub fn definition(kind: &ApiResource) -> String {
        format!("{}.{}", kind.plural, kind.group)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The third-party kinds that the cluster serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apis(BTreeSet<String>);

impl Apis {
    /// Every kind of every operator.
    pub fn all() -> Self {
        Family::ALL.into_iter().flat_map(Family::kinds).collect()
    }

    /// Whether the cluster serves all kinds of that operator.
    pub fn have(&self, family: Family) -> bool {
        family.kinds().iter().all(|kind| self.0.contains(&name(kind)))
    }

    /// Whether the cluster serves that kind.
    pub fn serve(&self, kind: &ApiResource) -> bool {
        self.0.contains(&name(kind))
    }

    /// Records whether the cluster serves that kind; returns whether that is a change.
    pub fn set(&mut self, kind: &ApiResource, served: bool) -> bool {
        if served {
            self.0.insert(name(kind))
        } else {
            self.0.remove(&name(kind))
        }
    }

    /// The first missing kind of that operator, for messages.
    pub fn missing(&self, family: Family) -> Option<String> {
        let kind = family.kinds().into_iter().find(|kind| !self.serve(kind))?;
        Some(format!("{} of {}", kind.kind, kind.api_version))
    }
}

impl FromIterator<ApiResource> for Apis {
    fn from_iter<T: IntoIterator<Item = ApiResource>>(kinds: T) -> Self {
        Self(kinds.into_iter().map(|kind| name(&kind)).collect())
    }
}

fn name(kind: &ApiResource) -> String {
    format!("{}/{}", kind.api_version, kind.kind)
}

/// Whether the cluster serves the metrics API, which autoscalers depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetricsApi {
    /// The API is served.
    Available,
    /// The API is not registered.
    #[default]
    Missing,
    /// The API is registered, but its server does not respond.
    Unavailable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_there_when_the_cluster_serves_all_of_its_kinds() {
        let mut apis = Apis::all();
        assert!(Family::ALL.into_iter().all(|family| apis.have(family)));
        let kind = Family::Istio.kinds().remove(0);
        assert!(apis.set(&kind, false), "that is new");
        assert!(!apis.set(&kind, false), "and then it is not");
        assert!(!apis.have(Family::Istio) && apis.have(Family::Eck));
        assert_eq!(
            apis.missing(Family::Istio),
            Some(format!("{} of {}", kind.kind, kind.api_version))
        );
    }
}
