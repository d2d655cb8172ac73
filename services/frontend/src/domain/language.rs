//! The two languages of the pages.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 한국어
    Korean,
    /// English, also for visitors who read neither.
    English,
}

impl Language {
    /// Reads "ko" or "en", with or without a region.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.trim().to_ascii_lowercase().as_str() {
            "ko" => Some(Self::Korean),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its tag: "ko" or "en".
    pub fn tag(self) -> &'static str {
        self.pick("ko", "en")
    }

    /// The one of two texts that is in this language.
    pub fn pick<T>(self, korean: T, english: T) -> T {
        match self {
            Self::Korean => korean,
            Self::English => english,
        }
    }
}
