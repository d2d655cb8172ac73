//! The mark that says to which platform something belongs on a server that others may use as well.

use std::fmt;

/// The collection of an external MongoDB database in which a document says whose it is.
pub const COLLECTION: &str = "fooddelivery_owner";
const PLATFORM: &str = "platform=";
const UID: &str = "uid=";

/// A platform, as it marks what it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its namespace and its name: `food/shop`.
    pub platform: String,
    /// The id of its resource; a mark that somebody has made by hand has none.
    pub uid: Option<String>,
}

impl Owner {
    /// The mark in a text, which may have other lines.
    pub fn find(text: &str) -> Option<Self> {
        text.lines().find_map(Self::parse)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let platform = words.next()?.strip_prefix(PLATFORM)?;
        let uid = words.find_map(|word| word.strip_prefix(UID));
        Some(Self {
            platform: platform.to_owned(),
            uid: uid.map(str::to_owned),
        })
    }

    /// A text with this mark in the place of an older one, and its other lines as they were.
    pub fn put_into(&self, text: &str) -> String {
        let others = text.lines().filter(|line| Self::parse(line).is_none());
        let mut lines: Vec<String> = others.map(str::to_owned).collect();
        lines.push(self.to_string());
        lines.join("\n")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PLATFORM}{}", self.platform)?;
        match &self.uid {
            Some(uid) => write!(formatter, " {UID}{uid}"),
            None => Ok(()),
        }
    }
}

/// Why nothing was made on a server: what would be used there is another platform's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// It is marked for another platform.
    #[error(
        "{what} '{name}' belongs to the platform {other}, of which nothing was touched: set {field} to a prefix of this \
         platform's own"
    )]
    Marked {
        /// The kind of thing: `the role`.
        what: &'static str,
        /// Its name on the server.
        name: String,
        /// The other platform.
        other: String,
        /// The field of the platform that leads elsewhere.
        field: &'static str,
    },
    /// It was there before, has no mark, and this platform's password does not open it.
    #[error(
        "the role '{name}' is there already and has another password than this platform's, so that it may be somebody \
         else's, and nothing was touched: set spec.postgres.prefix to another prefix or, if it is this platform's, say so \
         on the server: COMMENT ON ROLE \"{name}\" IS '{PLATFORM}{platform}'"
    )]
    Unmarked {
        /// The role.
        name: String,
        /// This platform.
        platform: String,
    },
    /// The orders of another platform are there.
    #[error(
        "the database '{database}' belongs to the platform {other}, of which nothing was touched: name another database in \
         the URL of the Secret in spec.mongodb.secretRef or, if that platform is gone, delete the document 'platform' in the \
         collection {COLLECTION} of that database"
    )]
    Orders {
        /// The database.
        database: String,
        /// The other platform.
        other: String,
    },
}

impl Clash {
    /// The other platform, as far as it is known.
    pub fn other(&self) -> Option<&str> {
        match self {
            Self::Marked { other, .. } | Self::Orders { other, .. } => Some(other),
            Self::Unmarked { .. } => None,
        }
    }

    /// The server on which it is.
    pub fn server(&self) -> &'static str {
        match self {
            Self::Marked {
                field: KAFKA_FIELD, ..
            } => "kafka",
            Self::Marked { .. } | Self::Unmarked { .. } => "postgres",
            Self::Orders { .. } => "mongodb",
        }
    }
}

/// The field with the prefix of topics.
pub const KAFKA_FIELD: &str = "spec.kafka.prefix";
/// The field with the prefix of databases.
pub const POSTGRES_FIELD: &str = "spec.postgres.prefix";

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(platform: &str, uid: Option<&str>) -> Owner {
        Owner {
            platform: platform.to_owned(),
            uid: uid.map(str::to_owned),
        }
    }

    #[test]
    fn a_mark_is_found_among_other_lines_and_takes_the_place_of_an_older_one() {
        let shop = owner("food/shop", Some("1"));
        let text = shop.put_into("orders, ask Kim\nplatform=food/shop uid=0");
        assert_eq!(text, "orders, ask Kim\nplatform=food/shop uid=1");
        assert_eq!(Owner::find(&text), Some(shop));
        assert_eq!(Owner::find("orders, ask Kim"), None);
        assert_eq!(owner("food/shop", None).put_into(""), "platform=food/shop");
    }

    #[test]
    fn a_mark_by_hand_needs_no_uid() {
        assert_eq!(Owner::find("platform=food/shop"), Some(owner("food/shop", None)));
    }

    #[test]
    fn a_clash_names_the_other_platform_and_the_way_out() {
        let clash = Clash::Marked {
            what: "the role",
            name: "shop_order".to_owned(),
            other: "fast/shop".to_owned(),
            field: POSTGRES_FIELD,
        };
        let words = clash.to_string();
        assert!(words.contains("the platform fast/shop") && words.contains("spec.postgres.prefix"));
        assert_eq!(clash.server(), "postgres");

        let clash = Clash::Orders {
            database: "order".to_owned(),
            other: "fast/shop".to_owned(),
        };
        let words = clash.to_string();
        assert!(words.contains("the platform fast/shop") && words.contains("spec.mongodb.secretRef"));
        assert_eq!((clash.server(), clash.other()), ("mongodb", Some("fast/shop")));
    }
}
