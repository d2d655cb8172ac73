//! An issuer of tokens that can rotate its keys and stop.

use super::serve_at;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::layers::authentication::IssuerSettings;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) const AUDIENCE: &str = "food-delivery";

/// One of an issuer's keys.
pub(crate) struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(crate) fn new(id: &str) -> Arc<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Arc::new(Self {
            id: id.to_owned(),
            pair,
        })
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])})
    }

    fn sign(&self, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({"alg": "ES256", "kid": self.id});
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) address: SocketAddr,
    keys: Arc<Mutex<Vec<Arc<Key>>>>,
    lookups: Arc<AtomicUsize>,
    responded: Arc<Mutex<Option<Instant>>>,
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Issuer {
    /// An issuer with these keys; it responds once it is [served](Self::serve).
    pub(crate) fn new(keys: &[&Arc<Key>]) -> Self {
        Self {
            address: super::free_address(),
            keys: Arc::new(Mutex::new(keys.iter().map(|key| Arc::clone(key)).collect())),
            lookups: Arc::default(),
            responded: Arc::default(),
        }
    }

    pub(crate) async fn serve(&self) -> super::Server {
        let discovery = async |State(issuer): State<Self>| {
            Json(json!({"issuer": issuer.name(), "jwks_uri": format!("{}/keys", issuer.name())}))
        };
        let keys = async |State(issuer): State<Self>| {
            issuer.lookups.fetch_add(1, Ordering::SeqCst);
            *issuer.responded.lock().unwrap() = Some(Instant::now());
            let keys = issuer.keys.lock().unwrap();
            Json(json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}))
        };
        let routes = Router::new()
            .route("/realm/.well-known/openid-configuration", get(discovery))
            .route("/realm/keys", get(keys))
            .with_state(self.clone());
        serve_at(self.address, routes).await
    }

    fn name(&self) -> String {
        format!("http://{}/realm", self.address)
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&self, keys: &[&Arc<Key>]) {
        *self.keys.lock().unwrap() = keys.iter().map(|key| Arc::clone(key)).collect();
    }

    /// How often the keys were requested.
    pub(crate) fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }

    /// The time since it last served its keys.
    pub(crate) fn silent_for(&self) -> Duration {
        self.responded
            .lock()
            .unwrap()
            .map_or(Duration::ZERO, |at| at.elapsed())
    }

    /// A token with one role, signed with `key`.
    pub(crate) fn token(&self, key: &Key, subject: &str, role: &str) -> String {
        self.token_until(key, subject, role, now() + 300)
    }

    /// The same, valid until `ends`, in seconds since 1970.
    pub(crate) fn token_until(&self, key: &Key, subject: &str, role: &str, ends: u64) -> String {
        key.sign(
            &json!({"iss": self.name(), "aud": AUDIENCE, "sub": subject, "exp": ends,
            "roles": [role], "stores": ["1"]}),
        )
    }

    /// The gateway's settings for this issuer, with short times.
    pub(crate) fn settings(&self) -> IssuerSettings {
        IssuerSettings {
            refresh: Duration::from_millis(200),
            pause: Duration::from_millis(50),
            ..IssuerSettings::new(self.name(), AUDIENCE.to_owned())
        }
    }
}
