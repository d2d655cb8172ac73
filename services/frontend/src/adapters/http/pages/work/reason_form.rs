//! The part of a form that asks for a reason: a choice of usual ones, and a field for others.

use super::form::{Fields, TypedReason};
use super::message::{Message, Notice};
use super::text::WorkText;
use crate::domain::usual_reason::UsualReason;

/// What asks for a reason.
#[derive(Debug)]
pub(super) struct ReasonForm {
    /// What opens it.
    pub(super) opens_by: &'static str,
    /// Its button.
    pub(super) button: &'static str,
    /// The command that it gives.
    pub(super) command: &'static str,
    /// What to know before.
    pub(super) note: &'static str,
    /// The usual reasons.
    pub(super) choices: Vec<Choice>,
    /// What was typed.
    pub(super) own: String,
    /// Whether it is open already, since it was sent and has to be changed.
    pub(super) is_open: bool,
}

/// A usual reason.
#[derive(Debug)]
pub(super) struct Choice {
    /// What is sent.
    pub(super) words: &'static str,
    /// What is read.
    pub(super) label: &'static str,
    /// Whether it was chosen.
    pub(super) is_chosen: bool,
}

impl ReasonForm {
    /// The form that gives `command`, with what was `typed` into it if it was sent before.
    pub(super) fn new(
        text: &WorkText,
        command: &'static str,
        [opens_by, button, note]: [&'static str; 3],
        usual: &[UsualReason],
        typed: Option<&TypedReason>,
    ) -> Self {
        let choice = |reason: &UsualReason| Choice {
            words: reason.words(),
            label: text.usual_reason(*reason),
            is_chosen: typed.is_some_and(|typed| typed.usual == reason.words()),
        };
        Self {
            opens_by,
            button,
            command,
            note,
            choices: usual.iter().map(choice).collect(),
            own: typed.map(|typed| typed.own.clone()).unwrap_or_default(),
            is_open: typed.is_some(),
        }
    }
}

/// The reason that a form gives.
///
/// # Errors
/// When there is none, or one that services do not accept.
pub(super) fn reason(fields: &Fields) -> Result<String, Notice> {
    let typed = TypedReason::of(fields);
    typed.reason().ok_or_else(|| {
        let message = if typed.own.is_empty() {
            Message::ReasonMissing
        } else {
            Message::InvalidText
        };
        Notice::invalid(message)
    })
}
