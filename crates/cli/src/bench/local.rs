//! Processes of a system that runs on this machine, found by the ports at which it is reached.

use super::usage::{LOAD, REDIS};
use std::collections::BTreeSet;
use std::fs::{read, read_dir, read_link, read_to_string};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tonic::transport::Uri;

const LISTENS: &str = "0A";
const CLUSTER: &str = "cluster";
/// All roles in one.
pub const DEV: &str = "dev";
const GENERATIONS_MAX: usize = 4;

/// Each by its role, and this one as the load; of a cluster all. None where it is reached elsewhere, or its processes are another user's.
pub fn processes(addresses: &[String]) -> Vec<(String, u32)> {
    let Some(places) = addresses.iter().map(|address| own_places(address)).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let places = places.concat();
    let sockets: BTreeSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| read_to_string(table).ok())
        .flat_map(|table| listening(&table, &places))
        .collect();
    let all = pids();
    let found: BTreeSet<u32> = all.iter().copied().filter(|pid| holds(*pid, &sockets)).collect();
    let clusters: BTreeSet<u32> =
        found.iter().filter_map(|pid| parent(*pid)).filter(|pid| subcommand(*pid) == CLUSTER).collect();
    let is_of_it = |pid: &u32| found.contains(pid) || (descends(*pid, &clusters) && is_measured(*pid));
    let mut processes: Vec<(String, u32)> = all.into_iter().filter(is_of_it).map(|pid| (role(pid), pid)).collect();
    if !processes.is_empty() {
        processes.push((LOAD.to_owned(), std::process::id()));
    }
    processes
}

/// Where an address of this machine may be; none where it is of another.
fn own_places(address: &str) -> Option<Vec<SocketAddr>> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let hosts = match host {
        "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        _ => vec![host.parse::<IpAddr>().ok().filter(IpAddr::is_loopback)?],
    };
    let port = uri.port_u16()?;
    Some(hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect())
}

/// The inodes of sockets that listen at one of the places: a table's columns are number, local address, remote address, state, and as tenth
/// the inode.
fn listening(table: &str, places: &[SocketAddr]) -> Vec<String> {
    let socket = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (host, port) = columns.get(1)?.rsplit_once(':')?;
        let (host, port) = (host_of(host)?, u16::from_str_radix(port, 16).ok()?);
        let is_there = |at: &SocketAddr| at.port() == port && (host.is_unspecified() || at.ip() == host);
        let listens = *columns.get(3)? == LISTENS && places.iter().any(is_there);
        listens.then(|| format!("socket:[{}]", columns.get(9).copied().unwrap_or_default()))
    };
    table.lines().filter_map(socket).collect()
}

/// The kernel writes an address as words of four bytes, each as a number of this machine.
fn host_of(hex: &str) -> Option<IpAddr> {
    let words = hex.as_bytes().chunks(8).map(|word| u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok());
    let bytes: Vec<u8> = words.collect::<Option<Vec<u32>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        _ => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    }
}

/// Whether it keeps its state in a Redis, which is no child of it.
pub fn is_on_redis(pid: u32) -> bool {
    let told = |what: &str| read(format!("/proc/{pid}/{what}")).unwrap_or_default();
    let says =
        |what: &str, word: &str| told(what).split(|byte| *byte == 0).any(|part| part.starts_with(word.as_bytes()));
    says("cmdline", "--redis") || says("environ", "MUSTER_REDIS=")
}

fn pids() -> Vec<u32> {
    let entries = read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn holds(pid: u32, sockets: &BTreeSet<String>) -> bool {
    let files = read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let mut links = files.filter_map(|file| read_link(file.path()).ok());
    links.any(|link| link.to_str().is_some_and(|link| sockets.contains(link)))
}

fn parent(pid: u32) -> Option<u32> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// A cluster's Redis is the child of its keeper.
fn descends(pid: u32, from: &BTreeSet<u32>) -> bool {
    std::iter::successors(parent(pid), |pid| parent(*pid)).take(GENERATIONS_MAX).any(|pid| from.contains(&pid))
}

/// Muster's own and Redis, not what keeps them.
fn is_measured(pid: u32) -> bool {
    let name = name(pid);
    name.starts_with("muster") || name.starts_with("redis")
}

fn name(pid: u32) -> String {
    read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
}

/// What it was told to be; `muster` alone is `dev`.
fn subcommand(pid: u32) -> String {
    let line = read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split('\0').nth(1).filter(|word| !word.is_empty()).unwrap_or(DEV).to_owned()
}

fn role(pid: u32) -> String {
    if name(pid).starts_with("redis") { REDIS.to_owned() } else { subcommand(pid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn who_listens_on_a_port_of_this_machine_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let own = std::process::id();
        let found = processes(std::slice::from_ref(&address));
        assert!(found.len() == 2 && found.iter().all(|(_, pid)| *pid == own), "{found:?}");
        drop(listener);
        assert_eq!(processes(&[address]), []);
    }

    #[test]
    fn what_is_reached_elsewhere_is_not_looked_for() {
        assert_eq!(own_places("https://play.example:443"), None);
        assert_eq!(own_places("http://127.0.0.1:7600"), Some(vec!["127.0.0.1:7600".parse().unwrap()]));
        assert_eq!(own_places("http://[::1]:7600"), Some(vec!["[::1]:7600".parse().unwrap()]));
        assert_eq!(processes(&["https://play.example:443".to_owned()]), []);
    }

    #[test]
    fn only_sockets_that_listen_on_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1DB0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100\n\
             1: 0100007F:1DB0 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100\n\
             2: 0100007F:1DB1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100\n";
        let at = |host: &str| [SocketAddr::new(host.parse().unwrap(), 0x1DB0)];
        assert_eq!(listening(table, &at("127.0.0.1")), ["socket:[4711]"]);
        assert_eq!(listening(table, &at("127.0.0.9")), [""; 0], "another's");
        let anywhere = table.replace("0100007F:1DB0 00000000", "00000000:1DB0 00000000");
        assert_eq!(listening(&anywhere, &at("127.0.0.9")), ["socket:[4711]"]);
        assert_eq!(host_of("00000000000000000000000001000000"), Some(Ipv6Addr::LOCALHOST.into()));
    }
}
