//! The language of messages in requests and responses.

use crate::domain::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The language of messages.
#[derive(Serialize, Deserialize, Clone, Copy, Default, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum LanguageBody {
    #[default]
    Ko,
    En,
}

impl From<LanguageBody> for Language {
    fn from(body: LanguageBody) -> Self {
        match body {
            LanguageBody::Ko => Self::Korean,
            LanguageBody::En => Self::English,
        }
    }
}

impl From<Language> for LanguageBody {
    fn from(language: Language) -> Self {
        language.pick(Self::Ko, Self::En)
    }
}
