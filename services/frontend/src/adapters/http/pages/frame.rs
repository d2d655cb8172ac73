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
    /// Whether the reader works here, and is shown the way to the pages for that.
    pub(super) works: bool,
    /// The page's own path.
    pub(super) path: String,
    /// The rest of the page's query, with which the language switch begins its own.
    query: String,
    /// URL of the style sheet.
    pub(super) style: String,
    /// URL of the script.
    pub(super) script: String,
    /// URL of the style sheet of the pages of owners and riders.
    pub(super) work_style: String,
    /// URL of their script.
    pub(super) work_script: String,
    /// URL of the icon.
    pub(super) icon: String,
}

impl Frame {
    /// The frame of the page at `path`.
    pub(super) fn new(language: Language, path: &str) -> Self {
        Self {
            language,
            text: Text::of(language),
            works: false,
            path: path.to_owned(),
            query: String::new(),
            style: ASSETS.style(),
            script: ASSETS.script(),
            work_style: ASSETS.work_style(),
            work_script: ASSETS.work_script(),
            icon: ASSETS.icon(),
        }
    }

    /// The frame for somebody who works here, or not.
    pub(super) fn for_one_who_works(self, works: bool) -> Self {
        Self { works, ..self }
    }

    /// The frame of the page at this query of its path: the page in another language keeps it.
    pub(super) fn with_query(self, query: &str) -> Self {
        let kept = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .fold(String::new(), |kept, pair| kept + pair + "&");
        Self { query: kept, ..self }
    }

    /// The page in the language with this code. Relative, so that no path can lead it to another site.
    pub(super) fn in_language(&self, code: &str) -> String {
        format!("?{}lang={code}", self.query)
    }

    pub(super) fn is_korean(&self) -> bool {
        self.language == Language::Korean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_another_language_keeps_its_query() {
        for (query, expected) in [
            ("", "?lang=ko"),
            ("lang=en", "?lang=ko"),
            ("notice=too-late&lang=en", "?notice=too-late&lang=ko"),
        ] {
            let frame = Frame::new(Language::English, "/").with_query(query);
            assert_eq!(frame.in_language("ko"), expected);
        }
    }
}
