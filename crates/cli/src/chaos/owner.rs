//! Whose a connection is, as Linux tells under /proc.

use std::fs::{read_dir, read_link, read_to_string};
use std::net::SocketAddr;
use std::path::Path;

/// The process that holds the end `peer` of a connection to `here`, if it can be seen and still lives.
pub fn owner_of(peer: SocketAddr, here: SocketAddr) -> Option<u32> {
    let socket = format!("socket:[{}]", inode(peer.port(), here.port())?);
    let processes = read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| holds(*pid, Path::new(&socket)))
}

/// A line of the table is: number, local `address:port`, remote `address:port`, and as its tenth word the inode.
fn inode(local: u16, remote: u16) -> Option<String> {
    let table = read_to_string("/proc/net/tcp").ok()?;
    let ends = [format!(":{local:04X}"), format!(":{remote:04X}")];
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.len() > 9 && words[1].ends_with(&ends[0]) && words[2].ends_with(&ends[1]))?;
    Some(line[9].to_owned())
}

fn holds(pid: u32, socket: &Path) -> bool {
    let Ok(files) = read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| read_link(file.path()).is_ok_and(|target| target == socket))
}
