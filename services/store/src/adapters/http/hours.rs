//! Opening hours in requests and answers. Comments on the body are published in the OpenAPI document.

use chrono::NaiveTime;
use chrono_tz::Tz;
use fdp_contracts::{Hours, USUAL_TIME_ZONE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// The format of opening hours.
const TIME: &str = "%H:%M";

/// The hours of every day, in the time of the store; over midnight if the first comes after the second.
#[derive(Serialize, Deserialize, Clone, Copy, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HoursBody {
    /// From then on.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:30")]
    opens_at: NaiveTime,
    /// Until just before then.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "21:00")]
    closes_at: NaiveTime,
    /// Whose time it is, by its name in the time zone database of IANA; missing: Korea's.
    #[serde(
        default = "usual_zone",
        serialize_with = "write_zone",
        deserialize_with = "read_zone"
    )]
    #[schema(value_type = String, required = false, example = "Asia/Seoul")]
    time_zone: Tz,
}

impl From<Hours> for HoursBody {
    fn from(hours: Hours) -> Self {
        Self {
            opens_at: hours.opens_at,
            closes_at: hours.closes_at,
            time_zone: hours.time_zone,
        }
    }
}

impl From<HoursBody> for Hours {
    fn from(hours: HoursBody) -> Self {
        Self {
            opens_at: hours.opens_at,
            closes_at: hours.closes_at,
            time_zone: hours.time_zone,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn write_time<S: Serializer>(time: &NaiveTime, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(&time.format(TIME))
}

fn read_time<'de, D: Deserializer<'de>>(input: D) -> Result<NaiveTime, D::Error> {
    let time = String::deserialize(input)?;
    NaiveTime::parse_from_str(&time, TIME)
        .map_err(|_| de::Error::custom(format!("'{time}' is no time; write it as in 09:30")))
}

fn usual_zone() -> Tz {
    USUAL_TIME_ZONE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn write_zone<S: Serializer>(zone: &Tz, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(zone.name())
}

fn read_zone<'de, D: Deserializer<'de>>(input: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(input)?;
    name.parse().map_err(|_| {
        de::Error::custom(format!(
            "'{name}' is no time zone; give its name as in Asia/Seoul or Europe/Lisbon"
        ))
    })
}
