//! The frame of every page: navigation, language switch and assets.

use super::text::Text;
use crate::adapters::http::assets::ASSETS;
use crate::domain::Language;

/// What every page needs for its frame.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The reader's language.
    pub(super) language: Language,
    /// All texts in it.
    pub(super) text: &'static Text,
    /// The page's own path, for the language switch.
    pub(super) path: String,
    /// URL of the style sheet.
    pub(super) style: String,
    /// URL of the script.
    pub(super) script: String,
    /// URL of the icon.
    pub(super) icon: String,
}

impl Frame {
    /// The frame of the page at `path`.
    pub(super) fn new(language: Language, path: &str) -> Self {
        Self {
            language,
            text: Text::of(language),
            path: path.to_owned(),
            style: ASSETS.style(),
            script: ASSETS.script(),
            icon: ASSETS.icon(),
        }
    }

    pub(super) fn is_korean(&self) -> bool {
        self.language == Language::Korean
    }
}
