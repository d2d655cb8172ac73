//! The position of a rider.

use chrono::{DateTime, Utc};

/// A place on the map, and when the rider was there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    lat: f64,
    lng: f64,
    at: DateTime<Utc>,
}

/// Coordinates that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{lat}, {lng} is no place: lat has to be from -90 to 90 degrees and lng from -180 to 180")]
pub struct InvalidPosition {
    /// North.
    pub lat: f64,
    /// East.
    pub lng: f64,
}

impl Position {
    /// `lat` degrees north and `lng` degrees east, at the time `at`.
    ///
    /// # Errors
    /// When these coordinates do not exist.
    pub fn new(lat: f64, lng: f64, at: DateTime<Utc>) -> Result<Self, InvalidPosition> {
        // No range contains NaN.
        let exists = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        exists
            .then_some(Self { lat, lng, at })
            .ok_or(InvalidPosition { lat, lng })
    }

    /// The same position, with a time that is not in the future.
    #[must_use]
    pub fn no_later_than(self, now: DateTime<Utc>) -> Self {
        Self {
            at: self.at.min(now),
            ..self
        }
    }

    /// Degrees north.
    pub fn lat(&self) -> f64 {
        self.lat
    }

    /// Degrees east.
    pub fn lng(&self) -> f64 {
        self.lng
    }

    /// When the rider was there.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_on_earth_are_positions() {
        let is_valid = |lat, lng| Position::new(lat, lng, Utc::now()).is_ok();
        for (lat, lng) in [(37.5665, 126.978), (-90.0, 180.0), (0.0, -0.0)] {
            assert!(is_valid(lat, lng), "{lat}, {lng}");
        }
        for (lat, lng) in [(90.1, 0.0), (0.0, -180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert!(!is_valid(lat, lng), "{lat}, {lng}");
        }
    }
}
