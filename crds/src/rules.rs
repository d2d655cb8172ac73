//! Rules about texts that become images, or names of objects, with messages that say what is allowed.
//!
//! Each allows whatever can work, and refuses only what Kubernetes or a registry would refuse later, when the program that
//! ran before has already been stopped.

use serde_json::{Value, json};

/// A part of a registry's name, with its dots and its port.
macro_rules! domain {
    () => {
        "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]+)?"
    };
}

/// A step of the path to an image.
macro_rules! step {
    () => {
        "[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*"
    };
}

/// A name of an object, as in a host name.
macro_rules! name {
    () => {
        "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    };
}

/// The grammar: <https://pkg.go.dev/github.com/distribution/reference>.
const IMAGE: &str = concat!(
    "^((",
    domain!(),
    "|\\\\[[A-Fa-f0-9:]+\\\\](:[0-9]+)?)/)?",
    step!(),
    "(/",
    step!(),
    ")*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?$"
);
const IMAGE_PREFIX: &str = concat!("^(", domain!(), "|", step!(), ")(/", step!(), ")*$");
const OBJECT_NAME: &str = concat!("^", name!(), "([.]", name!(), ")*$");
const NAMESPACE: &str = concat!("^", name!(), "$");

/// The text is a reference to an image.
pub(crate) fn image() -> Value {
    rule(
        IMAGE,
        "an image is written [registry[:port]/]path[:tag][@digest], such as registry.example.com/food/order:1.2.0: the path in lower case, the tag of letters, digits, '_', '.' and '-'",
    )
}

/// The text is what references to images start with.
pub(crate) fn image_prefix() -> Value {
    rule(
        IMAGE_PREFIX,
        "image.registry is written registry[:port][/path], such as registry.example.com/food-delivery, in lower case",
    )
}

/// The text is the name of a Secret.
pub(crate) fn secret_name() -> Value {
    rule(
        OBJECT_NAME,
        "the name of a Secret holds only a-z, 0-9, '-' and '.', and starts and ends with a letter or a digit",
    )
}

/// The text is the name of a storage class.
pub(crate) fn storage_class() -> Value {
    rule(
        OBJECT_NAME,
        "the name of a StorageClass holds only a-z, 0-9, '-' and '.', and starts and ends with a letter or a digit",
    )
}

/// The text is the name of a namespace.
pub(crate) fn namespace() -> Value {
    rule(
        NAMESPACE,
        "the name of a namespace holds only a-z, 0-9 and '-', and starts and ends with a letter or a digit",
    )
}

/// The schema of the values of a map of labels.
pub(crate) fn label_value() -> Value {
    json!({
        "type": "string",
        "maxLength": 63,
        "pattern": "^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$",
    })
}

fn rule(pattern: &str, message: &str) -> Value {
    json!([{ "rule": format!("self.matches('{pattern}')"), "message": message }])
}
