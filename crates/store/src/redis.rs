//! The store on Redis 7: each verb is one script, or one command where it only reads.

mod address;
mod arrivals;
mod batch;
mod cluster;
mod doubts;
mod encode;
mod fault;
mod gate;
mod leases;
mod link;
mod listed;
mod master;
mod matches;
mod outbox;
mod packed;
mod passed_over;
mod prelude;
mod range;
mod recent;
mod round_trip;
mod row;
mod scripts;
mod sentinel;
mod tickets;
mod trust;

use self::link::{Ask, Link};
use self::passed_over::PassedOver;
pub use self::round_trip::{Observer, Operation, RoundTrip, RoundTripEnd};
use self::row::Reply;
use self::scripts::Call;
pub use self::scripts::Scripts;
use crate::{Bounds, StoreError};
use ::redis::Value;
use domain::RealmId;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A realm on Redis. Cheap to share behind an `Arc`: its commands go over one connection without waiting for one another.
#[derive(Debug)]
pub struct RedisStore {
    link: Arc<Link>,
    /// `{realm}`: the hash tag puts all of the realm's keys in one slot.
    prefix: String,
    /// Tells this handle from those of other processes that were given the same name: two of them must not lead as one.
    process: String,
    bounds: Bounds,
    scripts: &'static Scripts,
    passed_over: PassedOver,
}

impl RedisStore {
    /// Takes `redis://host:port/db`, `unix:///path`, `redis+unix:///path`, or one of
    /// - `redis+sentinel://[user:password@]host[:port],host[:port]/master[?replicas=n]`, to follow the master that these sentinels name;
    /// - `redis+cluster://[user:password@]host[:port],host[:port][?replicas=n]`, to follow the master of the realm's slot.
    ///
    /// Then what it wrote is answered once `n` replicas hold it (0 to 16; 1 unless said).
    ///
    /// With `rediss` in place of `redis` every connection is encrypted, and the server's certificate must be for the host that is
    /// named, and be vouched for by a public authority or by those of [`RedisStore::trusting`].
    ///
    /// Must be called within a Tokio runtime. Does not wait for Redis: while it is away, or has too few replicas, each verb answers
    /// [`StoreError::Unavailable`] within 900 ms; range and arrivals, where they read large parties too, within twice that.
    ///
    /// Errors with [`StoreError::Unavailable`] when the url cannot be understood.
    pub fn connect(url: &str, realm: RealmId) -> Result<Self, StoreError> {
        Self::connect_within(url, realm, Bounds::default())
    }

    /// As [`RedisStore::connect`], with bounds of one's own.
    pub fn connect_within(url: &str, realm: RealmId, bounds: Bounds) -> Result<Self, StoreError> {
        let prefix = format!("{{{realm}}}");
        let process = format!("{:016x}", RandomState::new().build_hasher().finish());
        let (link, passed_over) = (Arc::new(Link::open(url, &prefix)?), PassedOver::default());
        Ok(Self { link, prefix, process, bounds, scripts: &scripts::WRITTEN, passed_over })
    }

    /// The same store, which trusts whomever the authorities in this file (PEM) vouch for, and nobody else. The file is read again
    /// whenever a connection failed; those that stand are not asked anew.
    ///
    /// Errors when the URL asks for no TLS, or nothing in the file can be trusted.
    pub fn trusting(self, authority: PathBuf) -> io::Result<Self> {
        self.link.trust(authority)?;
        Ok(self)
    }

    /// The same store with other scripts, for tests of what each of their lines is for.
    #[cfg(feature = "testing")]
    pub fn with_scripts(self, scripts: &'static Scripts) -> Self {
        Self { scripts, ..self }
    }

    /// The same store as this process's, for tests that compare its fences.
    #[cfg(feature = "testing")]
    pub fn with_process(self, process: &str) -> Self {
        Self { process: process.to_owned(), ..self }
    }

    /// The same store, which tells `observer` of every round trip.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        self.link.observe(observer);
        self
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    async fn run(&self, call: Call) -> Result<Value, StoreError> {
        self.link.ask(Ask::Script(Arc::new(call))).await
    }

    /// Asks without a script; what is wrong with `key` is said to be.
    async fn read(&self, ask: Ask, key: &str) -> Result<Value, StoreError> {
        self.link.ask(ask).await.map_err(|error| about(key, error))
    }

    /// Runs a script whose answer begins with a status.
    async fn run_reply(&self, call: Call) -> Result<Reply, StoreError> {
        Reply::of(self.run(call).await?)
    }

    /// Runs a script that answers 1 or 0.
    async fn run_flag(&self, call: Call) -> Result<bool, StoreError> {
        match self.run(call).await? {
            Value::Int(flag) => Ok(flag != 0),
            other => Err(row::unexpected(&other)),
        }
    }
}

/// Names the key that a command could not read; scripts name theirs themselves.
fn about(key: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Corrupt(text) => StoreError::Corrupt(format!("{key}: {text}")),
        away @ StoreError::Unavailable(_) => away,
    }
}
