//! Which of the two languages a visitor reads.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 한국어
    Korean,
    /// English, also for those who speak neither.
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

    /// The language that an `Accept-Language` header likes best; English if it likes neither.
    pub fn negotiate(accept: &str) -> Self {
        let mut best = (0.0, Self::English);
        for range in accept.split(',') {
            let mut parts = range.split(';');
            let language = parts.next().and_then(|tag| Self::parse(tag.trim()));
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_of_the_two_languages_wins_and_english_is_the_fallback() {
        for (accept, expected) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Language::Korean),
            ("en-US,en;q=0.9,ko;q=0.8", Language::English),
            ("fr, ko;q=0.5", Language::Korean),
            ("en;q=0.1, KO;q=0.2", Language::Korean),
            ("ko;q=0", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::negotiate(accept), expected, "{accept}");
        }
    }
}
