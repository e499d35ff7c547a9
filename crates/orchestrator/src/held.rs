//! What is kept of a ticket that waits here, and told of it. There may be a million, so what many have in common is kept once.

use crate::config::OLDEST_AHEAD_MS;
use crate::hash;
use crate::waiting::Waiting;
use api::v1;
use chassis::{Describe, Hold, Holdings};
use domain::{
    Encoded, Invalid, PackedTraceparent, Party, Placement, QueueName, Rules, RulesVersion, TicketId, Traceparent,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use telemetry::Share;

/// Standings known before those that nobody has any more are forgotten, at least.
const STANDINGS_MIN: usize = 64;

/// A ticket in one of its queues, from when it is to be looked for here until it need not be.
pub struct Kept {
    pub id: TicketId,
    standing: Counted,
    party: Box<[u8]>,
    pub rating: f64,
    queued_ms: u64,
    tries: u32,
    looks: AtomicU32,
    /// None where it has no trace.
    trace: Option<PackedTraceparent>,
}

/// Where tickets stand, and the rules they were last looked for under.
struct Standing {
    rules: Arc<Rules>,
    pool: String,
    region: String,
    /// In what this process tells of how many it looks for.
    share: Share,
}

/// Counted as one of a standing's until it is dropped.
struct Counted(Arc<Standing>);

type Key = (QueueName, RulesVersion, String, String);

/// Who waits here.
#[derive(Default)]
pub struct Register {
    holdings: Holdings,
    standings: Mutex<HashMap<Key, Arc<Standing>>>,
}

impl Register {
    pub fn new(holdings: Holdings) -> Self {
        Self { holdings, standings: Mutex::default() }
    }

    /// How many are held here, those who are looked for just now among them.
    pub fn count(&self) -> usize {
        self.holdings.count()
    }

    /// Shows a ticket among what is held here, until it is dropped.
    #[must_use]
    pub fn keep(&self, mut waiting: Waiting) -> Waiting {
        waiting.held = Some(self.hold(&mut waiting));
        waiting
    }

    /// Its hold, taken from it where it has one.
    pub fn hold(&self, waiting: &mut Waiting) -> Hold<Kept> {
        let held = waiting.held.take();
        let held = held.unwrap_or_else(|| self.holdings.hold(Kept::of(waiting, Counted::new(self.standing(waiting)))));
        held.looks.store(waiting.looks, Ordering::Relaxed);
        held
    }

    fn standing(&self, waiting: &Waiting) -> Arc<Standing> {
        let (rules, Placement { queue, pool, region, .. }) = (&waiting.rules, &waiting.place);
        let mut standings = self.standings.lock();
        if standings.len() >= STANDINGS_MIN && standings.len() == standings.capacity() {
            standings.retain(|_, standing| Arc::strong_count(standing) > 1);
        }
        let key = (queue.clone(), rules.version(), pool.clone(), region.clone());
        let standing = || {
            let share = telemetry::metrics().waiting(queue.as_str(), region);
            share.set(0);
            Arc::new(Standing { rules: rules.clone(), pool: pool.clone(), region: region.clone(), share })
        };
        standings.entry(key).or_insert_with(standing).clone()
    }
}

impl Kept {
    fn of(waiting: &Waiting, standing: Counted) -> Self {
        Self {
            id: waiting.id,
            standing,
            party: (*api::encode_party(&waiting.party).0).into(),
            rating: waiting.place.rating,
            queued_ms: waiting.queued_ms,
            tries: waiting.tries,
            looks: AtomicU32::default(),
            trace: Traceparent::parse(&waiting.trace).and_then(|trace| trace.packed()),
        }
    }

    pub fn queue(&self) -> &QueueName {
        self.standing.0.rules.queue()
    }

    /// A number that tickets of its queue and pool share, and hardly any others.
    pub fn pool(&self) -> u32 {
        pool(self.queue(), &self.standing.0.pool)
    }

    /// When a sweeper begins to ask for it, in ms since the Unix epoch.
    pub fn asked_for_ms(&self) -> u64 {
        self.queued_ms + self.standing.0.rules.longest_wait_ms().saturating_sub(OLDEST_AHEAD_MS)
    }

    /// As it was when it was last put aside.
    pub fn waiting(&self) -> Result<Waiting, Invalid> {
        let Standing { rules, pool, region, .. } = &*self.standing.0;
        let (queue, pool, region) = (rules.queue().clone(), pool.clone(), region.clone());
        let place = Placement { queue, pool, region, rating: self.rating };
        let (rules, party) = (rules.clone(), Arc::new(self.party()?));
        let (tries, looks, trace) = (self.tries, self.looks.load(Ordering::Relaxed), self.trace().into());
        Ok(Waiting { tries, looks, trace, ..Waiting::new(self.id, rules, party, place, self.queued_ms) })
    }

    /// Empty where it has none.
    fn trace(&self) -> String {
        self.trace.map(|trace| trace.to_string()).unwrap_or_default()
    }

    fn party(&self) -> Result<Party, Invalid> {
        api::decode_party(&Encoded(self.party.to_vec().into()))
    }
}

/// A number that tickets of one queue and pool share, and hardly any others.
pub fn pool(queue: &QueueName, pool: &str) -> u32 {
    hash::stable((queue, pool)) as u32
}

impl Counted {
    fn new(standing: Arc<Standing>) -> Self {
        standing.share.add(1);
        Self(standing)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.share.add(-1);
    }
}

impl Waiting {
    /// Notes one more look.
    pub fn note_look(&self) {
        if let Some(held) = &self.held {
            held.looks.store(self.looks.saturating_add(1), Ordering::Relaxed);
            held.changed();
        }
    }
}

impl Describe for Kept {
    fn describe(&self) -> v1::Hold {
        let party =
            self.party().inspect_err(|error| tracing::error!(ticket_id = %self.id, %error, "a party cannot be read"));
        let player_ids = party.iter().flat_map(Party::player_ids).map(ToString::to_string);
        let ticket = v1::HeldTicket {
            ticket_id: self.id.to_string(),
            player_ids: player_ids.collect(),
            rating: self.rating,
            region: self.standing.0.region.clone(),
            queued_ms: self.queued_ms,
            tries: self.tries,
            looks: self.looks.load(Ordering::Relaxed),
            trace_id: api::trace_id(&self.trace()).to_owned(),
            ..Default::default()
        };
        let (stage, queue) = (v1::Stage::Waiting.into(), self.queue().to_string());
        v1::Hold { stage, queue, tickets: vec![ticket], ..Default::default() }
    }
}
