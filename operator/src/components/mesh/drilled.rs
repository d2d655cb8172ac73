//! What the sidecars of a service do wrong while a drill wants them to.

use fdp_crds::drill::MeshFault;
use serde_json::{Value, json};

use crate::{
    components::mesh::{inbound, members::Member},
    kubernetes::names::SIDECAR_DRILLS,
    model::object::Planned,
    spec::{Mesh, Validated},
};

/// The filter, if the fault is for that part.
///
/// It is in the sidecars of the service that is called. A fault of a `VirtualService` is made by the sidecar that calls, and
/// Istio does not apply the retries of the same route to it
/// (<https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute>): it would show nothing of them.
pub(super) fn filter(platform: &Validated, mesh: &Mesh, member: &Member) -> Option<Planned> {
    let fault = mesh.fault.as_ref().filter(|fault| fault.service == member.part)?;
    Some(inbound::filter(
        platform,
        member,
        SIDECAR_DRILLS,
        http_fault(fault),
    ))
}

/// Envoy's filter for faults:
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter>.
fn http_fault(fault: &MeshFault) -> Value {
    let percentage = json!({ "numerator": fault.percent.unwrap_or(100), "denominator": "HUNDRED" });
    let mut config =
        json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault" });
    if let Some(milliseconds) = fault.delay_ms {
        let delay = format!("{}.{:03}s", milliseconds / 1_000, milliseconds % 1_000);
        config["delay"] = json!({ "fixed_delay": delay, "percentage": percentage });
    }
    if let Some(status) = fault.abort_status {
        config["abort"] = json!({ "http_status": status, "percentage": percentage });
    }
    json!({ "name": "envoy.filters.http.fault", "typed_config": config })
}
