//! A way to a platform's gateway from this machine, also where its address leads nowhere from here.

use crate::failure::Result;
use crate::install::{NAMESPACE, PLATFORM};
use crate::kubectl::Kubectl;
use crate::port_forward::PortForward;
use crate::shop::Shop;

/// The shop, and what keeps the way to it open.
pub struct Reach {
    /// The shop at an address that answers from here.
    pub shop: Shop,
    forward: Option<PortForward>,
}

impl Reach {
    /// Goes by the platform's own address if that answers, and otherwise through kubectl's port-forward.
    ///
    /// # Errors
    /// When there is no way.
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

    /// Whether the way is a port-forward, which ends with this value.
    pub fn is_forwarded(&self) -> bool {
        self.forward.is_some()
    }
}
