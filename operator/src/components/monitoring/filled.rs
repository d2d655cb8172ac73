//! Fills the platform's names into texts.

use crate::spec::Validated;

/// The text with `$namespace` and `$platform` replaced by the platform's namespace and name.
pub(super) fn filled(text: &str, platform: &Validated) -> String {
    text.replace("$namespace", &platform.namespace)
        .replace("$platform", &platform.name)
}
