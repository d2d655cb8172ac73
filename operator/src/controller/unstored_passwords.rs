//! Keeps generated passwords until their Secret is stored.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::controller::platform::PlatformKey;

/// The passwords of a platform that are not stored yet, by part and key.
type Passwords = BTreeMap<(&'static str, String), String>;

/// Generated passwords that no Secret holds yet.
///
/// While a Secret is refused, each attempt has to use the same password: what depends on it, such as the name of the
/// setup Job, would otherwise change the status, and every change of the status would be news.
#[derive(Default)]
pub struct UnstoredPasswords(Mutex<HashMap<PlatformKey, Passwords>>);

impl UnstoredPasswords {
    /// The password that was generated for a key of a part's Secret, or a new one.
    pub fn get(&self, platform: &PlatformKey, part: &'static str, key: &str) -> String {
        let mut all = self.lock();
        let passwords = all.entry(platform.clone()).or_default();
        passwords
            .entry((part, key.to_owned()))
            .or_insert_with(generate)
            .clone()
    }

    /// Forgets the password of a key that is stored now.
    pub fn stored(&self, platform: &PlatformKey, part: &'static str, key: &str) {
        let mut all = self.lock();
        let Some(passwords) = all.get_mut(platform) else {
            return;
        };
        passwords.remove(&(part, key.to_owned()));
        if passwords.is_empty() {
            all.remove(platform);
        }
    }

    /// Forgets a platform that was deleted.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Passwords>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new password of 128 random bits, in hexadecimal so that it needs no escaping anywhere.
pub fn generate() -> String {
    format!("{:032x}", rand::random::<u128>())
}
