//! A way into a pod through the API server, as `kubectl port-forward` opens it: no network policy stands in it.

use crate::failure::{Failure, Result};
use crate::kubectl::Kubectl;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

/// An open way, which closes with this value.
#[derive(Debug)]
pub struct PortForward {
    address: String,
    process: Child,
    /// Open as long as the process: a Go program ends when it writes where nobody reads.
    _output: Option<BufReader<ChildStdout>>,
}

impl PortForward {
    /// A way to `port` of `target`, such as `service/shop-gateway`.
    ///
    /// # Errors
    /// When kubectl finds no way.
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
            // It says where it listens, or ends without a word.
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

    /// Where it begins, such as `http://127.0.0.1:40123`.
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
