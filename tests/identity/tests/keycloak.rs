//! Sign-in with the tokens of a real Keycloak.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fdp_identity::{Keycloak, mirror};
use fdp_saga::process::{self, Process};
use fdp_saga::{Answer, Client, ports, wait};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
/// How long the gateway trusts keys while the issuer is away; ten minutes in earnest.
const KEEP: Duration = Duration::from_secs(8);

struct World {
    keycloak: Keycloak,
    gateway: Client,
    _process: Process,
}

impl World {
    fn start(directory: &Path) -> Self {
        let keycloak = Keycloak::start(directory).unwrap();
        let port = ports::free().unwrap();
        let service = format!("http://127.0.0.1:{}", mirror::start().unwrap());
        let running = std::env::current_exe().unwrap();
        let mut command = process::command(running.ancestors().nth(2).unwrap().join("gateway"), None);
        command
            .env("PORT", port.to_string())
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("AUTH_PROVIDER", "OIDC")
            .env("OIDC_ISSUER", keycloak.issuer())
            .env("OIDC_AUDIENCE", "food-delivery")
            .env("OIDC_REFRESH_SECONDS", "2")
            .env("OIDC_KEEP_KEYS_SECONDS", KEEP.as_secs().to_string())
            .env("RATE_LIMIT_PER_SECOND", "0")
            .env("CLOCK_SKEW", "0");
        for name in [
            "ORDER",
            "PAY",
            "STORE",
            "DELIVERY",
            "INVENTORY",
            "CUSTOMER",
            "MARKETING",
            "FRONTEND",
        ] {
            command.env(format!("{name}_URL"), &service);
        }
        let process = Process::start("gateway", command, &directory.join("gateway.log")).unwrap();
        let gateway = Client::new(port);
        wait::until("the gateway to be ready", PATIENCE, || {
            gateway.get("/readyz")?.expect(200)?;
            Ok(Some(()))
        })
        .unwrap();
        Self {
            keycloak,
            gateway,
            _process: process,
        }
    }

    fn ask(&self, method: &str, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.gateway
            .send(method, path, &[("authorization", &bearer)], None)
            .unwrap()
    }

    fn status(&self, token: &str) -> u16 {
        self.ask("GET", "/orders", token).status
    }

    fn token(&self, user: &str) -> String {
        self.keycloak.token("shop", user).unwrap()
    }

    /// Waits until `token` is answered so, while `meanwhile` holds.
    fn until(&self, expected: u16, token: &str, meanwhile: impl Fn()) {
        wait::until(&format!("{expected}"), PATIENCE, || {
            meanwhile();
            let answer = self.ask("GET", "/orders", token);
            answer.expect(expected).map(Some)
        })
        .unwrap();
    }
}

#[test]
#[ignore = "needs Java, Maven and a minute: tests/run does it"]
fn a_real_keycloak_vouches_for_people() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::start(directory.path());
    each_role_does_its_own_business(&world);
    a_service_learns_the_subject_and_the_stores(&world);
    a_token_for_another_audience_is_refused(&world);
    a_token_expires(&world);
    a_token_that_nobody_signed_is_refused(&world);
    keys_turn_while_traffic_flows(&world);
    the_issuer_is_away_for_a_while(&mut world);
}

fn each_role_does_its_own_business(world: &World) {
    let tokens = ["kim", "choi", "park", "jung", "nobody"].map(|user| world.token(user));
    for (method, path, expected) in [
        ("POST", "/orders", [200, 403, 403, 200, 403]),
        ("GET", "/stores/1/tickets", [403, 200, 403, 200, 403]),
        ("POST", "/deliveries/ord_1/start", [403, 403, 200, 200, 403]),
        ("GET", "/stores", [200, 200, 200, 200, 403]),
    ] {
        let statuses = tokens
            .each_ref()
            .map(|token| world.ask(method, path, token).status);
        assert_eq!(
            statuses, expected,
            "{method} {path} by customer, owner, rider, admin, nobody"
        );
    }
}

fn a_service_learns_the_subject_and_the_stores(world: &World) {
    let caller = |user: &str| -> Value {
        let answer = world.ask("GET", "/stores", &world.token(user));
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(answer.text("caller").unwrap()).unwrap()).unwrap()
    };
    let (kim, lee, choi) = (caller("kim"), caller("lee"), caller("choi"));
    assert_eq!(kim["roles"], json!(["customer"]));
    assert!(
        kim["subject"].is_string() && kim["subject"] != lee["subject"],
        "{kim} {lee}"
    );
    assert_eq!(
        (&choi["roles"], &choi["stores"]),
        (&json!(["owner"]), &json!(["1", "7"]))
    );
}

fn a_token_for_another_audience_is_refused(world: &World) {
    let token = world.keycloak.token("elsewhere", "kim").unwrap();
    let answer = world.ask("GET", "/orders", &token).expect_problem(401).unwrap();
    assert_eq!(answer.body["type"], "urn:fooddelivery:problem:token-audience");
    assert!(
        answer.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("invalid_token")
    );
}

fn a_token_expires(world: &World) {
    let token = world.keycloak.token("quick", "kim").unwrap();
    assert_eq!(world.status(&token), 200);
    world.until(401, &token, || {});
    let answer = world.ask("GET", "/orders", &token);
    assert_eq!(answer.body["type"], "urn:fooddelivery:problem:token-expired");
}

fn a_token_that_nobody_signed_is_refused(world: &World) {
    let token = world.token("kim");
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["realm_access"]["roles"] = json!(["admin"]);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let forged = [parts[0], &claims, parts[2]].join(".");
    let answer = world.ask("GET", "/orders", &forged).expect_problem(401).unwrap();
    assert_eq!(answer.body["type"], "urn:fooddelivery:problem:token-signature");

    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let answer = world
        .ask("GET", "/orders", &format!("{none}.{claims}."))
        .expect_problem(401)
        .unwrap();
    assert_eq!(answer.body["type"], "urn:fooddelivery:problem:token-algorithm");
    assert_eq!(world.status(&token), 200, "the true one is as good as before");
}

fn keys_turn_while_traffic_flows(world: &World) {
    let by_old = world.token("kim");
    let good = |what: &str| {
        let fresh = world.token("kim");
        assert_eq!(world.status(&fresh), 200, "a fresh token, {what}");
        fresh
    };
    good("before");
    world.keycloak.add_key().unwrap();
    let by_new = good("at once after the key was made");
    assert_ne!(
        by_old.split('.').next(),
        by_new.split('.').next(),
        "Keycloak signs with the new key"
    );
    for _ in 0..10 {
        good("while there are two keys");
        assert_eq!(world.status(&by_old), 200, "the old key is still published");
    }
    world.keycloak.remove_first_key().unwrap();
    world.until(401, &by_old, || {
        good("while the old key goes");
    });
    for _ in 0..10 {
        good("after the old key is gone");
        assert_eq!(world.status(&by_old), 401, "and its tokens with it");
    }
    let refused = world.ask("GET", "/orders", &by_old);
    assert_eq!(refused.body["type"], "urn:fooddelivery:problem:token-unknown-key");
}

fn the_issuer_is_away_for_a_while(world: &mut World) {
    let token = world.token("kim");
    assert_eq!(world.status(&token), 200);
    world.keycloak.process().signal(Signal::SIGSTOP).unwrap();
    let gone = Instant::now();
    while gone.elapsed() < KEEP / 2 {
        assert_eq!(world.status(&token), 200, "the keys are still known");
    }
    world.until(503, &token, || {});
    let answer = world.ask("GET", "/orders", &token).expect_problem(503).unwrap();
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(
        world.gateway.get("/").unwrap().status,
        200,
        "the pages need no issuer"
    );
    world.keycloak.process().signal(Signal::SIGCONT).unwrap();
    world.until(200, &token, || {});
}
