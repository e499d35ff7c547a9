//! Where the realm's Redis is: one server, or whichever of several leads.

use super::trust::{Authority, Trust};
use super::{cluster, sentinel};
use crate::StoreError;
use ::redis::io::tcp::TcpSettings;
use ::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisResult};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fmt, io};

/// Each scheme, and what it is with TLS.
const SENTINEL: [&str; 2] = ["redis+sentinel://", "rediss+sentinel://"];
const SENTINEL_PORT: u16 = 26_379;
const CLUSTER: [&str; 2] = ["redis+cluster://", "rediss+cluster://"];
const CLUSTER_PORT: u16 = 6_379;
/// Most replicas that may be asked to hold a write.
const REPLICAS_MAX: usize = 16;
/// A peer that acknowledges nothing for this long is gone, though nobody closed the connection.
const PEER_SILENT_MAX: Duration = Duration::from_secs(2);

pub(super) struct Address {
    place: Place,
    /// Set once, before anything is asked.
    authority: OnceLock<Authority>,
}

enum Place {
    One(ConnectionInfo),
    /// Others say who leads.
    Guided(Guides),
}

/// One server, and by whose word it is taken for that.
pub(super) struct Server {
    pub client: Client,
    trust: Trust,
}

/// Who says which server leads, and of what.
pub(super) struct Guides {
    nodes: Vec<ConnectionAddr>,
    /// For the server that leads; a cluster's nodes are asked under it, too.
    login: RedisConnectionInfo,
    of: Of,
    /// How many replicas must hold a write before it is answered.
    pub replicas: usize,
    /// Who is asked first: one that hangs is not asked first for ever.
    turn: AtomicUsize,
}

enum Of {
    /// What sentinels call the master.
    Master(String),
    /// A key; a cluster has a master for its slot.
    Key(String),
}

impl Address {
    /// `key` is in the slot of all of the realm's.
    pub fn parse(url: &str, key: &str) -> Result<Self, StoreError> {
        let place = Place::parse(url, key);
        let place = place.map_err(|why| StoreError::Unavailable(format!("redis url: {why}")))?;
        Ok(Self { place, authority: OnceLock::new() })
    }

    /// Trusts, over TLS, whomever the authorities in this file vouch for.
    pub fn trust(&self, authority: PathBuf) -> io::Result<()> {
        if !self.is_encrypted() {
            let why =
                "the Redis URL asks for no TLS: it must begin with rediss://, rediss+sentinel:// or rediss+cluster://";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let authority = Authority::of(authority)?;
        self.authority.set(authority).map_err(|_| io::Error::other("an authority is trusted already"))
    }

    /// The server that leads now.
    pub async fn master(&self) -> RedisResult<Server> {
        let trust = self.authority.get().map(Authority::trust).transpose()?.unwrap_or_default();
        let client = match &self.place {
            Place::One(info) => trust.client(info.clone())?,
            Place::Guided(guides) => guides.master(&trust).await?,
        };
        Ok(Server { client, trust })
    }

    pub fn is_encrypted(&self) -> bool {
        let at = match &self.place {
            Place::One(info) => Some(info.addr()),
            Place::Guided(guides) => guides.nodes.first(),
        };
        matches!(at, Some(ConnectionAddr::TcpTls { .. }))
    }

    /// Whether another server may lead at another time, or another authority vouch for it.
    pub fn may_change(&self) -> bool {
        matches!(self.place, Place::Guided(_)) || self.authority.get().is_some()
    }

    /// How many replicas must hold a write before it is answered.
    pub fn replicas(&self) -> usize {
        match &self.place {
            Place::One(_) => 0,
            Place::Guided(guides) => guides.replicas,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::One(info) => write!(f, "{}", info.addr()),
            Place::Guided(guides) => write!(f, "what {:?} say", guides.nodes),
        }
    }
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        self.client.get_connection_info().addr() == other.client.get_connection_info().addr()
            && self.trust == other.trust
    }
}

impl Place {
    fn parse(url: &str, key: &str) -> Result<Self, String> {
        if let Some((rest, is_encrypted)) = without_scheme(url, SENTINEL) {
            return Guides::sentinels(rest, is_encrypted).map(Self::Guided);
        }
        if let Some((rest, is_encrypted)) = without_scheme(url, CLUSTER) {
            return Guides::cluster(rest, is_encrypted, key).map(Self::Guided);
        }
        let info = url.into_connection_info().map_err(|error| error.to_string())?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err("#insecure would believe any certificate".to_owned());
        }
        let login = nameless(info.redis_settings().clone());
        Ok(Self::One(info.set_tcp_settings(settings()).set_redis_settings(login)))
    }
}

impl Guides {
    /// `[user:password@]host[:port],host[:port]/master[?replicas=n]`
    fn sentinels(text: &str, is_encrypted: bool) -> Result<Self, String> {
        let (login, text) = split_login(text)?;
        let (text, replicas) = split_replicas(text)?;
        let (nodes, name) =
            text.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or("must name the master after a /")?;
        let nodes = nodes_of(nodes, SENTINEL_PORT, is_encrypted)?;
        Ok(Self::new(login, nodes, Of::Master(name.to_owned()), replicas))
    }

    /// `[user:password@]host[:port],host[:port][?replicas=n]`
    fn cluster(text: &str, is_encrypted: bool, key: &str) -> Result<Self, String> {
        let (login, text) = split_login(text)?;
        let (nodes, replicas) = split_replicas(text)?;
        let nodes = nodes_of(nodes, CLUSTER_PORT, is_encrypted)?;
        Ok(Self::new(login, nodes, Of::Key(key.to_owned()), replicas))
    }

    fn new(login: RedisConnectionInfo, nodes: Vec<ConnectionAddr>, of: Of, replicas: usize) -> Self {
        Self { nodes, login: nameless(login), of, replicas, turn: AtomicUsize::new(0) }
    }

    async fn master(&self, trust: &Trust) -> RedisResult<Client> {
        let mut nodes = self.nodes.clone();
        nodes.rotate_left(self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len());
        match &self.of {
            Of::Master(name) => {
                // Sentinels have users of their own, or none.
                let login = nameless(RedisConnectionInfo::default());
                let sentinels =
                    nodes.into_iter().map(|at| client(at, login.clone(), trust)).collect::<Result<_, _>>()?;
                let master = client(sentinel::leader(sentinels, name).await?, self.login.clone(), trust)?;
                sentinel::confirm(&master).await.map(|()| master)
            }
            Of::Key(key) => {
                let node = client(nodes.swap_remove(0), self.login.clone(), trust)?;
                client(cluster::leader(node, key).await?, self.login.clone(), trust)
            }
        }
    }
}

fn client(at: ConnectionAddr, login: RedisConnectionInfo, trust: &Trust) -> RedisResult<Client> {
    trust.client(at.into_connection_info()?.set_tcp_settings(settings()).set_redis_settings(login))
}

/// What follows the scheme, where it is one of these, and whether it is the one with TLS.
fn without_scheme<'a>(url: &'a str, [plain, encrypted]: [&str; 2]) -> Option<(&'a str, bool)> {
    let plain = url.strip_prefix(plain).map(|rest| (rest, false));
    plain.or_else(|| url.strip_prefix(encrypted).map(|rest| (rest, true)))
}

/// A connection does not say whose library made it: a user would need a permission for that, of which Redis 7.0 does not know.
fn nameless(login: RedisConnectionInfo) -> RedisConnectionInfo {
    login.set_skip_set_lib_name()
}

/// User and password, as a `redis://` URL has them, `%XX` included, and what follows. A password may hold an `@` itself; without a user
/// it is the default one's.
fn split_login(text: &str) -> Result<(RedisConnectionInfo, &str), String> {
    let Some((written, rest)) = text.rsplit_once('@') else { return Ok((RedisConnectionInfo::default(), text)) };
    if !written.contains(':') {
        return Err("must have user:password before the @".to_owned());
    }
    let info = format!("redis://{written}@localhost")
        .into_connection_info()
        .map_err(|_| "must have %XX for each / ? # in user:password".to_owned())?;
    Ok((info.redis_settings().clone(), rest))
}

/// What is before it, and how many; 1 unless it says so.
fn split_replicas(text: &str) -> Result<(&str, usize), String> {
    let Some((rest, query)) = text.split_once('?') else { return Ok((text, 1)) };
    let count = query.strip_prefix("replicas=").and_then(|count| count.parse().ok());
    let count = count.filter(|count| *count <= REPLICAS_MAX);
    Ok((rest, count.ok_or_else(|| format!("must end with ?replicas=n, 0 to {REPLICAS_MAX}, or without it"))?))
}

/// `host[:port],host[:port]`
fn nodes_of(text: &str, port: u16, is_encrypted: bool) -> Result<Vec<ConnectionAddr>, String> {
    text.split(',').map(|text| node(text, port, is_encrypted)).collect()
}

fn node(text: &str, port: u16, is_encrypted: bool) -> Result<ConnectionAddr, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("has no port in {text}"))?),
        None => (text, port),
    };
    if host.is_empty() {
        return Err("must name a host".to_owned());
    }
    Ok(match is_encrypted {
        true => encrypted(host.to_owned(), port),
        false => ConnectionAddr::Tcp(host.to_owned(), port),
    })
}

fn encrypted(host: String, port: u16) -> ConnectionAddr {
    ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
}

/// Another server that is reached as this one is; at the same host where it names none.
pub(super) fn beside(known: &ConnectionAddr, host: Option<String>, port: u16) -> ConnectionAddr {
    match known {
        ConnectionAddr::TcpTls { host: same, .. } => encrypted(host.unwrap_or_else(|| same.clone()), port),
        ConnectionAddr::Tcp(same, _) => ConnectionAddr::Tcp(host.unwrap_or_else(|| same.clone()), port),
        other => other.clone(),
    }
}

fn settings() -> TcpSettings {
    TcpSettings::default().set_nodelay(true).set_user_timeout(PEER_SILENT_MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it is sure of")]
mod tests {
    use super::*;

    fn guides(url: &str) -> Result<Guides, String> {
        match Address::parse(url, "{realm}") {
            Ok(Address { place: Place::Guided(guides), .. }) => Ok(guides),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn an_address_names_whom_to_ask_and_how_many_replicas_must_hold_a_write() {
        let at = |host: &str, port| ConnectionAddr::Tcp(host.into(), port);
        let one = guides("redis+sentinel://one:1,two/muster").unwrap();
        assert_eq!((one.nodes, one.replicas), (vec![at("one", 1), at("two", SENTINEL_PORT)], 1));
        assert!(matches!(one.of, Of::Master(name) if name == "muster"));
        let other = guides("redis+cluster://me:s3%3F@cr%25et@one?replicas=0").unwrap();
        assert_eq!((other.nodes, other.replicas), (vec![at("one", CLUSTER_PORT)], 0));
        assert!(matches!(other.of, Of::Key(key) if key == "{realm}"));
        assert_eq!((other.login.username(), other.login.password()), (Some("me"), Some("s3?@cr%et")));
        let both = [guides("rediss+sentinel://one/muster").unwrap(), guides("rediss+cluster://one").unwrap()];
        for (asked, port) in both.into_iter().zip([SENTINEL_PORT, CLUSTER_PORT]) {
            assert_eq!(asked.nodes, [encrypted("one".into(), port)]);
        }
        let third = guides("redis+cluster://:secret@one").unwrap();
        assert_eq!((third.login.username(), third.login.password()), (None, Some("secret")));
    }

    #[test]
    fn an_address_that_says_something_else_is_refused() {
        for (url, why) in [
            ("redis+sentinel://one", "must name the master"),
            ("redis+sentinel://one/", "must name the master"),
            ("redis+sentinel://:1/muster", "must name a host"),
            ("redis+cluster://", "must name a host"),
            ("redis+cluster://one:x", "no port"),
            ("redis+sentinel://me@one/muster", "user:password"),
            ("redis+cluster://me:s3?cret@one", "%XX"),
            ("redis+sentinel://one/muster?replicas=17", "?replicas=n, 0 to 16"),
            ("redis+cluster://one?db=1", "?replicas=n, 0 to 16"),
        ] {
            let error = guides(url).map(drop).unwrap_err();
            assert!(error.contains(why), "{url}: {error}");
        }
    }
}
