//! Debian's image registry on a loopback port, which accepts the password that moto returns.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::tools;

const START: Duration = Duration::from_secs(30);
const USER: &str = "AWS";
/// Moto's response to `GetAuthorizationToken`.
const PASSWORD: &str = "123456789012-auth-token";
/// The password, hashed with bcrypt.
const ACCOUNTS: &str = "AWS:$2b$05$abcdefghijklmnopqrstuu/4ofrUS75HrKu6f.iuRo0I/XlrmpqlC\n";

pub(crate) struct Registry {
    process: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        Self::with_accounts(ACCOUNTS).await
    }

    /// A registry that does not accept moto's password.
    pub(crate) async fn for_others() -> Self {
        Self::with_accounts(&ACCOUNTS.replace(USER, "SOMEBODY")).await
    }

    async fn with_accounts(accounts: &str) -> Self {
        let program = tools::registry();
        let directory = tempfile::tempdir().unwrap();
        let port = fdp_ports::free().unwrap();
        let file = directory.path().join("accounts");
        fs::write(&file, accounts).unwrap();
        let configuration = directory.path().join("configuration.yaml");
        let text = serde_json::json!({
            "version": "0.1",
            "log": { "level": "warn" },
            "storage": { "filesystem": { "rootdirectory": directory.path().join("images") } },
            "http": { "addr": format!("127.0.0.1:{port}") },
            "auth": { "htpasswd": { "realm": "images", "path": file } },
        });
        fs::write(&configuration, text.to_string()).unwrap();
        let process = Command::new(program)
            .arg("serve")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self {
            process,
            port,
            _directory: directory,
        };
        let deadline = Instant::now() + START;
        while reqwest::get(registry.url("")).await.is_err() {
            assert!(Instant::now() < deadline, "the registry does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        registry
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/v2/{path}", self.address())
    }

    /// Whether an image can be pulled: `shop/order`, by tag or digest.
    pub(crate) async fn has(&self, repository: &str, reference: &str) -> bool {
        let answer = self.get(&format!("{repository}/manifests/{reference}")).await;
        answer.status().is_success()
    }

    /// The tags of a repository.
    pub(crate) async fn tags(&self, repository: &str) -> Vec<String> {
        let answer = self.get(&format!("{repository}/tags/list")).await;
        if !answer.status().is_success() {
            return Vec::new();
        }
        let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let tags = answer["tags"].as_array().into_iter().flatten();
        tags.map(|tag| tag.as_str().unwrap().to_owned()).collect()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::Client::new()
            .get(self.url(path))
            .basic_auth(USER, Some(PASSWORD))
            .header("accept", "application/vnd.oci.image.manifest.v1+json")
            .send()
            .await
            .unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
