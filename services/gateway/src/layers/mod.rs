//! The layers of the gateway, in the order in which a request passes them.

pub(crate) mod problem_pages;

pub(crate) mod read_only;

pub(crate) mod client_address;

pub mod authentication;

pub mod rate_limit;

pub(crate) mod access;

pub(crate) mod upgrade;

pub(crate) mod body_limit;

pub(crate) mod forwarding;

pub mod proxy;
