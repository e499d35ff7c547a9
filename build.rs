//! Compiles `proto/` in pure Rust (no protoc to install) and keeps the descriptors for server reflection.

use prost::Message;
use std::{env, error::Error, fs, path::PathBuf};

const SERVICES: [&str; 6] = [
    "proto/muster/v1/queue.proto",
    "proto/muster/v1/play.proto",
    "proto/muster/v1/matchmaker.proto",
    "proto/muster/v1/mover.proto",
    "proto/muster/v1/playserver.proto",
    "proto/muster/v1/inspect.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(SERVICES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("muster.descriptors"), descriptors.encode_to_vec())?;
    // Parties and sheets pass through services untouched: `Bytes` shares the buffer they arrived in.
    tonic_prost_build::configure().bytes(".muster.v1").btree_map(".muster.v1").compile_fds(descriptors)?;
    Ok(())
}
