//! Runs moto, a mock server for AWS, on a loopback port.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const VERSION: &str = "5.2.5";
const START: Duration = Duration::from_mins(1);

pub struct Moto {
    process: Child,
    port: u16,
}

impl Moto {
    /// Starts a server and waits until it responds.
    pub async fn start() -> Self {
        let environment =
            fdp_images::python_tool(&fdp_checkout::cache(), "moto[server]", VERSION, &mut |line| {
                eprintln!("{line}");
            })
            .unwrap();
        // It does not report which port it chose, so the port is chosen here.
        let port = fdp_ports::free().unwrap();
        let process = Command::new(environment.join("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            // Without this, the managed policies that roles use do not exist.
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self { process, port };
        let deadline = Instant::now() + START;
        while reqwest::get(moto.endpoint()).await.is_err() {
            assert!(Instant::now() < deadline, "moto does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        moto
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The number of repositories.
    pub async fn repositories(&self) -> usize {
        let answer = reqwest::Client::new()
            .post(self.endpoint())
            .header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories")
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=anybody/20260101/eu-central-1/ecr/aws4_request, SignedHeaders=host, Signature=none")
            .body("{}")
            .send()
            .await
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        answer["repositories"].as_array().unwrap().len()
    }

    /// Deletes all resources.
    pub async fn reset(&self) {
        let answer = reqwest::Client::new()
            .post(format!("{}/moto-api/reset", self.endpoint()))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success());
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
