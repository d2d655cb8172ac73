//! Simulates the order saga in one process: the services' own use cases and reactions run with simulated time,
//! network, databases and broker, and one seed determines everything, so that a failing history can be repeated.

pub mod app;
pub mod broker;
pub mod bug;
pub mod consumer;
pub mod database;
pub mod deadlines;
pub mod deliveries;
pub mod endpoint;
pub mod engine;
pub mod fault_injector;
pub mod history;
pub mod ledger;
pub mod many;
pub mod network;
pub mod offers;
pub mod order_store;
pub mod people;
pub mod plan;
pub mod processes;
pub mod random;
pub mod readers;
pub mod receipts;
pub mod relay;
pub mod rest;
pub mod sabotage;
pub mod services;
pub mod shrink;
pub mod world;
