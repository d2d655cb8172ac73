//! Finds a working address of a platform's gateway, with a port-forward if its own address cannot be reached from
//! this machine.

use crate::failure::Result;
use crate::install::{NAMESPACE, PLATFORM};
use crate::kubectl::Kubectl;
use crate::port_forward::PortForward;
use crate::shop::Shop;

/// The shop, and the connection to it.
pub struct Reach {
    /// The shop at an address that can be reached from this machine.
    pub shop: Shop,
    forward: Option<PortForward>,
}

impl Reach {
    /// Uses the platform's own address if it responds, and otherwise a port-forward of kubectl.
    ///
    /// # Errors
    /// When neither works.
    pub fn find(kubectl: &Kubectl, address: &str) -> Result<Self> {
        let shop = Shop::at(address);
        if address.starts_with("http") && shop.get("/healthz").and_then(|answer| answer.expect(200)).is_ok() {
            return Ok(Self { shop, forward: None });
        }
        let service = format!("service/{PLATFORM}-gateway");
        let forward = PortForward::open(kubectl, NAMESPACE, &service, 8080)?;
        Ok(Self {
            shop: Shop::at(forward.address()),
            forward: Some(forward),
        })
    }

    /// Whether this is a port-forward, which ends when this value is dropped.
    pub fn is_forwarded(&self) -> bool {
        self.forward.is_some()
    }
}
