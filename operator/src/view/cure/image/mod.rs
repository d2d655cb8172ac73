//! Which field of a platform names an image that cannot be pulled, and the command that puts the field right.

#[cfg(test)]
mod tests;

use fdp_catalogue::Service;
use fdp_crds::FoodDeliveryPlatform;
use serde_json::{Value, json};

/// What stands in a command for an image that only a person knows.
const UNKNOWN: &str = "REGISTRY/NAME:TAG";
/// The fields of the images that the operator chooses where the platform does not, by the last word of the image's name.
const DEFAULTS: [(&str, &[&str]); 9] = [
    ("kafka", &["kafka", "image"]),
    ("kafka-ui", &["kafka", "ui", "image"]),
    ("postgres", &["postgres", "image"]),
    ("mongo", &["mongodb", "image"]),
    ("elasticsearch", &["logging", "elasticsearch", "image"]),
    ("kibana", &["logging", "kibana", "image"]),
    ("fluentd", &["logging", "fluentd", "image"]),
    ("prometheus", &["monitoring", "prometheus", "image"]),
    ("grafana", &["monitoring", "grafana", "image"]),
];

/// A change of a platform, as kubectl takes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// A merge patch of the specification.
    Merge(Value),
    /// A JSON patch of the resource, for what stands in a list.
    Operations(Value),
}

/// The change that puts right the image that a message is about; `None` if it is about none.
pub(super) fn change(message: &str, platform: &FoodDeliveryPlatform) -> Option<Change> {
    let (_, rest) = message.split_once("cannot pull image ")?;
    let image = rest.split([' ', ';']).next()?.trim_end_matches(':');
    let (_, tag) = split(image);
    let spec = serde_json::to_value(&platform.spec).ok()?;
    let own = own_image(image, platform)
        .or_else(|| image_of_a_part(image, &spec, platform))
        .or_else(|| canary(image, &spec))
        .or_else(|| extension(image, &spec));
    own.or_else(|| of_the_platform(image, tag, platform))
        .or_else(|| {
            DEFAULTS
                .iter()
                .find(|(name, _)| last_word(image) == *name)
                .map(|(_, field)| merge(field, &json!(UNKNOWN)))
        })
        .or_else(|| {
            Some(Change::Merge(
                json!({ "image": { "registry": "REGISTRY", "tag": "TAG" } }),
            ))
        })
}

/// The image that a service has of its own: the version that runs, or the image of the platform.
fn own_image(image: &str, platform: &FoodDeliveryPlatform) -> Option<Change> {
    let services = serde_json::to_value(platform.spec.services.as_ref()?).ok()?;
    let service = Service::ALL
        .into_iter()
        .find(|service| services[service.name()]["image"] == image)?;
    let (name, tag) = split(image);
    let status = platform.status.as_ref();
    let known = status.and_then(|status| status.services.iter().find(|known| known.name == service.name()));
    let runs = known.and_then(|known| known.running.as_deref());
    let of_all = status.and_then(|status| status.version.as_deref());
    let value = match runs.filter(|runs| runs.chars().all(is_in_tag)) {
        // Another image than the platform's has run, and a version of it does.
        Some(runs) if Some(runs) != tag && Some(runs) != of_all => json!(format!("{name}:{runs}")),
        _ => Value::Null,
    };
    Some(merge(&["services", service.name(), "image"], &value))
}

/// The image of a store or of another part: the one that last ran, or the operator's choice.
fn image_of_a_part(image: &str, spec: &Value, platform: &FoodDeliveryPlatform) -> Option<Change> {
    let (_, field) = DEFAULTS.iter().find(|(_, field)| {
        let value = field.iter().try_fold(spec, |value, name| value.get(*name));
        value.is_some_and(|value| value == image)
    })?;
    let stores = platform.status.as_ref().and_then(|status| status.stores.as_ref());
    let store = stores.and_then(|stores| match *field {
        ["kafka", "image"] => stores.kafka.as_ref(),
        ["postgres", "image"] => stores.postgres.as_ref(),
        ["mongodb", "image"] => stores.mongodb.as_ref(),
        _ => None,
    });
    let before = store.and_then(|store| store.image.as_deref());
    let before = before.filter(|before| *before != image && before.chars().all(is_in_image));
    Some(merge(field, &before.map_or(Value::Null, |before| json!(before))))
}

/// The second version of a service is taken back.
fn canary(image: &str, spec: &Value) -> Option<Change> {
    let (_, tag) = split(image);
    let service = Service::ALL.into_iter().find(|service| {
        let settings = &spec["services"][service.name()];
        let own = settings["image"].as_str().map_or(service.name(), last_word);
        tag.is_some() && settings["canary"]["tag"].as_str() == tag && own == last_word(image)
    })?;
    Some(merge(&["services", service.name(), "canary"], &Value::Null))
}

/// A merge patch would replace the whole list.
fn extension(image: &str, spec: &Value) -> Option<Change> {
    let extensions = spec["extensions"].as_array()?;
    let at = extensions
        .iter()
        .position(|extension| extension["image"] == image)?;
    let path = format!("/spec/extensions/{at}/image");
    Some(Change::Operations(
        json!([{ "op": "replace", "path": path, "value": UNKNOWN }]),
    ))
}

/// An image of the platform's registry and tag: the version before, or what the operator was installed with.
fn of_the_platform(image: &str, tag: Option<&str>, platform: &FoodDeliveryPlatform) -> Option<Change> {
    let given = platform.spec.image.as_ref()?;
    let before = platform
        .status
        .as_ref()
        .and_then(|status| status.version.as_deref());
    let before = before.filter(|before| before.chars().all(is_in_tag));
    let is_of_registry = given.registry.as_ref().is_some_and(|registry| {
        image
            .strip_prefix(registry.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    });
    let is_of_tag = given.tag.is_some() && given.tag.as_deref() == tag;
    match (is_of_tag, is_of_registry, before) {
        (true, _, Some(before)) if Some(before) != tag => Some(merge(&["image", "tag"], &json!(before))),
        (true, true, None) => Some(Change::Merge(
            json!({ "image": { "registry": null, "tag": null } }),
        )),
        (true, false, None) => Some(merge(&["image", "tag"], &Value::Null)),
        (_, true, _) => Some(merge(&["image", "registry"], &Value::Null)),
        _ => None,
    }
}

fn merge(field: &[&str], value: &Value) -> Change {
    Change::Merge(
        field
            .iter()
            .rev()
            .fold(value.clone(), |inner, name| json!({ (*name): inner })),
    )
}

/// The name of an image and its tag; a digest belongs to the name.
fn split(image: &str) -> (&str, Option<&str>) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && !name.contains('@') => (name, Some(tag)),
        _ => (image, None),
    }
}

fn last_word(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let (name, _) = split(name);
    name.rsplit('/').next().unwrap_or(name)
}

fn is_in_tag(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-".contains(character)
}

fn is_in_image(character: char) -> bool {
    is_in_tag(character) || ":/@".contains(character)
}
