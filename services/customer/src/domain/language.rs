//! The languages that customers read.

/// The language that a customer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 한국어.
    Korean,
    /// English.
    English,
}

impl Language {
    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    /// The language of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Korean, Self::English]
            .into_iter()
            .find(|language| language.code() == code)
    }
}
