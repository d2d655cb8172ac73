//! Counts how often each condition of each platform has changed, since this process started.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use fdp_crds::condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::controller::platform::PlatformKey;

/// The number of changes by platform and type of the condition.
type Counts = BTreeMap<PlatformKey, BTreeMap<String, u64>>;

/// The changes of conditions.
#[derive(Debug, Default)]
pub struct ConditionChanges(Mutex<Counts>);

impl ConditionChanges {
    /// Counts the conditions whose status is another one than before. A condition that is new has not changed.
    pub fn count(&self, platform: &PlatformKey, before: &[Condition], after: &[Condition]) {
        let changed = after.iter().filter(|after| {
            condition::find(before, &after.type_).is_some_and(|before| before.status != after.status)
        });
        let mut counts = self.lock();
        // Also the others, so that a counter starts at 0 and its first change is seen as an increase.
        let of_platform = counts.entry(platform.clone()).or_default();
        for condition in after {
            of_platform.entry(condition.type_.clone()).or_default();
        }
        for condition in changed {
            *of_platform.entry(condition.type_.clone()).or_default() += 1;
        }
    }

    /// The counts of these platforms; those of all others are forgotten.
    pub fn of(&self, platforms: &[PlatformKey]) -> Counts {
        let mut counts = self.lock();
        counts.retain(|platform, _| platforms.contains(platform));
        counts.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conditions(ready: &str) -> Vec<Condition> {
        let condition = json!([{ "type": "Ready", "status": ready, "reason": "R", "message": "",
                                 "lastTransitionTime": "2026-01-01T00:00:00Z" }]);
        serde_json::from_value(condition).unwrap()
    }

    #[test]
    fn changes_are_counted_until_the_platform_is_gone() {
        let changes = ConditionChanges::default();
        let shop = PlatformKey::new("food", "shop");
        let ready =
            |platforms: &[PlatformKey]| changes.of(platforms).get(&shop).map(|counts| counts["Ready"]);
        changes.count(&shop, &[], &conditions("False"));
        assert_eq!(ready(std::slice::from_ref(&shop)), Some(0));
        changes.count(&shop, &conditions("False"), &conditions("True"));
        changes.count(&shop, &conditions("True"), &conditions("True"));
        changes.count(&shop, &conditions("True"), &conditions("False"));
        assert_eq!(ready(std::slice::from_ref(&shop)), Some(2));
        assert_eq!(ready(&[]), None);
        assert_eq!(
            ready(std::slice::from_ref(&shop)),
            None,
            "a new one of that name starts anew"
        );
    }
}
