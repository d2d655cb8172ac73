//! Tests sign-in at the gateway with the tokens of a real Keycloak.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fdp_test_keycloak::{Keycloak, mirror};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use fdp_test_services::{Answer, Client};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the issuer is suspended.
const AWAY: Duration = Duration::from_mins(1);
/// The users who send requests during key rotation, each request with a new token.
const ASKERS: [&str; 4] = ["kim", "lee", "kim", "lee"];
/// How many requests each of them sends in each state of the keys.
const ROUNDS: usize = 10;

struct World {
    keycloak: Keycloak,
    gateway: Client,
    _process: Process,
}

impl World {
    fn start(directory: &Path) -> Self {
        let keycloak = Keycloak::start(directory).unwrap();
        let port = fdp_ports::free().unwrap();
        let service = format!("http://127.0.0.1:{}", mirror::start().unwrap());
        let mut command = process::command(fdp_checkout::programs().join("gateway"), None);
        command
            .env("PORT", port.to_string())
            .env("MANAGEMENT_PORT", "0")
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("AUTH_PROVIDER", "OIDC")
            .env("OIDC_ISSUER", keycloak.issuer())
            .env("OIDC_AUDIENCE", "food-delivery")
            .env("OIDC_REFRESH_SECONDS", "2")
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
        wait::until("the gateway to be ready", TIMEOUT, || {
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

    /// Polls until a request with `token` gets the status `expected`, and calls `meanwhile` each time.
    fn until(&self, expected: u16, token: &str, meanwhile: impl Fn()) {
        wait::until(&format!("{expected}"), TIMEOUT, || {
            meanwhile();
            let answer = self.ask("GET", "/orders", token);
            answer.expect(expected).map(Some)
        })
        .unwrap();
    }
}

#[test]
fn a_real_keycloak_vouches_for_people() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::start(directory.path());
    each_role_does_its_own_business(&world);
    a_service_learns_the_subject_and_the_stores(&world);
    a_token_for_another_audience_is_refused(&world);
    a_token_expires(&world);
    a_token_that_nobody_signed_is_refused(&world);
    keys_turn_while_traffic_flows(&world);
    the_issuer_is_away_for_a_minute(&mut world);
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
    let asked = ASKERS.map(|_| AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over = Over(&over);
        for (user, asked) in ASKERS.iter().zip(&asked) {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = world.ask("GET", "/orders", &world.token(user));
                    assert_eq!(answer.status, 200, "a fresh token of {user}: {answer:?}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        turn_keys(world, || everybody_asks(&asked));
    });
}

/// Stops the requests when it is dropped, also when a test fails, because the failing thread waits for the others.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until each user has sent some more successful requests.
fn everybody_asks(asked: &[AtomicUsize]) {
    let now = || asked.iter().map(|asked| asked.load(Ordering::Relaxed));
    let before: Vec<usize> = now().collect();
    wait::until("every asker to be let in again and again", 2 * TIMEOUT, || {
        let all = now().zip(&before).all(|(now, before)| now >= before + ROUNDS);
        Ok(all.then_some(()))
    })
    .unwrap();
}

fn turn_keys(world: &World, everybody_asks: impl Fn()) {
    let by_old = world.token("kim");
    everybody_asks();
    world.keycloak.add_key().unwrap();
    let by_new = world.token("kim");
    assert_ne!(
        by_old.split('.').next(),
        by_new.split('.').next(),
        "Keycloak signs with the new key"
    );
    everybody_asks();
    assert_eq!(world.status(&by_new), 200);
    assert_eq!(world.status(&by_old), 200, "the old key is still published");
    // No request uses a token of the old key any more.
    world.keycloak.remove_first_key().unwrap();
    world.until(401, &by_old, || {});
    everybody_asks();
    for _ in 0..ROUNDS {
        assert_eq!(
            world.status(&by_old),
            401,
            "the old key is gone, and its tokens with it"
        );
    }
    let refused = world.ask("GET", "/orders", &by_old);
    assert_eq!(refused.body["type"], "urn:fooddelivery:problem:token-unknown-key");
    assert_eq!(world.status(&by_new), 200);
}

fn the_issuer_is_away_for_a_minute(world: &mut World) {
    let token = world.token("kim");
    assert_eq!(world.status(&token), 200);
    world.keycloak.process().signal(Signal::SIGSTOP).unwrap();
    let gone = Instant::now();
    let good_tokens_are_good = || {
        while gone.elapsed() < AWAY {
            assert_eq!(world.status(&token), 200, "the keys are still known");
            // Each request is a new connection, and the number of ports is limited.
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    std::thread::scope(|scope| {
        for _ in ASKERS {
            scope.spawn(good_tokens_are_good);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let unknown = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"never seen"}"#);
        let unknown = [&unknown, parts[1], parts[2]].join(".");
        let answer = world.ask("GET", "/orders", &unknown).expect_problem(503).unwrap();
        assert_eq!(answer.body["type"], "urn:fooddelivery:problem:issuer-away");
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(
            world.gateway.get("/").unwrap().status,
            200,
            "the pages need no issuer"
        );
    });
    world.keycloak.process().signal(Signal::SIGCONT).unwrap();
    let fresh = world.token("kim");
    assert_eq!(world.status(&fresh), 200, "it is back");
    assert_eq!(world.status(&token), 200);
}
