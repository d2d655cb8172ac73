//! Negotiates the language of the pages with the browser.

use crate::domain::Language;

/// The language that an `Accept-Language` header prefers; English by default.
pub(super) fn negotiate(accept: &str) -> Language {
    let mut best = (0.0, Language::English);
    for range in accept.split(',') {
        let mut parts = range.split(';');
        let language = parts.next().and_then(|tag| Language::from_tag(tag.trim()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_wins_and_english_is_the_default() {
        for (accept, expected) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Language::Korean),
            ("en-US,en;q=0.9,ko;q=0.8", Language::English),
            ("fr, ko;q=0.5", Language::Korean),
            ("en;q=0.1, KO;q=0.2", Language::Korean),
            ("ko;q=0", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(negotiate(accept), expected, "{accept}");
        }
    }
}
