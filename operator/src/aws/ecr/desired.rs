//! The repositories that a platform needs.

use crate::aws::ecr::actual::ActualRepository;

/// The desired repositories, all with the same settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// The services, each with the name of its repository.
    pub repositories: Vec<(String, String)>,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
}

impl Desired {
    /// The names of all repositories.
    pub fn names(&self) -> Vec<String> {
        self.repositories.iter().map(|(_, name)| name.clone()).collect()
    }

    /// The services whose repositories exist, with their addresses.
    pub fn existing(&self, actual: &[ActualRepository]) -> Vec<(String, String)> {
        let uri = |name: &str| {
            actual
                .iter()
                .find(|repository| repository.ours && repository.name == name)
                .map(|repository| repository.uri.clone())
        };
        self.repositories
            .iter()
            .filter_map(|(service, name)| Some((service.clone(), uri(name)?)))
            .collect()
    }
}
