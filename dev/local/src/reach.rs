//! A way to a platform's gateway from this machine, also where its address leads nowhere from here.

use crate::failure::{Failure, Result};
use crate::install::{NAMESPACE, PLATFORM};
use crate::kubectl::Kubectl;
use crate::shop::Shop;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

/// The shop, and what keeps the way to it open.
pub struct Reach {
    /// The shop at an address that answers from here.
    pub shop: Shop,
    forward: Option<Child>,
    /// Open as long as the port-forward: a Go program ends when it writes where nobody reads.
    _output: Option<BufReader<ChildStdout>>,
}

impl Reach {
    /// Goes by the platform's own address if that answers, and otherwise through kubectl's port-forward.
    ///
    /// # Errors
    /// When there is no way.
    pub fn find(kubectl: &Kubectl, address: &str) -> Result<Self> {
        let shop = Shop::at(address);
        if address.starts_with("http") && shop.get("/healthz").and_then(|answer| answer.expect(200)).is_ok() {
            return Ok(Self {
                shop,
                forward: None,
                _output: None,
            });
        }
        Self::through_a_port_forward(kubectl)
    }

    /// Whether the way is a port-forward, which ends with this value.
    pub fn is_forwarded(&self) -> bool {
        self.forward.is_some()
    }

    fn through_a_port_forward(kubectl: &Kubectl) -> Result<Self> {
        let service = format!("service/{PLATFORM}-gateway");
        let doing = || format!("kubectl port-forward {service}");
        let mut forward = kubectl
            .command()
            .args(["port-forward", "--namespace", NAMESPACE, &service, ":8080"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::Start {
                program: doing(),
                source,
            })?;
        let mut output = forward.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(output) = &mut output {
            // It says where it listens, or ends without a word.
            let _ = output.read_line(&mut line);
        }
        let Some(address) = line
            .split_whitespace()
            .find(|word| word.starts_with("127.0.0.1:"))
        else {
            let _ = forward.kill();
            let _ = forward.wait();
            return Err(Failure::Command {
                doing: doing(),
                output: line,
            });
        };
        let shop = Shop::at(&format!("http://{address}"));
        Ok(Self {
            shop,
            forward: Some(forward),
            _output: output,
        })
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        if let Some(forward) = &mut self.forward {
            let _ = forward.kill();
            let _ = forward.wait();
        }
    }
}
