//! Texts with the platform's names in them.

use crate::spec::Validated;

/// The text with the platform's names in the place of `$namespace` and `$platform`.
pub(super) fn filled(text: &str, platform: &Validated) -> String {
    text.replace("$namespace", &platform.namespace)
        .replace("$platform", &platform.name)
}
