//! Accepts numbers as strings and strings as numbers, because clients send both.

use crate::text::composed;
use serde::{Deserialize, Deserializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrString {
    Number(u64),
    Text(String),
}

fn parse<E: de::Error, T: TryFrom<u64>>(value: NumberOrString) -> Result<T, E> {
    let number = match value {
        NumberOrString::Number(number) => number,
        NumberOrString::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| E::custom(format!("'{text}' is not a whole number of 0 or more")))?,
    };
    T::try_from(number).map_err(|_| E::custom(format!("{number} is too large")))
}

/// A whole number, given as JSON number or string.
///
/// # Errors
/// When it is neither, negative, or too large for `T`.
pub fn number_or_string<'de, D: Deserializer<'de>, T: TryFrom<u64>>(input: D) -> Result<T, D::Error> {
    parse(
        NumberOrString::deserialize(input)
            .map_err(|_| de::Error::custom("expected a whole number of 0 or more"))?,
    )
}

/// A whole number that may be negative, given as JSON number or string.
///
/// # Errors
/// When it is neither, or too large.
pub fn integer_or_string<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum IntegerOrString {
        Integer(i64),
        Text(String),
    }
    let value =
        IntegerOrString::deserialize(input).map_err(|_| de::Error::custom("expected a whole number"))?;
    match value {
        IntegerOrString::Integer(integer) => Ok(integer),
        IntegerOrString::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| de::Error::custom(format!("'{text}' is not a whole number"))),
    }
}

/// Like [`number_or_string`], but the field may be missing or null (use with `#[serde(default)]`).
///
/// # Errors
/// When the value is present but invalid.
pub fn optional_number_or_string<'de, D: Deserializer<'de>, T: TryFrom<u64>>(
    input: D,
) -> Result<Option<T>, D::Error> {
    Option::<NumberOrString>::deserialize(input)
        .map_err(|_| de::Error::custom("expected a whole number of 0 or more"))?
        .map(parse)
        .transpose()
}

/// An identifier or name, given as JSON string or number, where the field may be missing or null
/// (use with `#[serde(default)]`). An empty text counts as missing; others are [`composed`].
///
/// # Errors
/// When the value is present and neither.
pub fn optional_text<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let value = Option::<NumberOrString>::deserialize(input)
        .map_err(|_| de::Error::custom("expected a string or a whole number"))?;
    Ok(value
        .map(|value| match value {
            NumberOrString::Number(number) => number.to_string(),
            NumberOrString::Text(text) => composed(text.trim()).into_owned(),
        })
        .filter(|text| !text.is_empty()))
}

fn lenient(types: impl IntoIterator<Item = Type>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter(types))
        // Applies to numbers only.
        .minimum(Some(0))
}

/// The schema of values that [`number_or_string`] accepts.
pub fn number_schema() -> Schema {
    lenient([Type::Integer, Type::String])
        .pattern(Some("^[0-9]+$"))
        .into()
}

/// The schema of values that [`integer_or_string`] accepts.
pub fn integer_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::String]))
        .pattern(Some("^-?[0-9]+$"))
        .into()
}

/// The schema of values that [`optional_number_or_string`] accepts.
pub fn optional_number_schema() -> Schema {
    lenient([Type::Integer, Type::String, Type::Null])
        .pattern(Some("^[0-9]+$"))
        .into()
}

/// The schema of values that [`optional_text`] accepts.
pub fn optional_text_schema() -> Schema {
    lenient([Type::String, Type::Integer, Type::Null]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Body {
        #[serde(deserialize_with = "number_or_string")]
        qty: u32,
        #[serde(default, deserialize_with = "optional_text")]
        id: Option<String>,
    }

    #[test]
    fn numbers_and_strings_mean_the_same() {
        for body in [r#"{"qty":5,"id":"1001"}"#, r#"{"qty":"5","id":1001}"#] {
            let read: Body = serde_json::from_str(body).unwrap();
            assert_eq!(
                read,
                Body {
                    qty: 5,
                    id: Some("1001".into())
                },
                "{body}"
            );
        }
    }

    #[test]
    fn a_text_is_read_in_its_composed_form() {
        let body = "{\"qty\":5,\"id\":\"\\u1103\\u1161\\u11b0\"}";
        let read: Body = serde_json::from_str(body).unwrap();
        assert_eq!(read.id.as_deref(), Some("닭"));
    }

    #[test]
    fn a_missing_or_empty_id_is_none() {
        for body in [r#"{"qty":5}"#, r#"{"qty":5,"id":null}"#, r#"{"qty":5,"id":" "}"#] {
            assert_eq!(serde_json::from_str::<Body>(body).unwrap().id, None, "{body}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_in_words() {
        for (body, words) in [
            (r#"{"qty":"many"}"#, "'many' is not a whole number"),
            (r#"{"qty":-1}"#, "expected a whole number"),
            (r#"{"qty":99999999999}"#, "too large"),
        ] {
            let error = serde_json::from_str::<Body>(body).unwrap_err().to_string();
            assert!(error.contains(words), "{body}: {error}");
        }
    }
}
