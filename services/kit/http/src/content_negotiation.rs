//! Content negotiation: whether a client prefers a page or JSON, and which language it prefers.

use fdp_contracts::Language;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE};
use http::{HeaderMap, HeaderName};

/// Whether the client prefers a page to JSON. Clients without a preference get JSON.
pub fn prefers_page(headers: &HeaderMap) -> bool {
    let accept = text(headers, &ACCEPT);
    weight(&accept, |range| rank("text", "html", range))
        > weight(&accept, |range| rank("application", "json", range))
}

/// The language that a URL's query asks for, as the links of the language switch do: `lang=ko`.
pub fn language_in(query: &str) -> Option<Language> {
    let tag = query.split('&').find_map(|pair| pair.strip_prefix("lang="))?;
    Language::from_tag(tag)
}

/// The language that was chosen on the shop's pages, or else the one that the browser prefers; English by default.
pub fn language(headers: &HeaderMap) -> Language {
    let cookies = text(headers, &COOKIE);
    let mut pairs = cookies.split([';', ',']).map(str::trim);
    if let Some(chosen) = pairs.find_map(|pair| Language::from_code(pair.strip_prefix("lang=")?)) {
        return chosen;
    }
    let accept = text(headers, &ACCEPT_LANGUAGE);
    let preference = |language: Language| {
        weight(&accept, |range| {
            let primary = range.split('-').next().unwrap_or_default();
            primary.eq_ignore_ascii_case(language.code()).then_some(0)
        })
    };
    if preference(Language::Korean) > preference(Language::English) {
        Language::Korean
    } else {
        Language::English
    }
}

/// All values of a header as one list.
fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let readable: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    readable.join(",")
}

/// The weight of the range that matches most closely, by the rank that `matches` gives it; 0 if none matches.
fn weight(list: &str, matches: impl Fn(&str) -> Option<u8>) -> f32 {
    let ranges = list.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let rank = matches(parts.next()?)?;
        let given = parts.find_map(|part| part.strip_prefix("q="));
        let weight: f32 = given.map_or(1.0, |given| given.parse().unwrap_or(0.0));
        Some((rank, weight))
    });
    let best = ranges.max_by(|(rank, weight), (other_rank, other_weight)| {
        rank.cmp(other_rank).then(weight.total_cmp(other_weight))
    });
    best.map_or(0.0, |(_, weight)| weight)
}

/// How closely a media range matches a media type.
fn rank(group: &str, kind: &str, range: &str) -> Option<u8> {
    let (its_group, its_kind) = range.split_once('/')?;
    match (its_group, its_kind) {
        ("*", "*") => Some(0),
        (its_group, "*") if its_group.eq_ignore_ascii_case(group) => Some(1),
        _ if its_group.eq_ignore_ascii_case(group) && its_kind.eq_ignore_ascii_case(kind) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn browsers_get_the_page_and_programs_json() {
        for (accept, page) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("application/json;q=0.5, text/*", true),
            ("Text/HTML", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html;q=0.9", false),
            ("text/html;q=0, */*", false),
            ("text/html;q=x", false),
            ("", false),
        ] {
            assert_eq!(prefers_page(&with(ACCEPT, accept)), page, "{accept}");
        }
        assert!(!prefers_page(&HeaderMap::new()));
    }

    #[test]
    fn a_url_may_ask_for_a_language() {
        assert_eq!(language_in("a=1&lang=ko"), Some(Language::Korean));
        for query in ["", "lang=", "lang=fr", "slang=ko"] {
            assert_eq!(language_in(query), None, "{query}");
        }
    }

    #[test]
    fn the_chosen_language_beats_the_browsers_and_english_is_the_default() {
        for (accept, expected) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8", Language::Korean),
            ("en-US,en;q=0.9,ko;q=0.8", Language::English),
            ("fr, KO;q=0.5", Language::Korean),
            ("fr", Language::English),
        ] {
            assert_eq!(language(&with(ACCEPT_LANGUAGE, accept)), expected, "{accept}");
        }
        let mut headers = with(ACCEPT_LANGUAGE, "en");
        headers.insert(COOKIE, "customer=guest-1; lang=ko".parse().unwrap());
        assert_eq!(language(&headers), Language::Korean);
    }
}
