//! Guests of the web pages: a secret in a cookie identifies a guest, and the guest's id is a digest of the secret.
//!
//! The id is stored in orders, tickets and deliveries, where others read it; it does not reveal the secret.

use http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

/// The cookie that holds a guest's secret.
pub const COOKIE: &str = "guest";
/// The prefix of every guest's id.
const BEGINNING: &str = "guest-";
/// How many hexadecimal digits a secret has: 128 random bits.
const SECRET: usize = 32;
/// How many hexadecimal digits follow the prefix of an id.
const ID: usize = 16;

/// A visitor who is not signed in. It has no `Debug`: anyone who knows the secret can act as this guest.
#[derive(Clone, PartialEq, Eq)]
pub struct Guest {
    secret: String,
}

impl Guest {
    /// A new guest.
    pub fn make() -> Self {
        Self {
            secret: format!("{:032x}", rand::random::<u128>()),
        }
    }

    /// Reads the guest from the cookie of a request.
    pub fn recognise(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|pairs| pairs.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .find(|secret| is_hexadecimal(secret, SECRET))
            .map(|secret| Self {
                secret: secret.to_owned(),
            })
    }

    /// The value of the guest's cookie.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The guest's customer id, which does not reveal the secret.
    pub fn id(&self) -> String {
        let digest = Sha256::digest(self.secret.as_bytes());
        let first = digest
            .iter()
            .take(ID / 2)
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{BEGINNING}{first:016x}")
    }
}

/// Whether an id has the form of a guest's. No signed-in customer may have such an id.
pub fn is_id(id: &str) -> bool {
    id.strip_prefix(BEGINNING)
        .is_some_and(|rest| is_hexadecimal(rest, ID))
}

/// Whether `text` consists of that many lower-case hexadecimal digits.
fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with_cookie(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    fn id_by(cookie: &str) -> Option<String> {
        Guest::recognise(&with_cookie(cookie)).map(|guest| guest.id())
    }

    #[test]
    fn a_guest_is_known_again_by_the_cookie() {
        let guest = Guest::make();
        let cookie = format!("lang=ko; {COOKIE}={}", guest.secret());
        assert_eq!(id_by(&cookie), Some(guest.id()));
        assert!(is_id(&guest.id()), "{}", guest.id());
        assert_ne!(Guest::make().id(), guest.id());
    }

    #[test]
    fn an_id_is_the_same_for_ever() {
        assert_eq!(
            id_by("guest=00112233445566778899aabbccddeeff").as_deref(),
            Some("guest-5947d7c33d783f94"),
            "orders that were placed keep their customer"
        );
    }

    #[test]
    fn reading_a_guests_id_does_not_make_one_that_guest() {
        let id = Guest::make().id();
        let digits = id.strip_prefix(BEGINNING).unwrap();
        for cookie in [
            format!("guest={id}"),
            format!("customer={id}"),
            format!("guest={digits}"),
            format!("guest={digits}{digits}"),
        ] {
            assert_ne!(id_by(&cookie), Some(id.clone()), "{cookie}");
        }
    }

    #[test]
    fn what_is_no_secret_of_ours_makes_no_guest() {
        for cookie in [
            "",
            "guest=",
            "guest=00112233445566778899AABBCCDDEEFF",
            "guest=00112233445566778899aabbccddeef",
            "guest=00112233445566778899aabbccddeeffa",
            "xguest=00112233445566778899aabbccddeeff",
        ] {
            assert_eq!(id_by(cookie), None, "{cookie}");
        }
    }

    #[test]
    fn only_ids_of_the_exact_form_are_kept_for_guests() {
        assert!(is_id("guest-0123456789abcdef"));
        for id in [
            "guest",
            "guest-",
            "guest-42",
            "guest-0123456789ABCDEF",
            "0123456789abcdef",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }
}
