//! Changes the specification of the platform under test.

use fdp_local::failure::Result;
use fdp_local::install::{NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use serde_json::{Value, json};

/// Merges these fields into the specification.
pub(crate) fn change(kubectl: &Kubectl, spec: &Value) -> Result<()> {
    let patch = json!({ "spec": spec }).to_string();
    kubectl
        .run(&[
            "patch",
            "fdp",
            PLATFORM,
            "--namespace",
            NAMESPACE,
            "--type=merge",
            "--patch",
            &patch,
        ])
        .map(drop)
}
