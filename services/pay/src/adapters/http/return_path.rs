//! The path of our page to which a provider sends the customer back.

use serde::Deserialize;

/// The longest path.
const LONGEST: usize = 500;

/// A path of this platform: begins with one `/`, so that it names no other host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ReturnPath(String);

/// The path names no page of this platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("returnPath is the path of a page here, like /shop/orders/ord_1, of at most {LONGEST} characters")]
pub(crate) struct InvalidReturnPath;

impl TryFrom<String> for ReturnPath {
    type Error = InvalidReturnPath;

    fn try_from(path: String) -> Result<Self, InvalidReturnPath> {
        let is_ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
        let is_plain = path.chars().all(|character| character.is_ascii_graphic());
        if is_ours && is_plain && path.len() <= LONGEST {
            Ok(Self(path))
        } else {
            Err(InvalidReturnPath)
        }
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_comes_back_to_this_platform_and_nowhere_else() {
        let path = |text: &str| ReturnPath::try_from(text.to_owned());
        assert!(path("/shop/orders/ord_1?paid=yes").is_ok());
        for elsewhere in [
            "",
            "shop",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/가",
        ] {
            assert_eq!(path(elsewhere), Err(InvalidReturnPath), "{elsewhere}");
        }
        assert_eq!(path(&format!("/{}", "a".repeat(LONGEST))), Err(InvalidReturnPath));
    }
}
