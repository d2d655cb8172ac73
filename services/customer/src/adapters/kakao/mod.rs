//! The `KakaoTalk` message API of Kakao Developers (<https://developers.kakao.com/docs/latest/en/kakaotalk-message/rest-api>).
//!
//! One Kakao account, which has signed in to this platform's app, sends all messages to its friends there.

mod client;
mod error;
mod response;
mod settings;
mod template;
mod tokens;

pub use client::Kakao;
pub use error::KakaoError;
pub use settings::KakaoSettings;
