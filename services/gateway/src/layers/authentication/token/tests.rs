//! Valid and invalid tokens, signed with generated keys.

use super::*;
use crate::layers::authentication::keys::KeySet;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::get_current_timestamp;
use serde_json::json;

const ISSUER: &str = "https://id.example.com/realms/shop";
const AUDIENCE: &str = "food-delivery";

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

struct Signer {
    id: &'static str,
    pair: Pair,
}

impl Signer {
    fn rsa(id: &'static str) -> Self {
        let pair = Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
        Self { id, pair }
    }

    fn ec(id: &'static str) -> Self {
        let pair = Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
        Self { id, pair }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => json!({"kty": "RSA", "use": "sig", "kid": self.id,
                "n": text(pair.public_key().modulus().big_endian_without_leading_zero()),
                "e": text(pair.public_key().exponent().big_endian_without_leading_zero())}),
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": self.id,
                    "x": text(&point[1..33]), "y": text(&point[33..])})
            }
        }
    }

    fn signature(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = if algorithm == "PS256" {
                    &RSA_PSS_SHA256
                } else {
                    &RSA_PKCS1_SHA256
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }

    fn token(&self, algorithm: &str, claims: &Value) -> String {
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": self.id});
        signed(&header, claims, |message| self.signature(algorithm, message))
    }
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn expected() -> Expected {
    Expected {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        roles_claim: None,
        clock_skew: 30,
    }
}

fn claims(changed: &Value) -> Value {
    let now = get_current_timestamp();
    let mut claims = json!({"iss": ISSUER, "aud": ["account", AUDIENCE], "sub": "kim", "exp": now + 300, "nbf": now,
        "realm_access": {"roles": ["customer", "offline_access"]}});
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn check(keys: &KeySet, token: &str) -> Result<Person, TokenError> {
    let id = key_id(token)?;
    let key = keys.find(id.as_deref()).ok_or(TokenError::UnknownKey)?;
    verify(token, key, &expected()).map(|verified| verified.person)
}

fn set(signers: &[&Signer]) -> KeySet {
    KeySet::read(&json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}))
}

#[test]
fn a_good_token_speaks_for_its_subject_whatever_the_kind_of_its_key() {
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let keys = set(&[&rsa, &ec]);
    for token in [
        rsa.token("RS256", &claims(&json!({}))),
        rsa.token("PS256", &claims(&json!({}))),
        ec.token("ES256", &claims(&json!({}))),
    ] {
        let person = check(&keys, &token).unwrap();
        assert_eq!(
            (person.subject.as_str(), person.roles),
            ("kim", [Role::Customer].into())
        );
    }
}

#[test]
fn a_token_that_says_the_wrong_thing_is_refused_with_the_reason() {
    let signer = Signer::ec("ec");
    let keys = set(&[&signer]);
    let now = get_current_timestamp();
    for (changed, reason) in [
        (
            json!({"iss": "https://id.example.com/realms/shop/"}),
            TokenError::Issuer,
        ),
        (json!({"aud": "account"}), TokenError::Audience),
        (json!({"aud": []}), TokenError::Audience),
        (json!({"exp": now - 31}), TokenError::Expired),
        (json!({"nbf": now + 60}), TokenError::TooEarly),
        (json!({"sub": null}), TokenError::Claims),
        (json!({"sub": ""}), TokenError::Claims),
        (json!({"aud": null}), TokenError::Claims),
        (json!({"iss": null}), TokenError::Claims),
        (json!({"exp": null}), TokenError::Claims),
        (json!({"exp": "soon"}), TokenError::Claims),
    ] {
        let token = signer.token("ES256", &claims(&changed));
        assert_eq!(check(&keys, &token), Err(reason), "{changed}");
    }
    let recent = signer.token("ES256", &claims(&json!({"exp": now - 20, "nbf": now + 20})));
    assert!(check(&keys, &recent).is_ok(), "clocks may be a little apart");
}

#[test]
fn a_forged_token_is_refused() {
    let (signer, thief) = (Signer::rsa("key"), Signer::rsa("key"));
    let keys = set(&[&signer]);
    let forged = thief.token("RS256", &claims(&json!({"realm_access": {"roles": ["admin"]}})));
    assert_eq!(check(&keys, &forged), Err(TokenError::Signature));

    let good = signer.token("RS256", &claims(&json!({})));
    let parts: Vec<&str> = good.split('.').collect();
    let other_claims = URL_SAFE_NO_PAD.encode(claims(&json!({"sub": "lee"})).to_string());
    let changed = [parts[0], &other_claims, parts[2]].join(".");
    assert_eq!(check(&keys, &changed), Err(TokenError::Signature));
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    assert_eq!(check(&keys, &unsigned), Err(TokenError::Signature));
}

#[test]
fn a_token_without_a_signature_is_refused_however_it_writes_none() {
    let keys = set(&[&Signer::rsa("key")]);
    for algorithm in ["none", "None", "NONE", "nOnE"] {
        let header = json!({"alg": algorithm, "kid": "key"});
        let token = signed(&header, &claims(&json!({})), |_| Vec::new());
        assert_eq!(check(&keys, &token), Err(TokenError::Algorithm), "{algorithm}");
    }
}

#[test]
fn the_public_key_is_no_secret_to_sign_with() {
    let signer = Signer::rsa("key");
    let keys = set(&[&signer]);
    let Pair::Rsa(pair) = &signer.pair else {
        unreachable!()
    };
    let modulus = pair
        .public_key()
        .modulus()
        .big_endian_without_leading_zero()
        .to_vec();
    for secret in [
        pair.public_key().as_ref(),
        &modulus,
        signer.jwk().to_string().as_bytes(),
    ] {
        let token = signed(
            &json!({"alg": "HS256", "kid": "key"}),
            &claims(&json!({})),
            |message| {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message)
                    .as_ref()
                    .to_vec()
            },
        );
        assert_eq!(check(&keys, &token), Err(TokenError::Algorithm));
    }
}

#[test]
fn a_symmetric_key_or_one_for_encryption_is_not_taken_and_spoils_no_other() {
    let signer = Signer::ec("ec");
    let mut encryption = Signer::rsa("enc").jwk();
    encryption["use"] = json!("enc");
    let keys = KeySet::read(&json!({"keys": [
        {"kty": "oct", "kid": "oct", "alg": "HS256", "k": "c2VjcmV0"},
        encryption,
        {"kty": "EC", "crv": "secp256k1", "kid": "odd", "x": "AA", "y": "AA"},
        {"kty": "from the future", "kid": "new"},
        signer.jwk(),
    ]}));
    for id in ["oct", "enc", "odd", "new"] {
        assert!(keys.find(Some(id)).is_none(), "{id}");
    }
    assert!(check(&keys, &signer.token("ES256", &claims(&json!({})))).is_ok());
}

#[test]
fn a_key_is_good_for_its_own_algorithm_only() {
    let signer = Signer::rsa("key");
    let mut jwk = signer.jwk();
    jwk["alg"] = json!("RS256");
    let keys = KeySet::read(&json!({"keys": [jwk]}));
    assert!(check(&keys, &signer.token("RS256", &claims(&json!({})))).is_ok());
    let other = signer.token("PS256", &claims(&json!({})));
    assert_eq!(check(&keys, &other), Err(TokenError::Algorithm));
}

#[test]
fn a_token_of_another_issuer_with_a_key_of_its_own_is_unknown() {
    let (ours, theirs) = (Signer::ec("ours"), Signer::ec("theirs"));
    let token = theirs.token("ES256", &claims(&json!({})));
    assert_eq!(check(&set(&[&ours]), &token), Err(TokenError::UnknownKey));
}

#[test]
fn what_is_no_token_is_malformed() {
    let keys = set(&[&Signer::ec("ec")]);
    for text in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "e30.e30.",
        "....",
        "\u{0}.\u{0}.\u{0}",
    ] {
        assert_eq!(check(&keys, text), Err(TokenError::Malformed), "{text:?}");
    }
}

#[test]
fn roles_are_found_where_issuers_keep_them() {
    let roles = |changed: Value, claim: Option<&str>| {
        person(claims(&changed).as_object().unwrap().clone(), claim)
            .unwrap()
            .roles
    };
    let owner = BTreeSet::from([Role::Owner]);
    let none = json!(null);
    assert_eq!(
        roles(json!({"realm_access": none, "roles": ["owner"]}), None),
        owner
    );
    assert_eq!(
        roles(
            json!({"realm_access": none, "groups": ["/owner", "/staff"]}),
            None
        ),
        owner
    );
    assert_eq!(
        roles(json!({"realm_access": none, "roles": "owner other"}), None),
        owner
    );
    let nested = json!({"resource_access": {"shop": {"roles": ["owner"]}}});
    assert_eq!(roles(nested, Some("resource_access.shop.roles")), owner);
    let dotted = json!({"https://shop.example/roles": ["owner"]});
    assert_eq!(roles(dotted, Some("https://shop.example/roles")), owner);
    assert_eq!(
        roles(json!({}), Some("not.there")),
        BTreeSet::new(),
        "no second guess"
    );
}

#[test]
fn stores_may_be_numbers_or_words() {
    let stores = |claim: Value| {
        person(
            claims(&json!({"stores": claim})).as_object().unwrap().clone(),
            None,
        )
        .unwrap()
        .stores
    };
    assert_eq!(stores(json!([1, "2"])), ["1", "2"]);
    assert_eq!(stores(json!("1, 2")), ["1", "2"]);
    assert_eq!(stores(json!(1)), ["1"]);
    assert!(stores(json!(null)).is_empty());
}

#[test]
fn a_subject_that_could_be_a_guest_is_refused() {
    let signer = Signer::ec("ec");
    let keys = set(&[&signer]);
    let by = |subject: &str| check(&keys, &signer.token("ES256", &claims(&json!({"sub": subject}))));
    assert_eq!(by("guest-0123456789abcdef").unwrap_err(), TokenError::Guest);
    assert_eq!(
        by("guest-42").unwrap().subject,
        "guest-42",
        "no guest has such an id"
    );
}

#[test]
fn a_token_counts_until_its_end_and_the_skew_of_the_clocks() {
    let signer = Signer::ec("ec");
    let keys = set(&[&signer]);
    let until = |ends: Value| {
        let token = signer.token("ES256", &claims(&json!({"exp": ends})));
        verify(&token, keys.find(Some("ec")).unwrap(), &expected())
            .unwrap()
            .expires
    };
    let ends = get_current_timestamp() + 300;
    assert_eq!(until(json!(ends)), Duration::from_secs(ends + 30));
    assert!(until(json!(1e15)) > Duration::from_secs(ends));
}
