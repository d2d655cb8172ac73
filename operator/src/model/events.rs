//! What other programs have told about objects by events.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

/// An event, with those that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub reason: String,
    pub message: String,
    pub first: Timestamp,
    pub last: Timestamp,
    /// How often it was told between them.
    pub count: i64,
}

/// The events of objects, by the object's UID. An object is missing whose events were not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events(BTreeMap<String, Vec<Event>>);

impl Events {
    /// Adds all events of an object.
    pub fn insert(&mut self, uid: String, events: Vec<Event>) {
        self.0.insert(uid, events);
    }

    /// The events of an object; `None` if they were not read.
    pub fn of(&self, uid: Option<&str>) -> Option<&[Event]> {
        self.0.get(uid?).map(Vec::as_slice)
    }
}
