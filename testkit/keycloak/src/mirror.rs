//! A service whose responses contain the caller in the gateway's header.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Starts the service and returns its loopback port. It runs until the test program ends.
///
/// # Errors
/// When no port is free.
pub fn start() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listening on a loopback port")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || answer(connection));
        }
    });
    Ok(port)
}

/// Responds to every request on the connection with the value of the gateway's header.
fn answer(mut connection: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    loop {
        let mut caller = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.strip_prefix("x-fdp-caller: ") {
                value.trim().clone_into(&mut caller);
            }
            if line == "\r\n" {
                break;
            }
        }
        let body = format!("{{\"caller\":\"{caller}\"}}");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(format!("{head}{body}").as_bytes())?;
    }
}
