//! Where the realm's Redis is: one server, or whichever of several leads.

use super::{cluster, sentinel};
use crate::StoreError;
use ::redis::io::tcp::TcpSettings;
use ::redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisResult};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SENTINEL: &str = "redis+sentinel://";
const SENTINEL_PORT: u16 = 26_379;
const CLUSTER: &str = "redis+cluster://";
const CLUSTER_PORT: u16 = 6_379;
/// Most replicas that may be asked to hold a write.
const REPLICAS_MAX: usize = 16;
/// A peer that acknowledges nothing for this long is gone, though nobody closed the connection.
const PEER_SILENT_MAX: Duration = Duration::from_secs(2);

pub(super) enum Address {
    One(Client),
    /// Others say who leads.
    Guided(Guides),
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
        let unclear = |why: String| StoreError::Unavailable(format!("redis url: {why}"));
        if let Some(rest) = url.strip_prefix(SENTINEL) {
            return Guides::sentinels(rest).map(Self::Guided).map_err(unclear);
        }
        if let Some(rest) = url.strip_prefix(CLUSTER) {
            return Guides::cluster(rest, key).map(Self::Guided).map_err(unclear);
        }
        let info = url.into_connection_info().map_err(|error| unclear(error.to_string()))?;
        Client::open(info.set_tcp_settings(settings())).map(Self::One).map_err(|error| unclear(error.to_string()))
    }

    /// The server that leads now.
    pub async fn master(&self) -> RedisResult<Client> {
        match self {
            Self::One(client) => Ok(client.clone()),
            Self::Guided(guides) => guides.master().await,
        }
    }

    /// Whether another server may lead at another time.
    pub fn may_change(&self) -> bool {
        matches!(self, Self::Guided(_))
    }

    /// How many replicas must hold a write before it is answered.
    pub fn replicas(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Guided(guides) => guides.replicas,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(client) => write!(f, "{}", client.get_connection_info().addr()),
            Self::Guided(guides) => write!(f, "what {:?} say", guides.nodes),
        }
    }
}

impl Guides {
    /// `[user:password@]host[:port],host[:port]/master[?replicas=n]`
    fn sentinels(text: &str) -> Result<Self, String> {
        let (login, text) = split_login(text)?;
        let (text, replicas) = split_replicas(text)?;
        let (nodes, name) =
            text.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or("must name the master after a /")?;
        Self::new(login, nodes, SENTINEL_PORT, Of::Master(name.to_owned()), replicas)
    }

    /// `[user:password@]host[:port],host[:port][?replicas=n]`
    fn cluster(text: &str, key: &str) -> Result<Self, String> {
        let (login, text) = split_login(text)?;
        let (nodes, replicas) = split_replicas(text)?;
        Self::new(login, nodes, CLUSTER_PORT, Of::Key(key.to_owned()), replicas)
    }

    fn new(login: RedisConnectionInfo, nodes: &str, port: u16, of: Of, replicas: usize) -> Result<Self, String> {
        let nodes = nodes.split(',').map(|text| node(text, port)).collect::<Result<_, _>>()?;
        Ok(Self { nodes, login, of, replicas, turn: AtomicUsize::new(0) })
    }

    async fn master(&self) -> RedisResult<Client> {
        let mut nodes = self.nodes.clone();
        nodes.rotate_left(self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len());
        let leader = match &self.of {
            Of::Master(name) => sentinel::leader(nodes, name, settings(), &self.login).await?,
            Of::Key(key) => cluster::leader(self.client(nodes.swap_remove(0))?, key).await?,
        };
        self.client(leader)
    }

    fn client(&self, at: ConnectionAddr) -> RedisResult<Client> {
        let info = at.into_connection_info()?.set_tcp_settings(settings()).set_redis_settings(self.login.clone());
        Client::open(info)
    }
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

fn node(text: &str, port: u16) -> Result<ConnectionAddr, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("has no port in {text}"))?),
        None => (text, port),
    };
    if host.is_empty() {
        return Err("must name a host".to_owned());
    }
    Ok(ConnectionAddr::Tcp(host.to_owned(), port))
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
            Ok(Address::Guided(guides)) => Ok(guides),
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
