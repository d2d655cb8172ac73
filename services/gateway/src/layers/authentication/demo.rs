//! A built-in issuer for development: personas whose tokens anybody may get.

use crate::layers::authentication::keys::KeySet;
use crate::layers::authentication::token::{self, Expected, VerifiedToken};
use crate::layers::authentication::token_error::TokenError;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fdp_kit::caller::Role;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

const ISSUER: &str = "urn:fooddelivery:demo";
const AUDIENCE: &str = "food-delivery";
const KEY_ID: &str = "demo";
const CLOCK_SKEW: u64 = 30;
/// How long a token is valid, in seconds.
const LIFETIME: u64 = 12 * 3600;

/// The built-in issuer.
pub(super) struct Demo {
    pair: Ed25519KeyPair,
    keys: KeySet,
    expected: Expected,
}

/// The body of `POST /demo/token`.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenRequest {
    /// The persona.
    persona: Role,
}

/// A token in the form of an OAuth token response.
#[derive(Debug, Serialize)]
pub(crate) struct Token {
    #[serde(rename = "access_token")]
    access: String,
    #[serde(rename = "token_type")]
    scheme: &'static str,
    expires_in: u64,
}

impl Demo {
    /// Replicas with the same `seed` accept each other's tokens. The seed need not be secret: a request without a token
    /// acts as admin anyway, so a forged token gains nothing.
    pub(super) fn new(seed: &str) -> Result<Self, KeyRejected> {
        let pair = Ed25519KeyPair::from_seed_unchecked(digest(&SHA256, seed.as_bytes()).as_ref())?;
        let keys = KeySet::read(&json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        }]}));
        Ok(Self {
            pair,
            keys,
            expected: Expected {
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                roles_claim: None,
                clock_skew: CLOCK_SKEW,
            },
        })
    }

    /// A token of a persona: its subject and its role are the name of the persona. The owner runs every store.
    pub(super) fn token(&self, request: &TokenRequest) -> Token {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": KEY_ID});
        let stores: &[&str] = if request.persona == Role::Owner {
            &["*"]
        } else {
            &[]
        };
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": request.persona, "roles": [request.persona], "stores": stores,
            "iat": now, "exp": now + LIFETIME,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()).as_ref());
        Token {
            access: format!("{message}.{signature}"),
            scheme: "Bearer",
            expires_in: LIFETIME,
        }
    }

    /// Verifies a token.
    pub(super) fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let id = token::key_id(token)?;
        let key = self.keys.find(id.as_deref()).ok_or(TokenError::UnknownKey)?;
        token::verify(token, key, &self.expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(demo: &Demo, persona: Role) -> String {
        demo.token(&TokenRequest { persona }).access
    }

    #[test]
    fn a_persona_has_its_own_role_and_no_other() {
        let demo = Demo::new("seed").unwrap();
        for persona in Role::ALL {
            let person = demo.verify(&token(&demo, persona)).unwrap().person;
            assert_eq!(person.subject, persona.name());
            assert_eq!(person.roles, [persona].into());
        }
        let owner = demo.verify(&token(&demo, Role::Owner)).unwrap();
        assert_eq!(owner.person.stores, ["*"]);
    }

    #[test]
    fn replicas_accept_only_the_tokens_of_their_own_seed() {
        let demo = Demo::new("seed").unwrap();
        let given = token(&demo, Role::Customer);
        assert!(Demo::new("seed").unwrap().verify(&given).is_ok());
        assert_eq!(
            Demo::new("other").unwrap().verify(&given).unwrap_err(),
            TokenError::Signature
        );
    }
}
