//! The operator's process: its program, its addresses, and its metrics.

use std::{
    io::{Error as IoError, ErrorKind},
    iter::Sum,
    path::PathBuf,
    str::FromStr,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Error, Result};

/// The operator's program in this checkout's target directory.
pub fn program() -> Result<PathBuf> {
    let program = fdp_checkout::programs().join("fdp");
    if program.is_file() {
        Ok(program)
    } else {
        Err(Error::NoOperator { program })
    }
}

/// A loopback address with a port that nobody else will use.
pub fn free_address() -> Result<String> {
    let port = fdp_ports::free().map_err(Error::Port)?;
    Ok(format!("127.0.0.1:{port}"))
}

/// A platform as users write it.
pub fn platform(namespace: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": name, "namespace": namespace },
        "spec": spec,
    })
}

/// The sum of a metric's samples whose labels contain that text, from the process that serves at `address`.
pub async fn metric<T: FromStr + Sum>(address: &str, name: &str, labels: &str) -> Result<T> {
    let unreadable = |source| Error::Metrics {
        address: address.to_owned(),
        source,
    };
    let text = metrics(address).await.map_err(unreadable)?;
    let samples = text.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(labels))
    });
    let sum: Option<T> = samples
        .map(|line| line.rsplit(' ').next()?.parse::<T>().ok())
        .sum();
    sum.ok_or_else(|| {
        IoError::new(
            ErrorKind::InvalidData,
            format!("{name} has a sample that cannot be parsed"),
        )
    })
    .map_err(unreadable)
}

/// The code and the body of the answer to a request for `path`.
pub(crate) async fn page(address: &str, path: &str) -> Result<(u16, String), IoError> {
    let answer = get(address, path).await?;
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    code.zip(body)
        .ok_or_else(|| IoError::new(ErrorKind::InvalidData, "no answer in HTTP"))
}

async fn metrics(address: &str) -> Result<String, IoError> {
    get(address, "/metrics").await
}

/// The whole answer, with its head.
async fn get(address: &str, path: &str) -> Result<String, IoError> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes())
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
