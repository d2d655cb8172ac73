//! What the tests of views and status pages share.

use fdp_crds::FoodDeliveryPlatform;
use serde_json::{Value, json};

/// A platform as the API server would send it.
pub(crate) fn platform(fields: Value) -> FoodDeliveryPlatform {
    let mut fields = fields;
    fields["apiVersion"] = json!("fooddelivery.dev/v1alpha1");
    fields["kind"] = json!("FoodDeliveryPlatform");
    serde_json::from_value(fields).unwrap()
}
