//! Filters in front of a part's program, in the sidecars of its pods.

use fdp_crds::foreign::istio::{
    ConfigPatch, EnvoyFilter, EnvoyFilterSpec, FilterChainMatch, FilterMatch, ListenerMatch, Patch,
    PatchMatch, WorkloadSelector,
};
use serde_json::Value;

use crate::{
    components::mesh::members::Member,
    kubernetes::{metadata::metadata, names::Component},
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The object of this `name` that puts a filter of Envoy before all others. It applies to the port that customers and other
/// services use, so that probes and requests for metrics do not pass it.
pub(super) fn filter(platform: &Validated, member: &Member, name: &str, filter: Value) -> Planned {
    let mut object = EnvoyFilter::new(
        "",
        EnvoyFilterSpec {
            workload_selector: WorkloadSelector {
                labels: member.pods.clone(),
            },
            config_patches: vec![ConfigPatch {
                apply_to: "HTTP_FILTER".to_owned(),
                place: PatchMatch {
                    context: "SIDECAR_INBOUND".to_owned(),
                    listener: ListenerMatch {
                        port_number: member.port,
                        filter_chain: FilterChainMatch {
                            filter: FilterMatch {
                                name: "envoy.filters.network.http_connection_manager".to_owned(),
                            },
                        },
                    },
                },
                patch: Patch {
                    operation: "INSERT_FIRST".to_owned(),
                    value: filter,
                },
            }],
        },
    );
    object.metadata = metadata(platform, name, Component::Mesh);
    Planned::new(Wave::Routing, &object)
}
