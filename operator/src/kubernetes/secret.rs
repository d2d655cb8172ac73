//! Secrets with values that the operator has generated.

use k8s_openapi::{ByteString, api::core::v1::Secret};

use crate::{
    kubernetes::{metadata::metadata, names::Component},
    spec::Validated,
};

/// The key of the administrator's password in the Secret of a server.
pub const PASSWORD: &str = "password";

/// The Secret of a part with these keys and values.
pub fn secret<'a>(
    platform: &Validated,
    part: &str,
    component: Component,
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Secret {
    Secret {
        metadata: metadata(platform, part, component),
        type_: Some("Opaque".to_owned()),
        data: Some(
            values
                .into_iter()
                .map(|(key, value)| (key.to_owned(), ByteString(value.as_bytes().to_vec())))
                .collect(),
        ),
        ..Default::default()
    }
}
