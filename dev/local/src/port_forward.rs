//! A connection to a pod through the API server, as `kubectl port-forward` makes it, which no network policy blocks.

use crate::failure::{Failure, Result};
use crate::kubectl::Kubectl;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

/// An open port-forward, which ends when this value is dropped.
#[derive(Debug)]
pub struct PortForward {
    address: String,
    process: Child,
    /// Kept open as long as the process: a Go program ends when it writes to a closed pipe.
    _output: Option<BufReader<ChildStdout>>,
}

impl PortForward {
    /// Opens a port-forward to `port` of `target`, such as `service/shop-gateway`.
    ///
    /// # Errors
    /// When kubectl cannot open it.
    pub fn open(kubectl: &Kubectl, namespace: &str, target: &str, port: u16) -> Result<Self> {
        let doing = || format!("kubectl port-forward {target}");
        let mut process = kubectl
            .command()
            .args([
                "port-forward",
                "--namespace",
                namespace,
                target,
                &format!(":{port}"),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::Start {
                program: doing(),
                source,
            })?;
        let mut output = process.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(output) = &mut output {
            // It prints the address at which it listens, or ends without output.
            let _ = output.read_line(&mut line);
        }
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("127.0.0.1:"));
        let forward = Self {
            address: format!("http://{}", address.unwrap_or_default()),
            process,
            _output: output,
        };
        if address.is_none() {
            return Err(Failure::Command {
                doing: doing(),
                output: line,
            });
        }
        Ok(forward)
    }

    /// The local address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for PortForward {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
