//! Reads the drills of the platforms that are shown, where one of them allows drills. There are none where the cluster does
//! not know drills, or does not let them be read: platforms are shown nevertheless.

use fdp_crds::ResilienceDrill;
use kube::{Client, ResourceExt as _, api::ListParams, core::DynamicObject};

use crate::cli::status::list::Selection;

/// The drills in the namespaces of these platforms.
pub async fn list(
    client: &Client,
    selection: &Selection,
    platforms: &[DynamicObject],
) -> Vec<ResilienceDrill> {
    if !are_allowed(platforms) {
        return Vec::new();
    }
    let drills = selection
        .api_of::<ResilienceDrill>(client)
        .list(&ListParams::default())
        .await;
    let drills = drills.map(|list| list.items).unwrap_or_default();
    drills.iter().filter_map(read).collect()
}

/// Whether one of these platforms allows drills.
pub fn are_allowed(platforms: &[DynamicObject]) -> bool {
    platforms
        .iter()
        .any(|platform| platform.data["spec"]["drills"] == "Allowed")
}

/// The drill, unless an operator of another version has written what cannot be read.
pub fn read(drill: &DynamicObject) -> Option<ResilienceDrill> {
    drill.clone().try_parse().ok()
}

/// Whether a drill is one of that platform.
pub fn is_of(drill: &ResilienceDrill, platform: &DynamicObject) -> bool {
    drill.spec.platform == platform.name_any() && drill.namespace() == platform.namespace()
}
