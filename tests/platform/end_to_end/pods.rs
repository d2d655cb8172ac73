//! The pods of the platform under test.

use fdp_local::failure::Result;
use fdp_local::install::NAMESPACE;
use fdp_local::kubectl::Kubectl;
use serde_json::Value;

/// Selects all of them.
pub(crate) const OF_PLATFORM: &str = "fooddelivery.dev/platform=shop";

/// Those that a selector finds.
pub(crate) fn pods(kubectl: &Kubectl, selector: &str) -> Result<Vec<Value>> {
    let get = ["get", "pods", "--namespace", NAMESPACE, "--selector", selector];
    let list = kubectl.json(&get)?;
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}
