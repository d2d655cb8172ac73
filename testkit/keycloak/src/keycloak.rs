//! A running Keycloak, with functions to get tokens and to change its keys.

use crate::distribution;
use anyhow::{Context, Result, bail, ensure};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use ureq::Agent;

const REALM: &str = include_str!("../realm.json");
const START: Duration = Duration::from_mins(2);
const ADMINISTRATOR: &str = "administrator";

/// A Keycloak with the realm of `realm.json`. It ends when it is dropped.
pub struct Keycloak {
    process: Process,
    agent: Agent,
    base: String,
}

impl Keycloak {
    /// Starts it, with its log in `directory`, and creates the realm.
    ///
    /// # Errors
    /// When it cannot be downloaded, does not start, or rejects the realm.
    pub fn start(directory: &Path) -> Result<Self> {
        let home = distribution::home()?;
        let port = fdp_ports::free()?;
        // Its script finally executes Java, so that signals reach the server itself.
        let mut command = process::command("bash", None);
        command
            .arg(home.join("bin/kc.sh"))
            .args([
                "start-dev",
                "--db=dev-mem",
                "--cache=local",
                "--http-host=127.0.0.1",
            ])
            .arg(format!("--http-port={port}"))
            .arg(format!("--http-management-port={}", fdp_ports::free()?))
            .env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMINISTRATOR)
            .env("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMINISTRATOR)
            .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m");
        let process = Process::start("keycloak", command, &directory.join("keycloak.log"))?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let mut keycloak = Self {
            process,
            agent,
            base: format!("http://127.0.0.1:{port}"),
        };
        wait::until("Keycloak to answer", START, || {
            if let Err(ended) = keycloak.process.still_runs() {
                return Ok(Some(Err(ended)));
            }
            keycloak.administration_token()?;
            Ok(Some(Ok(())))
        })??;
        keycloak.administrate("POST", "/admin/realms", Some(&serde_json::from_str(REALM)?))?;
        Ok(keycloak)
    }

    /// The process, to stop or suspend it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// The issuer of the realm's tokens.
    pub fn issuer(&self) -> String {
        format!("{}/realms/food-delivery", self.base)
    }

    /// A new token of `user` for `client`.
    ///
    /// # Errors
    /// When Keycloak rejects the request.
    pub fn token(&self, client: &str, user: &str) -> Result<String> {
        self.grant(&self.issuer(), client, user, &format!("{user}-password"))
    }

    fn administration_token(&self) -> Result<String> {
        let issuer = format!("{}/realms/master", self.base);
        self.grant(&issuer, "admin-cli", ADMINISTRATOR, ADMINISTRATOR)
    }

    fn grant(&self, issuer: &str, client: &str, user: &str, password: &str) -> Result<String> {
        let form = [
            ("grant_type", "password"),
            ("client_id", client),
            ("username", user),
            ("password", password),
        ];
        let url = format!("{issuer}/protocol/openid-connect/token");
        let mut answer = self.agent.post(&url).send_form(form)?;
        let body: Value = answer.body_mut().read_json()?;
        let token = body["access_token"].as_str();
        Ok(token
            .with_context(|| format!("no token for {user}: {body}"))?
            .to_owned())
    }

    fn administrate(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(
                "authorization",
                format!("Bearer {}", self.administration_token()?),
            )
            .header("content-type", "application/json");
        let mut answer = match body {
            Some(body) => self.agent.run(request.body(body.to_string())?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = answer.body_mut().read_to_string()?;
        ensure!(
            answer.status().is_success(),
            "{method} {path} was answered {}: {text}",
            answer.status()
        );
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Creates a new key, with which Keycloak signs from now on.
    ///
    /// # Errors
    /// When Keycloak rejects it.
    pub fn add_key(&self) -> Result<()> {
        let realm = self.administrate("GET", "/admin/realms/food-delivery", None)?;
        let key = json!({
            "name": "newer", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm["id"],
            "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"],
                "keySize": ["2048"]},
        });
        self.administrate("POST", "/admin/realms/food-delivery/components", Some(&key))?;
        Ok(())
    }

    /// Deletes the key that was created with the realm.
    ///
    /// # Errors
    /// When there is none.
    pub fn remove_first_key(&self) -> Result<()> {
        let path = "/admin/realms/food-delivery/components";
        let keys = self.administrate("GET", &format!("{path}?type=org.keycloak.keys.KeyProvider"), None)?;
        let is_first = |key: &&Value| key["providerId"] == "rsa-generated" && key["name"] != "newer";
        let Some(id) = keys
            .as_array()
            .into_iter()
            .flatten()
            .find(is_first)
            .map(|key| &key["id"])
        else {
            bail!("there is no first key: {keys}");
        };
        let id = id.as_str().context("a key without an id")?;
        self.administrate("DELETE", &format!("{path}/{id}"), None)?;
        Ok(())
    }
}
