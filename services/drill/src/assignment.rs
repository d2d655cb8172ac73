//! Reads what the drill has to do, and refuses what cannot be done.

use crate::client::{InvalidUrl, Server};
use fdp_drill::{ASSIGNMENT, Arrivals, Assignment, Mix};

/// Why there is nothing to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssignmentError {
    #[error("there is no assignment in {ASSIGNMENT}")]
    Missing,
    #[error("the assignment in {ASSIGNMENT} cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("in the assignment, {0}")]
    Gateway(#[from] InvalidUrl),
    #[error("the assignment asks for no request: {0}")]
    Empty(&'static str),
}

/// The assignment in that text, and its gateway.
///
/// # Errors
/// When it is no assignment, or one without a request.
pub(crate) fn read(text: Option<&str>) -> Result<(Assignment, Server), AssignmentError> {
    let assignment: Assignment = serde_json::from_str(text.ok_or(AssignmentError::Missing)?)?;
    let gateway = Server::at_url(&assignment.gateway)?;
    if matches!(assignment.arrivals, Arrivals::Users(0) | Arrivals::PerSecond(0)) {
        return Err(AssignmentError::Empty("nobody arrives"));
    }
    let Mix {
        order: 0,
        browse: 0,
        cancel: 0,
    } = assignment.mix
    else {
        return Ok((assignment, gateway));
    };
    Err(AssignmentError::Empty("all parts of the mix are 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(Some(text)).map(drop).unwrap_err().to_string()
    }

    fn assignment(gateway: &str, users: u32, order: u32) -> String {
        format!(
            r#"{{"gateway":"{gateway}","customers":"drill-1","arrivals":{{"users":{users}}},
                "mix":{{"order":{order},"browse":0,"cancel":0}},"stages":[],"settleSeconds":1}}"#
        )
    }

    #[test]
    fn what_cannot_be_done_is_refused_in_words() {
        assert!(read(Some(&assignment("http://shop-gateway:8080", 1, 1))).is_ok());
        assert_eq!(
            read(None).map(drop).unwrap_err().to_string(),
            "there is no assignment in DRILL_ASSIGNMENT"
        );
        assert!(error("{}").contains("missing field `gateway`"));
        assert!(error(&assignment("shop-gateway", 1, 1)).contains("http://shop-gateway:8080"));
        assert!(error(&assignment("http://shop", 0, 1)).ends_with("nobody arrives"));
        assert!(error(&assignment("http://shop", 1, 0)).ends_with("all parts of the mix are 0"));
    }
}
