//! Tests what the program `fdp-cluster` reports before it starts anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::process::Command;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fdp-cluster"))
}

#[test]
fn a_taken_port_is_named_with_its_holder_before_any_work() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = program()
        .args(["--name", "test-port", "up", "--api-port", &port])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains(&format!("port {port}")) && text.contains(&std::process::id().to_string()),
        "{text}"
    );
}

#[test]
fn all_problems_are_shown_at_once_each_on_its_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = program()
        .args([
            "--name",
            "Not a name",
            "preflight",
            "--nodes",
            "12",
            "--api-port",
            &port,
        ])
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for word in ["12 nodes", "Not a name", "Go, which compiles Kubernetes", &port] {
        assert!(
            text.lines()
                .any(|line| line.contains(word) && line.contains(" — ")),
            "{word}: {text}"
        );
    }
}
