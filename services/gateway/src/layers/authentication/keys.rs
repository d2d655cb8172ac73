//! The public keys of an issuer, and which algorithms each of them may be used with.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// A key, and the algorithms that it may verify.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) public: DecodingKey,
}

/// The keys that an issuer publishes (RFC 7517), without those that cannot verify a token.
#[derive(Clone, Default)]
pub(super) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a JWK set. A key for another use, or of an unknown kind, is skipped; symmetric keys are never accepted.
    pub(super) fn read(document: &Value) -> Self {
        let keys = document["keys"].as_array().into_iter().flatten();
        Self(keys.filter_map(|key| Key::read(key.clone())).collect())
    }

    /// Whether there is no usable key.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key with that id. Without an id, the only key.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&Key> {
        match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl Key {
    fn read(document: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(document).ok()?;
        let common = &jwk.common;
        let is_for_signatures = common
            .public_key_use
            .as_ref()
            .is_none_or(|its| *its == PublicKeyUse::Signature)
            && common
                .key_operations
                .as_ref()
                .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !is_for_signatures {
            return None;
        }
        let mut algorithms = algorithms_of(&jwk.algorithm);
        if let Some(named) = common.key_algorithm {
            let named = Algorithm::try_from(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        if algorithms.is_empty() {
            return None;
        }
        Some(Self {
            id: jwk.common.key_id.clone(),
            algorithms,
            public: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }
}

/// The algorithms of a kind of key. A public key must never be used as the secret of an HMAC.
fn algorithms_of(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    match parameters {
        AlgorithmParameters::RSA(_) => vec![
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => vec![Algorithm::EdDSA],
            _ => Vec::new(),
        },
        // A symmetric key, or an unknown kind.
        _ => Vec::new(),
    }
}
