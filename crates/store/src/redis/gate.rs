//! What is answered must outlive the master: an answer passes the gate once so many replicas hold all that was written before it.
//!
//! The gate writes a key of its own and waits for it with `WAIT`: whatever the master wrote before, on whichever connection, comes before
//! it in what the replicas are sent. Those who come while it waits go through together at the next turn.

use super::master::{RESPONSE_MAX, connecting};
use ::redis::aio::MultiplexedConnection;
use ::redis::{Client, ErrorKind, RedisError, RedisResult, pipe};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long one turn waits for the replicas.
const WAIT_MAX: Duration = Duration::from_millis(400);

pub(super) struct Gate {
    replicas: usize,
    key: String,
    /// How many have asked to pass.
    asked: AtomicU64,
    /// Counts connections; 0 while there is none.
    open: AtomicU64,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    connection: Option<MultiplexedConnection>,
    /// Connections so far.
    opened: u64,
    /// All who asked before this one have passed.
    passed: u64,
}

/// The right to ask, which is had before anything is written: a master that began anew since then may have forgotten what it wrote, and
/// ends the gate's connection.
#[derive(Clone, Copy)]
pub(super) struct Entered(u64);

impl Gate {
    pub fn new(replicas: usize, key: String) -> Self {
        Self { replicas, key, asked: AtomicU64::new(0), open: AtomicU64::new(0), turns: Mutex::default() }
    }

    pub async fn enter(&self, client: &Client) -> RedisResult<Entered> {
        match self.open.load(SeqCst) {
            0 => {}
            opened => return Ok(Entered(opened)),
        }
        let mut turns = self.turns.lock().await;
        if turns.connection.is_none() {
            // It may stand behind a turn that was given up.
            let config = connecting().set_response_timeout(Some(RESPONSE_MAX));
            turns.connection = Some(client.get_multiplexed_async_connection_with_config(&config).await?);
            turns.opened += 1;
            self.open.store(turns.opened, SeqCst);
        }
        Ok(Entered(turns.opened))
    }

    /// Waits until the replicas hold everything that was written so far.
    pub async fn pass(&self, entered: Entered) -> RedisResult<()> {
        let place = self.asked.fetch_add(1, SeqCst);
        let mut turns = self.turns.lock().await;
        if turns.opened != entered.0 {
            return Err(unsure("the gate was closed meanwhile"));
        }
        if turns.passed > place {
            return Ok(());
        }
        let upto = self.asked.load(SeqCst);
        // Whoever gives up in the middle leaves it open: the next turn's answer comes behind his.
        let turned = match turns.connection.clone() {
            Some(mut connection) => self.turn(&mut connection, upto).await,
            None => Err(unsure("the gate was closed meanwhile")),
        };
        match turned {
            Ok(()) => turns.passed = upto,
            Err(_) => {
                turns.connection = None;
                self.open.store(0, SeqCst);
            }
        }
        turned
    }

    async fn turn(&self, connection: &mut MultiplexedConnection, upto: u64) -> RedisResult<()> {
        let mut asking = pipe();
        asking.cmd("SET").arg(&self.key).arg(upto).ignore();
        asking.cmd("WAIT").arg(self.replicas).arg(WAIT_MAX.as_millis() as u64);
        let (held,): (usize,) = asking.query_async(connection).await?;
        if held < self.replicas {
            return Err(unsure(&format!("{held} of {} replicas hold it after {WAIT_MAX:?}", self.replicas)));
        }
        Ok(())
    }
}

fn unsure(why: &str) -> RedisError {
    RedisError::from((ErrorKind::Io, "not known to be replicated", why.to_owned()))
}
