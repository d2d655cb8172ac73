//! A platform as the watches deliver it, and the key that identifies it.

use std::fmt;

use fdp_crds::FoodDeliveryPlatform;
use kube::{Resource, core::DeserializeGuard, runtime::reflector::ObjectRef};

use crate::kubernetes::names;

/// A platform, or only its metadata if it cannot be read: one broken resource must not hide the others.
pub type Platform = DeserializeGuard<FoodDeliveryPlatform>;

/// Namespace and name of a platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformKey {
    pub namespace: String,
    pub name: String,
}

impl PlatformKey {
    /// The key of the platform with that name in that namespace.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The key of a platform.
    pub fn of(platform: &Platform) -> Self {
        Self::of_reference(&ObjectRef::from_obj(platform))
    }

    /// The key of the platform that a reference names.
    pub fn of_reference<K: Resource>(reference: &ObjectRef<K>) -> Self {
        Self::new(reference.namespace.clone().unwrap_or_default(), &reference.name)
    }

    /// The key of the platform that an object belongs to, by its label; `None` if it has no such label.
    pub fn of_object<K: Resource>(object: &K) -> Option<Self> {
        let name = object.meta().labels.as_ref()?.get(names::PLATFORM_LABEL)?;
        Some(Self::new(object.meta().namespace.clone()?, name))
    }

    /// A reference to the platform.
    pub fn reference(&self) -> ObjectRef<Platform> {
        ObjectRef::new(&self.name).within(&self.namespace)
    }
}

impl fmt::Display for PlatformKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}
