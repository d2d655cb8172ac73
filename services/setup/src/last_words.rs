//! What the setup tells the operator as it ends, which reads the last words of a container.

use crate::databases::DatabasesError;
use crate::mongodb::MongodbError;
use crate::owner::Clash;
use crate::refusals::SignInRefused;
use crate::topics::TopicsError;
use fdp_catalogue::variables;
use std::path::Path;

/// The words about an error that somebody has to mend: names that are another platform's, or credentials that a server
/// refuses.
pub fn of(error: &anyhow::Error) -> Option<String> {
    if let Some(refused) = error.downcast_ref() {
        return Some(of_refusal(refused));
    }
    if let Some(of_mongodb) = error.downcast_ref() {
        return Some(match of_mongodb {
            MongodbError::Clash(clash) => of_clash(clash),
            MongodbError::SignIn(refused) => of_refusal(refused),
        });
    }
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(DatabasesError::Clash(clash)), _) | (_, Some(TopicsError::Clash(clash))) => {
            Some(of_clash(clash))
        }
        (Some(DatabasesError::SignIn(refused)), _) | (_, Some(TopicsError::SignIn(refused))) => {
            Some(of_refusal(refused))
        }
        _ => None,
    }
}

fn of_clash(clash: &Clash) -> String {
    format!("{} {}: {clash}", variables::CLASH, clash.server())
}

fn of_refusal(SignInRefused { server, answer }: &SignInRefused) -> String {
    // The operator reads one line.
    let answer: Vec<&str> = answer.split_whitespace().collect();
    format!("{} {server}: {}", variables::REFUSED, answer.join(" "))
}

/// The words about another platform that has the same topics.
pub fn of_shared_topics(other: &str) -> String {
    format!("{} kafka: {other}", variables::SHARED)
}

/// Writes the words where the operator finds them.
pub fn tell(words: &str, file: &Path) {
    if let Err(error) = std::fs::write(file, words) {
        tracing::warn!(%error, file = %file.display(), "the operator cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn credentials_that_are_refused_are_told_with_the_server_that_refuses_them() {
        let refused = SignInRefused {
            server: "mongodb",
            answer: "Authentication failed.".to_owned(),
        };
        let error = Err::<(), _>(MongodbError::from(refused)).context("signing in to MongoDB");
        let words = of(&error.unwrap_err()).unwrap();
        assert_eq!(words, "SignInRefused mongodb: Authentication failed.");
        assert_eq!(of(&anyhow::anyhow!("something else")), None);
    }
}
