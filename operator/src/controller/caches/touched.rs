//! Says which platforms have to be looked at.

use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::mpsc::UnboundedSender;

use crate::controller::caches::Platform;

/// Where to send the platforms that have to be looked at.
pub type Sender = UnboundedSender<ObjectRef<Platform>>;

/// Whom what happens in a cluster concerns.
#[derive(Clone)]
pub(super) struct Touched {
    pub(super) sender: Sender,
    pub(super) whom: Whom,
}

#[derive(Clone)]
pub(super) enum Whom {
    /// The platforms whose resources are there.
    All(Store<Platform>),
    /// The one that has its objects there, while its resource is elsewhere.
    One(ObjectRef<Platform>),
}

impl Touched {
    /// Has one platform looked at, if it is concerned.
    pub(super) fn touch(&self, platform: ObjectRef<Platform>) {
        if let Whom::One(own) = &self.whom
            && *own != platform
        {
            return;
        }
        self.send(platform);
    }

    /// Has every platform looked at that is concerned.
    pub(super) fn touch_all(&self) {
        match &self.whom {
            Whom::All(platforms) => {
                for platform in platforms.state() {
                    self.send(ObjectRef::from_obj(&*platform));
                }
            }
            Whom::One(platform) => self.send(platform.clone()),
        }
    }

    fn send(&self, platform: ObjectRef<Platform>) {
        // Nobody listens any more only when the operator ends.
        let _ = self.sender.send(platform);
    }
}
