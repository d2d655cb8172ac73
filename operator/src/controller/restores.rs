//! Counts how often an object was put back, and lets go of one that somebody else keeps changing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{controller::platform::PlatformKey, model::object::ObjectKey};

/// How many restores of one object within `WINDOW` are still taken for edits by hand.
const MAX_RESTORES: usize = 10;
const WINDOW: Duration = Duration::from_mins(5);
/// How long an object is left alone at first; each time after that twice as long, up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// The restores of every object that was put back lately.
///
/// Without a limit, the operator and another program that disagree about a field would write it for ever, several times
/// a second.
#[derive(Default)]
pub struct Restores(Mutex<HashMap<PlatformKey, BTreeMap<ObjectKey, History>>>);

/// The restores of one object.
#[derive(Debug, Default)]
struct History {
    field: String,
    restored: VecDeque<Instant>,
    contest: Option<Contest>,
}

/// Somebody else changes the object as often as it is put back.
#[derive(Debug)]
struct Contest {
    pause: Duration,
    until: Instant,
    /// The object was changed again since it was last put back.
    changed_again: bool,
    managers: Option<Vec<String>>,
}

impl Restores {
    /// Records that an object was put back because of a change of that field.
    pub fn restored(&self, platform: &PlatformKey, object: &ObjectKey, field: &str, now: Instant) {
        let mut platforms = self.lock();
        let objects = platforms.entry(platform.clone()).or_default();
        objects.entry(object.clone()).or_default().restored(field, now);
    }

    /// The objects that must not be put back at the moment. Forgets those that nobody has changed for a whole pause.
    pub fn paused(&self, platform: &PlatformKey, now: Instant) -> BTreeSet<ObjectKey> {
        let mut platforms = self.lock();
        let Some(objects) = platforms.get_mut(platform) else {
            return BTreeSet::new();
        };
        objects.retain(|_, history| !history.is_over(now));
        let paused = objects
            .iter()
            .filter(|(_, history)| {
                history
                    .contest
                    .as_ref()
                    .is_some_and(|contest| now < contest.until)
            })
            .map(|(key, _)| key.clone())
            .collect();
        if objects.is_empty() {
            platforms.remove(platform);
        }
        paused
    }

    /// Records that an object was found changed while it must not be put back; returns whether it is still unknown by
    /// whom.
    pub fn changed_again(&self, platform: &PlatformKey, object: &ObjectKey) -> bool {
        self.contest(platform, object, |contest| {
            contest.changed_again = true;
            contest.managers.is_none()
        })
        .unwrap_or_default()
    }

    /// Records which field managers have changed an object.
    pub fn changed_by(&self, platform: &PlatformKey, object: &ObjectKey, managers: Vec<String>) {
        self.contest(platform, object, |contest| contest.managers = Some(managers));
    }

    /// A sentence on each object of a platform that is left alone, and how long until the next one is put back.
    ///
    /// The sentences stay the same from one reconciliation to the next, so that the status does not change by itself.
    pub fn contested(&self, platform: &PlatformKey, now: Instant) -> (Vec<String>, Option<Duration>) {
        let platforms = self.lock();
        let mut sentences = Vec::new();
        let mut next: Option<Duration> = None;
        for (key, history) in platforms.get(platform).into_iter().flatten() {
            let Some(contest) = &history.contest else { continue };
            let left = contest.until.saturating_duration_since(now);
            next = Some(next.map_or(left, |next| next.min(left)));
            sentences.push(sentence(key, &history.field, contest));
        }
        (sentences, next)
    }

    /// Removes a platform that was deleted.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn contest<T>(
        &self,
        platform: &PlatformKey,
        object: &ObjectKey,
        change: impl FnOnce(&mut Contest) -> T,
    ) -> Option<T> {
        let mut platforms = self.lock();
        let history = platforms.get_mut(platform)?.get_mut(object)?;
        history.contest.as_mut().map(change)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, BTreeMap<ObjectKey, History>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    fn restored(&mut self, field: &str, now: Instant) {
        field.clone_into(&mut self.field);
        self.restored.push_back(now);
        while self
            .restored
            .front()
            .is_some_and(|first| now.duration_since(*first) > WINDOW)
        {
            self.restored.pop_front();
        }
        let (pause, managers) = match self.contest.take() {
            Some(contest) => ((contest.pause * 2).min(LONGEST_PAUSE), contest.managers),
            None if self.restored.len() < MAX_RESTORES => return,
            None => (FIRST_PAUSE, None),
        };
        self.contest = Some(Contest {
            pause,
            until: now + pause,
            changed_again: false,
            managers,
        });
    }

    /// Whether nobody has changed the object for a whole pause, or for the whole window.
    fn is_over(&self, now: Instant) -> bool {
        match &self.contest {
            Some(contest) => contest.until <= now && !contest.changed_again,
            None => self
                .restored
                .back()
                .is_none_or(|last| now.duration_since(*last) > WINDOW),
        }
    }
}

fn sentence(object: &ObjectKey, field: &str, contest: &Contest) -> String {
    let others = match contest.managers.as_deref() {
        Some([]) | None => "somebody else".to_owned(),
        Some(managers) => managers.join(" and "),
    };
    format!(
        "{object}: {field} is changed by {others} whenever fdp-operator puts it back ({MAX_RESTORES} times within {} min), \
         so it is left as it is for up to {} min at a time",
        WINDOW.as_secs() / 60,
        LONGEST_PAUSE.as_secs() / 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &str = "spec.replicas";

    fn shop() -> PlatformKey {
        PlatformKey::new("food", "shop")
    }

    fn order() -> ObjectKey {
        ObjectKey::new("Deployment", "shop-order")
    }

    /// An object that was put back so often that it is left alone from `start` on.
    fn contested(start: Instant) -> Restores {
        let restores = Restores::default();
        for _ in 0..MAX_RESTORES {
            assert!(restores.paused(&shop(), start).is_empty());
            restores.restored(&shop(), &order(), FIELD, start);
        }
        restores
    }

    #[test]
    fn a_few_edits_by_hand_are_put_back_each_time() {
        let (restores, start) = (Restores::default(), Instant::now());
        for edit in 0..100 {
            let now = start + WINDOW / 5 * edit;
            assert!(restores.paused(&shop(), now).is_empty());
            restores.restored(&shop(), &order(), FIELD, now);
        }
        assert_eq!(restores.contested(&shop(), start), (vec![], None));
    }

    #[test]
    fn who_disagrees_for_ever_is_written_over_less_and_less_often() {
        let start = Instant::now();
        let restores = contested(start);
        let (mut now, mut writes) = (start, 0);
        while now < start + Duration::from_hours(1) {
            now += Duration::from_secs(1);
            if restores.paused(&shop(), now).contains(&order()) {
                restores.changed_again(&shop(), &order());
            } else {
                restores.restored(&shop(), &order(), FIELD, now);
                writes += 1;
            }
        }
        assert_eq!(writes, 8, "after 1, 2, 4, 8, then every 10 minutes");
    }

    #[test]
    fn the_sentence_names_the_field_and_both_managers() {
        let start = Instant::now();
        let restores = contested(start);
        assert!(restores.changed_again(&shop(), &order()), "nobody knows by whom");
        restores.changed_by(&shop(), &order(), vec!["scaler".to_owned()]);
        assert!(!restores.changed_again(&shop(), &order()));
        let (sentences, next) = restores.contested(&shop(), start);
        assert_eq!(
            sentences,
            [
                "Deployment shop-order: spec.replicas is changed by scaler whenever fdp-operator puts it back (10 times \
                 within 5 min), so it is left as it is for up to 10 min at a time"
            ]
        );
        assert_eq!(next, Some(FIRST_PAUSE));
    }

    #[test]
    fn an_object_that_nobody_changes_for_a_whole_pause_is_guarded_as_before() {
        let start = Instant::now();
        let restores = contested(start);
        let later = start + FIRST_PAUSE;
        assert!(restores.paused(&shop(), later).is_empty());
        assert_eq!(restores.contested(&shop(), later), (vec![], None));
    }

    #[test]
    fn a_deleted_platform_is_forgotten() {
        let start = Instant::now();
        let restores = contested(start);
        restores.forget(&shop());
        assert!(restores.paused(&shop(), start).is_empty());
    }
}
