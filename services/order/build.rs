//! Generates the gRPC code from `proto/order.proto`. The build needs no `protoc` binary, only Cargo.

use std::env;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = protox::compile(["order.proto"], ["proto"])?;
    let set = PathBuf::from(env::var("OUT_DIR")?).join("order.bin");
    std::fs::write(set, prost::Message::encode_to_vec(&descriptors))?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
