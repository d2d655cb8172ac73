//! The id of a product in a path: checked, so that it can be stored and published.

use fdp_contracts::{InvalidText, check_text};
use serde::Deserialize;

/// The id of a product in a path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ProductId(pub(super) String);

impl TryFrom<String> for ProductId {
    type Error = InvalidText;

    fn try_from(product_id: String) -> Result<Self, InvalidText> {
        check_text("productId", &product_id).map(|()| Self(product_id))
    }
}
