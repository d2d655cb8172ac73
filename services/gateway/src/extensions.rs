//! Paths that lead to services which the gateway knows by its environment only.

use crate::upstream::{SERVICES, Upstream};
use std::str::FromStr;

/// First segments that the gateway itself and the front end answer, beside those of [`SERVICES`].
const PAGES: [&str; 8] = [
    "views", "shop", "assets", "demo", "healthz", "readyz", "metrics", "actuator",
];

/// All of these paths, read from text like `/coupons=http://shop-coupons:8090,/loyalty/points=http://shop-loyalty:8080`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(Vec<Extension>);

/// A path, and the service that answers it and all paths below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) route: String,
    pub(crate) upstream: Upstream,
}

/// Why paths make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoute {
    /// Not of the form `path=URL`.
    #[error("'{0}' should look like /coupons=http://shop-coupons:8090")]
    Malformed(String),
    /// The platform itself answers there.
    #[error("{0} would hide a path of the platform itself; choose another path")]
    BuiltIn(String),
    /// Two services cannot both answer.
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
        let built_in = SERVICES.iter().any(|service| service.segment == first) || PAGES.contains(&first);
        if built_in {
            return Err(InvalidRoute::BuiltIn(route.to_owned()));
        }
        Ok(Self {
            upstream: Upstream::named(name, url).ok_or_else(malformed)?,
            route: route.to_owned(),
        })
    }
}

/// Whether a segment has no character with a meaning of its own, to clients or to the router.
fn is_plain(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !segment.is_empty() && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> InvalidRoute {
        text.parse::<Extensions>().unwrap_err()
    }

    #[test]
    fn an_empty_text_is_no_extension_at_all() {
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
            refusal("/a=http://b:1,/a=http://c:1"),
            InvalidRoute::Twice("/a".to_owned())
        );
    }

    #[test]
    fn no_extension_hides_a_path_of_the_platform() {
        for path in SERVICES.iter().map(|service| service.segment).chain(PAGES) {
            for route in [format!("/{path}"), format!("/{path}/special")] {
                assert_eq!(
                    refusal(&format!("{route}=http://coupons:8090")),
                    InvalidRoute::BuiltIn(route)
                );
            }
        }
    }

    #[test]
    fn what_is_no_path_or_no_base_url_is_refused_with_an_example() {
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
            assert_eq!(refusal(entry), InvalidRoute::Malformed(entry.to_owned()));
            assert!(
                refusal(entry)
                    .to_string()
                    .contains("/coupons=http://shop-coupons:8090")
            );
        }
    }
}
