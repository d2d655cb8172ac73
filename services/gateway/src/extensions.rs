//! Routes to services that extend the platform, read from the environment.

use crate::upstream::{SERVICES, Upstream};
use std::str::FromStr;

/// The first segments of the gateway itself and of the front end, besides those of [`SERVICES`].
const RESERVED: [&str; 8] = [
    "views", "shop", "assets", "demo", "healthz", "readyz", "metrics", "actuator",
];

/// The extensions, parsed from text like `/coupons=http://shop-coupons:8090,/loyalty/points=http://shop-loyalty:8080`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(Vec<Extension>);

/// A path, and the service that it and all paths below it lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) route: String,
    pub(crate) upstream: Upstream,
}

/// Why the routes are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoute {
    /// Not of the form `path=URL`.
    #[error("'{0}' should look like /coupons=http://shop-coupons:8090")]
    Malformed(String),
    /// The path belongs to the platform itself.
    #[error("{0} would hide a path of the platform itself; choose another path")]
    BuiltIn(String),
    /// Two services have the same path.
    #[error("{0} is there twice; choose another path for one of the two")]
    Twice(String),
}

impl Extensions {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Extension> {
        self.0.iter()
    }
}

impl FromStr for Extensions {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let mut extensions: Vec<Extension> = Vec::new();
        for entry in text.split(',').filter(|entry| !entry.is_empty()) {
            let extension = Extension::parse(entry)?;
            if extensions.iter().any(|other| other.route == extension.route) {
                return Err(InvalidRoute::Twice(extension.route));
            }
            extensions.push(extension);
        }
        Ok(Self(extensions))
    }
}

impl Extension {
    fn parse(entry: &str) -> Result<Self, InvalidRoute> {
        let malformed = || InvalidRoute::Malformed(entry.to_owned());
        let (route, url) = entry.split_once('=').ok_or_else(malformed)?;
        let name = route.strip_prefix('/').ok_or_else(malformed)?;
        let segments: Vec<&str> = name.split('/').collect();
        if !segments.iter().all(|segment| is_plain(segment)) {
            return Err(malformed());
        }
        let first = segments[0];
        let built_in = SERVICES.iter().any(|service| service.segment == first) || RESERVED.contains(&first);
        if built_in {
            return Err(InvalidRoute::BuiltIn(route.to_owned()));
        }
        Ok(Self {
            upstream: Upstream::named(name, url).ok_or_else(malformed)?,
            route: route.to_owned(),
        })
    }
}

/// Whether a segment has no character with a special meaning, for clients or for the router.
fn is_plain(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !segment.is_empty() && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> InvalidRoute {
        text.parse::<Extensions>().unwrap_err()
    }

    #[test]
    fn an_empty_text_means_no_extension() {
        assert_eq!("".parse::<Extensions>(), Ok(Extensions::default()));
    }

    #[test]
    fn every_path_has_a_service_of_its_own() {
        let text = "/coupons=http://shop-coupons:8090,/loyalty/points=http://shop-loyalty:8080";
        let extensions: Extensions = text.parse().unwrap();
        let found: Vec<_> = extensions
            .iter()
            .map(|extension| (extension.route.as_str(), extension.upstream.to_string()))
            .collect();
        assert_eq!(
            found,
            [
                ("/coupons", "coupons at http://shop-coupons:8090".to_owned()),
                (
                    "/loyalty/points",
                    "loyalty/points at http://shop-loyalty:8080".to_owned()
                ),
            ]
        );
        assert_eq!(
            error("/a=http://b:1,/a=http://c:1"),
            InvalidRoute::Twice("/a".to_owned())
        );
    }

    #[test]
    fn no_extension_hides_a_path_of_the_platform() {
        for path in SERVICES.iter().map(|service| service.segment).chain(RESERVED) {
            for route in [format!("/{path}"), format!("/{path}/special")] {
                assert_eq!(
                    error(&format!("{route}=http://coupons:8090")),
                    InvalidRoute::BuiltIn(route)
                );
            }
        }
    }

    #[test]
    fn an_invalid_path_or_base_url_is_rejected_with_an_example() {
        for entry in [
            "/coupons",
            "coupons=http://coupons:8090",
            "/=http://coupons:8090",
            "/coupons/=http://coupons:8090",
            "/coupons//new=http://coupons:8090",
            "/{*rest}=http://coupons:8090",
            "/coupons=coupons:8090",
            "/coupons=http://coupons:8090/path",
        ] {
            assert_eq!(error(entry), InvalidRoute::Malformed(entry.to_owned()));
            assert!(
                error(entry)
                    .to_string()
                    .contains("/coupons=http://shop-coupons:8090")
            );
        }
    }
}
