//! Reads a value from a JSON object only: what serde derives for a struct takes an array of its fields as well.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A value that was read from a JSON object.
#[derive(Debug, Clone, Copy, Default)]
pub struct FromObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = FromObject<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(FromObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        item: String,
    }

    fn read(json: &str) -> Result<Body, String> {
        let read: Result<FromObject<Body>, _> = serde_json::from_str(json);
        read.map(|FromObject(body)| body)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_and_an_array_of_its_fields_is_not() {
        assert_eq!(read(r#"{"item":"통닭"}"#).unwrap().item, "통닭");
        let array = read(r#"["통닭"]"#).unwrap_err();
        assert!(array.contains("expected a JSON object"), "{array}");
    }

    #[test]
    fn an_unknown_field_is_named() {
        let unknown = read(r#"{"item":"통닭","quantity":5}"#).unwrap_err();
        assert!(unknown.contains("unknown field `quantity`"), "{unknown}");
    }
}
