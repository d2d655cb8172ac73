//! The pages: what each template is given, ready to print.

mod format;
mod orders;
mod plain;
mod shop;
mod text;
mod tracking;
pub mod words;

use crate::assets::ASSETS;
use crate::language::Language;

pub use orders::OrdersPage;
pub use plain::{ErrorPage, WaitingPage};
pub use shop::ShopPage;
pub use text::Text;
pub use tracking::TrackingPage;

/// What surrounds every page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The reader's language.
    pub language: Language,
    /// All words in it.
    pub text: &'static Text,
    /// The page's own path, for the language switch.
    pub path: String,
    /// Addresses of style, script and icon.
    pub style: String,
    /// See `style`.
    pub script: String,
    /// See `style`.
    pub icon: String,
}

impl Frame {
    /// The surroundings of the page at `path`.
    pub fn new(language: Language, path: &str) -> Self {
        Self {
            language,
            text: Text::of(language),
            path: path.to_owned(),
            style: ASSETS.style(),
            script: ASSETS.script(),
            icon: ASSETS.icon(),
        }
    }

    fn is_korean(&self) -> bool {
        self.language == Language::Korean
    }
}
