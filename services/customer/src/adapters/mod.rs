//! How the outside reaches the use cases, and how the use cases reach the database and Kakao.

pub mod events;
pub mod http;
pub mod kakao;
pub mod storage;
