//! Queues platforms for reconciliation when something in a cluster changes.

use kube::{
    ResourceExt as _,
    runtime::reflector::{ObjectRef, Store},
};
use tokio::sync::mpsc::UnboundedSender;

use crate::controller::{caches::places::Place, platform::Platform};

/// Where to send the platforms to reconcile.
pub type Sender = UnboundedSender<ObjectRef<Platform>>;

/// Queues the platforms that a change in one cluster affects.
#[derive(Clone)]
pub(super) struct Trigger {
    pub(super) sender: Sender,
    pub(super) scope: Scope,
}

#[derive(Clone)]
pub(super) enum Scope {
    /// All platforms: the cluster holds their resources.
    All(Store<Platform>),
    /// One platform, which has its objects there and its resource in another cluster.
    One(ObjectRef<Platform>),
}

impl Trigger {
    /// Queues one platform, if it is in scope.
    pub(super) fn one(&self, platform: ObjectRef<Platform>) {
        if let Scope::One(own) = &self.scope
            && *own != platform
        {
            return;
        }
        self.send(platform);
    }

    /// Queues the platforms that have their objects in that namespace, if they are in scope; returns whether there are any.
    pub(super) fn namespace(&self, namespace: &str) -> bool {
        match &self.scope {
            Scope::All(platforms) => {
                let platforms = platforms.state();
                let there = platforms
                    .iter()
                    .filter(|platform| platform.namespace().as_deref() == Some(namespace));
                let mut any = false;
                for platform in there {
                    any = true;
                    self.send(ObjectRef::from_obj(&**platform));
                }
                any
            }
            Scope::One(platform) => {
                self.send(platform.clone());
                true
            }
        }
    }

    /// Queues the platforms of a place, if they are in scope.
    pub(super) fn place(&self, place: &Place) {
        match place {
            Place::Everywhere => self.all(),
            Place::Namespace(namespace) => {
                self.namespace(namespace);
            }
        }
    }

    /// Queues every platform in scope.
    pub(super) fn all(&self) {
        match &self.scope {
            Scope::All(platforms) => {
                for platform in platforms.state() {
                    self.send(ObjectRef::from_obj(&*platform));
                }
            }
            Scope::One(platform) => self.send(platform.clone()),
        }
    }

    fn send(&self, platform: ObjectRef<Platform>) {
        // The receiver is gone only when the operator stops.
        let _ = self.sender.send(platform);
    }
}
