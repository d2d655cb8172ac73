//! A small HTTP/1.1 client: one request at a time on a kept-alive connection, as cheap as it can be.

mod answer;
mod connection;
mod server;

pub(crate) use answer::Answer;
pub(crate) use connection::{AskError, Body, Connection};
pub(crate) use server::{InvalidUrl, Server};
