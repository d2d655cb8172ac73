//! The id of a store in a path: checked, so that it can be stored and published.

use fdp_contracts::{InvalidText, check_text};
use serde::Deserialize;

/// The id of a store in a path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StoreId(pub(super) String);

impl TryFrom<String> for StoreId {
    type Error = InvalidText;

    fn try_from(store_id: String) -> Result<Self, InvalidText> {
        check_text("storeId", &store_id).map(|()| Self(store_id))
    }
}
