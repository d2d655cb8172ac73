//! The objects of all platforms, indexed by the platform that they belong to.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, RwLock},
};

use kube::{
    ResourceExt,
    core::{ApiResource, DynamicObject},
    runtime::watcher::Event,
};

use crate::{
    controller::{
        caches::{
            compact::{Compact, trim},
            locks::{read, write},
            places::Place,
        },
        platform::PlatformKey,
    },
    model::{object::ObjectKey, observed::Children},
};

/// The objects of all platforms, as the watches report them.
#[derive(Default)]
pub struct Index(RwLock<State>);

#[derive(Default)]
struct State {
    platforms: HashMap<PlatformKey, BTreeMap<ObjectKey, Entry>>,
    /// Per kind that is being listed again in a place: what the list contained so far.
    listing: HashMap<(String, Place), HashSet<(PlatformKey, ObjectKey)>>,
}

struct Entry {
    resource: Arc<ApiResource>,
    object: Compact,
}

impl Index {
    /// Applies an event of the watch on one kind in one place; returns the platforms to reconcile.
    pub fn apply(
        &self,
        place: &Place,
        resource: &Arc<ApiResource>,
        event: Event<DynamicObject>,
    ) -> Vec<PlatformKey> {
        let kind = &resource.kind;
        let watch = || (kind.clone(), place.clone());
        let mut state = write(&self.0);
        match event {
            Event::Init => {
                state.listing.insert(watch(), HashSet::new());
                Vec::new()
            }
            Event::InitApply(object) => {
                let Some((platform, key)) = keys(kind, &object) else {
                    return Vec::new();
                };
                if let Some(listed) = state.listing.get_mut(&watch()) {
                    listed.insert((platform.clone(), key.clone()));
                }
                state.insert(resource, platform.clone(), key, object);
                vec![platform]
            }
            Event::InitDone => {
                let listed = state.listing.remove(&watch()).unwrap_or_default();
                state.retain(kind, |platform, key| {
                    !place.has(&platform.namespace) || listed.contains(&(platform.clone(), key.clone()))
                })
            }
            Event::Apply(object) => {
                let Some((platform, key)) = keys(kind, &object) else {
                    return Vec::new();
                };
                state.insert(resource, platform.clone(), key, object);
                vec![platform]
            }
            Event::Delete(object) => {
                let Some((platform, key)) = keys(kind, &object) else {
                    return Vec::new();
                };
                state.remove(&platform, &key);
                vec![platform]
            }
        }
    }

    /// Removes a kind that the cluster no longer serves; returns the platforms that had objects of it.
    pub fn forget(&self, kind: &str) -> Vec<PlatformKey> {
        let mut state = write(&self.0);
        state.listing.retain(|(listed, _), _| listed != kind);
        state.retain(kind, |_, _| false)
    }

    /// The objects of a platform, except those of the kind `excluded`.
    pub fn children(&self, namespace: &str, platform: &str, excluded: &str) -> Children {
        let mut children = Children::default();
        let state = read(&self.0);
        let of_platform = state.platforms.get(&PlatformKey::new(namespace, platform));
        for (key, entry) in of_platform.into_iter().flatten() {
            if key.kind != excluded
                && let Some(object) = entry.object.read::<DynamicObject>()
            {
                children.insert(&entry.resource, Arc::new(object));
            }
        }
        children
    }

    /// The objects of one kind and platform, by name.
    pub fn typed<K: serde::de::DeserializeOwned>(
        &self,
        namespace: &str,
        platform: &str,
        kind: &str,
    ) -> Vec<Arc<K>> {
        let state = read(&self.0);
        let of_platform = state.platforms.get(&PlatformKey::new(namespace, platform));
        of_platform
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.kind == kind)
            .filter_map(|(_, entry)| entry.object.read().map(Arc::new))
            .collect()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        read(&self.0).platforms.values().map(BTreeMap::len).sum()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl State {
    fn insert(
        &mut self,
        resource: &Arc<ApiResource>,
        platform: PlatformKey,
        key: ObjectKey,
        mut object: DynamicObject,
    ) {
        trim(&mut object.metadata);
        let entry = Entry {
            resource: Arc::clone(resource),
            object: Compact::of(&object),
        };
        self.platforms.entry(platform).or_default().insert(key, entry);
    }

    fn remove(&mut self, platform: &PlatformKey, key: &ObjectKey) {
        if let Some(objects) = self.platforms.get_mut(platform) {
            objects.remove(key);
            if objects.is_empty() {
                self.platforms.remove(platform);
            }
        }
    }

    /// Keeps the objects of a kind for which `keep` is true; returns the platforms that lost one.
    fn retain(&mut self, kind: &str, keep: impl Fn(&PlatformKey, &ObjectKey) -> bool) -> Vec<PlatformKey> {
        let mut touched = Vec::new();
        self.platforms.retain(|platform, objects| {
            let before = objects.len();
            objects.retain(|key, _| key.kind != kind || keep(platform, key));
            if objects.len() < before {
                touched.push(platform.clone());
            }
            !objects.is_empty()
        });
        touched
    }
}

/// The platform that an object belongs to, and the object's own key; `None` without a platform label.
fn keys(kind: &str, object: &DynamicObject) -> Option<(PlatformKey, ObjectKey)> {
    let platform = PlatformKey::of_object(object)?;
    Some((platform, ObjectKey::new(kind, object.name_any())))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::json;

    use super::*;
    use crate::kubernetes::names;

    fn config_map(name: &str, platform: &str) -> DynamicObject {
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": name, "namespace": "food", "resourceVersion": "1",
                "labels": { (names::PLATFORM_LABEL): platform },
                "managedFields": [{ "manager": "somebody" }],
            },
        }))
        .unwrap()
    }

    fn config_maps() -> Arc<ApiResource> {
        Arc::new(ApiResource::erase::<ConfigMap>(&()))
    }

    fn names_of(index: &Index, platform: &str) -> Vec<String> {
        let children = index.children("food", platform, "Pod");
        children.iter().map(|(key, ..)| key.name.clone()).collect()
    }

    #[test]
    fn a_platform_has_its_own_objects_without_managed_fields() {
        let index = Index::default();
        index.apply(
            &Place::Everywhere,
            &config_maps(),
            Event::Apply(config_map("a", "shop")),
        );
        index.apply(
            &Place::Everywhere,
            &config_maps(),
            Event::Apply(config_map("b", "other")),
        );
        assert_eq!(names_of(&index, "shop"), ["a"]);
        let children = index.children("food", "shop", "Pod");
        let object = children.get(&ObjectKey::new("ConfigMap", "a")).unwrap();
        assert_eq!(object.metadata.managed_fields, None);
        assert_eq!(object.types.as_ref().unwrap().kind, "ConfigMap");
    }

    #[test]
    fn an_object_missing_from_a_new_list_is_removed_and_triggers() {
        let index = Index::default();
        let kind = config_maps();
        for name in ["a", "b"] {
            index.apply(&Place::Everywhere, &kind, Event::Apply(config_map(name, "shop")));
        }
        index.apply(&Place::Everywhere, &kind, Event::Init);
        index.apply(
            &Place::Everywhere,
            &kind,
            Event::InitApply(config_map("b", "shop")),
        );
        assert_eq!(names_of(&index, "shop"), ["a", "b"], "until the list is complete");
        let touched = index.apply(&Place::Everywhere, &kind, Event::InitDone);
        assert_eq!(touched, [PlatformKey::new("food", "shop")]);
        assert_eq!(names_of(&index, "shop"), ["b"]);
    }

    #[test]
    fn a_kind_that_is_no_longer_served_is_removed() {
        let index = Index::default();
        index.apply(
            &Place::Everywhere,
            &config_maps(),
            Event::Apply(config_map("a", "shop")),
        );
        assert_eq!(index.forget("ConfigMap"), [PlatformKey::new("food", "shop")]);
        assert!(index.is_empty());
    }

    #[test]
    fn an_object_without_the_label_belongs_to_no_platform() {
        let index = Index::default();
        let mut object = config_map("a", "shop");
        object.metadata.labels = None;
        assert_eq!(
            index.apply(&Place::Everywhere, &config_maps(), Event::Apply(object)),
            []
        );
    }

    #[test]
    fn a_new_list_of_one_namespace_leaves_the_others_as_they_are() {
        let index = Index::default();
        let kind = config_maps();
        let place = |name: &str| Place::Namespace(name.to_owned());
        index.apply(&place("food"), &kind, Event::Apply(config_map("a", "shop")));
        index.apply(&place("test"), &kind, Event::Init);
        assert_eq!(index.apply(&place("test"), &kind, Event::InitDone), []);
        assert_eq!(names_of(&index, "shop"), ["a"]);
        index.apply(&place("food"), &kind, Event::Init);
        index.apply(&place("food"), &kind, Event::InitDone);
        assert!(index.is_empty());
    }
}
