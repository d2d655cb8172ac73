//! Brings the texts in a request's path and query into their composed form, so that what was saved in one form is found in
//! the other.

use fdp_contracts::composed;
use http::Uri;
use std::fmt::Write as _;

/// The URI with composed texts, if that is another one. Characters of ASCII stay as they were written, escaped or not.
pub(crate) fn composed_uri(uri: &Uri) -> Option<Uri> {
    let escaped = uri.path_and_query()?.as_str();
    if !escaped.contains('%') {
        return None;
    }
    let text = String::from_utf8(unescaped(escaped.as_bytes())).ok()?;
    let composed = composed(&text);
    if composed == text {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(escape(&composed).parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Without the escapes of bytes outside of ASCII.
fn unescaped(escaped: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((&first, others)) = rest.split_first() {
        if let Some(byte) = escape_of(rest).filter(|byte| !byte.is_ascii()) {
            bytes.push(byte);
            rest = rest.get(3..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = others;
        }
    }
    bytes
}

/// The byte whose escape these bytes begin with, such as `%ED`.
fn escape_of(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(digit(*high)? * 16 + digit(*low)?)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a string never fails.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed_of(uri: &str) -> Option<String> {
        composed_uri(&uri.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn a_decomposed_name_becomes_the_composed_one() {
        let decomposed =
            "/inventories/%E1%84%83%E1%85%A1%E1%86%B0/restock?near=%e1%84%83%e1%85%a1%e1%86%b0&a=%2F";
        let composed = "/inventories/%EB%8B%AD/restock?near=%EB%8B%AD&a=%2F";
        assert_eq!(composed_of(decomposed).as_deref(), Some(composed));
        assert_eq!(composed_of("/stores/e%CC%81").as_deref(), Some("/stores/%C3%A9"));
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for uri in [
            "/orders",
            "/stores/%EB%8B%AD",
            "/stores/a%2Fb%20c",
            "/stores/%FF",
            "/stores/%E",
            "/stores/%",
            "*",
        ] {
            assert_eq!(composed_of(uri), None, "{uri}");
        }
    }
}
